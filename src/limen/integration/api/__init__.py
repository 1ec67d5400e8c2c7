"""The API under ``/api/v1`` of every tenant: administration for machines, and for customers their own account.

Owns the doors, their records as JSON, who may pass (RFC 6750), problem documents (RFC 9457), preconditions (RFC 9110
§13), idempotency keys and cursors. Leaves what is done to the use cases in ``identity`` and ``access``, and sockets,
headers and limits by address to the edge.

::

    request ── route.GuardedRoute: bearer → rate → scope → shape ──> door ──> use case ──> record → JSON
                     │ any refusal                                              │ Refusal
                     └──────────────────────> problems.problem <────────────────┘

A customer's own account has a guard of its own (``account.AccountRoute``): their token, its key, and how fresh the
proof behind it is.

*Deprecation.* Within ``v1`` members are added, never removed or given another meaning; readers must pass over members
they do not know, though requests with unknown members are refused. What will go is a row in ``deprecation``: it is
marked ``deprecated`` in the document and answers with ``Deprecation`` (RFC 9745) and ``Sunset`` (RFC 8594) headers for
at least twelve months before the next version leaves it out; two versions are served side by side for as long.

Importing this package costs nothing: FastAPI and Pydantic come with the first request (``lazy``).
"""

from limen.integration.api.lazy import create_api
from limen.integration.api.parts import PREFIX, ApiParts, ApiUnit

__all__ = ["PREFIX", "ApiParts", "ApiUnit", "create_api"]
