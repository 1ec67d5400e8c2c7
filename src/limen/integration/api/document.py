"""What the OpenAPI 3.1 document says beside the doors themselves."""

from collections.abc import Sequence
from typing import Any

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from limen.identity.administrators import SCOPES
from limen.identity.customers.scopes import ACCOUNT_SCOPES, OPENID
from limen.integration.api.deprecation import DEPRECATED
from limen.integration.api.models.common import Problem
from limen.integration.api.problems import MEDIA_TYPE

SCHEME = "limen"
CUSTOMER = "customer"
_MEANINGS = {
    304: "Not modified.",
    400: "The request is malformed.",
    401: "No access token, or one that is not good.",
    403: "The access token lacks a scope, or the rights to do this.",
    404: "There is no such thing.",
    409: "It exists already, or is being worked on.",
    410: "It was merged into another: `Location` leads there.",
    412: "It has changed since it was read.",
    413: "The body is too large.",
    415: "The body is of another media type.",
    422: "The request breaks a rule; `errors` says where.",
    428: "`If-Match` is missing.",
    429: "Too often; `Retry-After` says how long to wait.",
    503: "Overloaded; `Retry-After` says how long to wait.",
}
_ALWAYS = (400, 401, 403, 404, 422, 429)
_WITH_BODY = (413, 415)
_DESCRIPTION = """
A customer's own account, below `/api/v1/account`; and the administration of one tenant: its clients and customers, on
the default tenant the tenants themselves.

**Account.** Send the customer's own access token, with the scope that the operation names. Any client may be registered
for these scopes; the customer is asked. A token that is bound to a key (RFC 9449, RFC 8705) is shown with that key.
What is sensitive wants a sign-in that is recent and strong: otherwise the answer is 401 with
`error="insufficient_user_authentication"` (RFC 9470); its `acr_values` and `max_age` are for the next authorization
request.

**Administration.** Send an access token with the scope that the operation names. A person's token counts only if the
person administers the tenant. Nobody can register a client with more administrative scopes than they have.

Tokens are those that this tenant issued, for the audience `{issuer}/api/v1` or the issuer itself.
Reads answer with an `ETag`; changes want it back as `If-Match`. A `POST` may carry an `Idempotency-Key`. Lists are
pages linked by `next`. Whatever is refused is a problem document (RFC 9457).

Within `v1` members are added, never removed: pass over those you do not know. What will go is marked `deprecated` here
and answers with `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and a `Link` of the relation `deprecation` for at least
twelve months.
"""
_SIGNED_IN = "Read and write what further scopes of the tenant's own release of the profile"
_content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def needs(scope: str) -> dict[str, Any]:
    """Return the documentation, and the enforcement, of a door that needs *scope*."""
    return {"security": [{SCHEME: [scope]}]}


def acts(scope: str) -> dict[str, Any]:
    """Return the same of a door for a customer who acts on their own account."""
    return {"security": [{CUSTOMER: [scope]}]}


def answers(*more: int, body: bool = False) -> dict[int | str, dict[str, Any]]:
    """Return the documented refusals: those of every door, *more*, and those of a *body*."""
    statuses = sorted({*_ALWAYS, *more, *(_WITH_BODY if body else ())})
    return {status: {"description": _MEANINGS[status], "content": _content} for status in statuses}


def describe(doors: Sequence[APIRoute]) -> dict[str, Any]:
    """Return the document of *doors*, without ``servers``.

    Raises:
        KeyError: what is deprecated is no operation.
    """
    document = get_openapi(title="Limen API", version="1", description=_DESCRIPTION.strip(), routes=doors)
    parts = document.setdefault("components", {})
    parts.setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
    flow = {"tokenUrl": "../../token", "scopes": dict(SCOPES)}
    code = {
        "authorizationUrl": "../../authorize",
        "tokenUrl": "../../token",
        "scopes": {OPENID: _SIGNED_IN, **ACCOUNT_SCOPES},
    }
    for name, going in DEPRECATED.items():
        method, _, path = name.partition(" ")
        going.describe(document["paths"][path][method.lower()], parts["schemas"])
    parts["securitySchemes"] = {
        SCHEME: {"type": "oauth2", "flows": {"clientCredentials": flow}},
        CUSTOMER: {"type": "oauth2", "flows": {"authorizationCode": code}},
    }
    return document
