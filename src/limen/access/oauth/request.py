"""Authorization requests: parsed once, checked by one table, typed from then on."""

from collections.abc import Mapping
from typing import Final

from limen.access.http import FormLimits, parse_query
from limen.access.oauth.checks import AUTHORIZATION
from limen.access.oauth.draft import Draft
from limen.access.oauth.records import (
    PAGE_CODES,
    AuthorizationRequest,
    PageRefusal,
    RedirectRefusal,
    ResponseMode,
)
from limen.access.oauth.texts import is_plain
from limen.access.tokens.desk import Desk
from limen.kernel.errors import Refusal

__all__ = [
    "PAGE_CODES",
    "AuthorizationRequest",
    "PageRefusal",
    "RedirectRefusal",
    "ResponseMode",
    "parse_authorization",
]

LIMITS: Final = FormLimits(body=16_384, parameters=48, value=8_192, repeatable=frozenset({"resource"}))
"""``resource`` may be repeated (RFC 8707 §2): it is not known here and ignored, so repetition must not be an error."""
_MAX_CLIENT_ID: Final = 255


async def parse_authorization(desk: Desk, parameters: str) -> AuthorizationRequest | PageRefusal | RedirectRefusal:
    """Return the request in *parameters*, or how to refuse it. No input raises.

    Args:
        desk: the tenant that is asked.
        parameters: the raw query of a GET, or the raw body of a POST as ``application/x-www-form-urlencoded``
            (OpenID Connect Core §3.1.2.1); never both joined. Whether the POST named that type is its reader's
            question.
    """
    given = parse_query(parameters, LIMITS)
    if isinstance(given, Refusal):  # repeated parameters too: which of two redirect URIs would be the right one?
        return PageRefusal("malformed_request", given.detail)
    draft = await _begun(desk, given)
    for check in AUTHORIZATION:
        checked = check(draft)
        if not isinstance(checked, Draft):
            return checked
        draft = checked
    return draft.request


async def _begun(desk: Desk, given: Mapping[str, str]) -> Draft:
    client_id = given.get("client_id", "")
    loaded = await desk.clients(client_id) if client_id and is_plain(client_id, _MAX_CLIENT_ID) else None
    return Draft(desk, given, loaded.client.document if loaded is not None and loaded.client.is_active else None)
