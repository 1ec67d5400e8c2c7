"""``authorization_details`` (RFC 9396): read, checked, sealed, and narrowed.

What a client asks for can be personal (whose account, which amount), so that it is kept sealed under the customer's own
key wherever it outlives a request. In tokens and answers it stands in the clear, because resource servers enforce it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from limen.access.clients.records import ClientDocument
from limen.access.resources.view import Resources
from limen.access.tokens.records import Authentication
from limen.access.tokens.request import TokenRequest
from limen.identity.keyring import SubjectVault
from limen.kernel.encoding import b64url, canonical_json, from_b64url
from limen.kernel.errors import Invalid, Refusal
from limen.kernel.ids import CustomerId

DETAILS: Final = "authorization_details"
"""The parameter, and the member of answers and tokens."""
CODE: Final = "invalid_authorization_details"
"""RFC 9396 §5."""
Details = tuple[Mapping[str, Any], ...]
_FIELD: Final = "grant.authorization_details"
_MOST: Final = 16
_LONGEST: Final = 4_096
_DEEPEST: Final = 8
_array = msgspec.json.Decoder(list[dict[str, Any]])


def requested_details(parameter: str | None, document: ClientDocument, resources: Resources) -> Details | Invalid:
    """Return the details that a request names; none where it names none.

    Each has a type that is registered for the tenant and allowed to the client, and meets its schema (§5).
    """
    if parameter is None:
        return ()
    if len(parameter) > _LONGEST:
        return _refused("too long")
    try:
        named = _array.decode(parameter)
    except (msgspec.DecodeError, RecursionError):
        return _refused("not an array of objects")
    if not 0 < len(named) <= _MOST or any(_is_deeper(detail, _DEEPEST) for detail in named):
        return _refused("none, too many, or too deep")
    for detail in named:
        kind = detail.get("type")
        rules = resources.types.get(kind) if isinstance(kind, str) else None
        if rules is None or kind not in document.authorization_details_types:
            return _refused("a type is not known, or not allowed for this client")
        if not rules.accepts(detail):
            return _refused("a detail does not meet the schema of its type")
    return tuple(named)


def sealed_details(vault: SubjectVault, details: Details, record: str) -> str:
    """Return *details* as they go into :class:`~limen.access.tokens.records.Terms`; empty for none.

    *record* binds them to the session and the client that they were granted in: :func:`record_of`.
    """
    return b64url(vault.seal(_FIELD, record, canonical_json(details))) if details else ""


def record_of(client_id: str, sid: str) -> str:
    """Return what sealed details are bound to."""
    return f"{client_id} {sid}"


async def granted_details(ask: TokenRequest, customer_id: str, authentication: Authentication) -> Details | Refusal:
    """Return the details of the token that *ask* wants: what it names of those that were granted, or all of them.

    Returns:
        ``invalid_authorization_details`` for what was not granted (§6), ``invalid_grant`` where the customer was
        erased.
    """
    sealed = authentication.terms.details
    if not sealed:
        return () if DETAILS not in ask.form else _refused("nothing was granted")
    vault = await ask.desk.subject_vault(CustomerId(customer_id))
    if vault is None:
        return Invalid("invalid_grant", "the customer is gone")
    record = record_of(ask.client.client_id, authentication.sid)
    granted = tuple(_array.decode(vault.unseal(_FIELD, record, from_b64url(sealed))))
    wanted = requested_details(ask.form.get(DETAILS), ask.client.document, ask.desk.resources)
    if isinstance(wanted, Refusal):
        return wanted
    return narrowed_details(granted, wanted)


def narrowed_details(granted: Details, wanted: Details) -> Details | Invalid:
    """Return *wanted*, or all that was *granted* if nothing is; refused where something in it was not granted.

    What a member of a detail means only its API knows. So a narrower detail is one that says the same with fewer
    elements in its arrays, such as ``actions`` or ``locations`` (§2.2); anything else must be equal.
    """
    if not wanted:
        return granted
    if all(any(_is_within(one, whole) for whole in granted) for one in wanted):
        return wanted
    return _refused("more than was granted")


def details_for(details: Details, types: frozenset[str] | None) -> Details:
    """Return those of *details* that are for resource servers of these *types*; None for all (§9.1)."""
    return details if types is None else tuple(detail for detail in details if detail["type"] in types)


def _is_within(narrow: Any, wide: Any) -> bool:
    if isinstance(narrow, dict) and isinstance(wide, dict):
        return narrow.keys() == wide.keys() and all(_is_within(narrow[name], wide[name]) for name in narrow)
    if _is_list_of_texts(narrow) and _is_list_of_texts(wide):
        return bool(narrow) == bool(wide) and set(narrow) <= set(wide)  # an empty list may mean everything
    return canonical_json(narrow) == canonical_json(wide)  # as JSON, where 1 is neither true nor 1.0


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_deeper(value: Any, most: int) -> bool:
    """Tell whether *value* nests more than *most* deep; no deeper than that is looked."""
    members: Sequence[Any] = (
        list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ()
    )
    return most < 1 or any(_is_deeper(member, most - 1) for member in members)


def _refused(detail: str) -> Invalid:
    return Invalid(CODE, detail)
