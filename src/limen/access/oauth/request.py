"""Authorization requests: parsed once, checked by one table, typed from then on."""

from collections.abc import Iterable, Mapping
from typing import Final

from limen.access.clients.records import Client
from limen.access.http import FormLimits, parse_query
from limen.access.oauth.checks import AUTHORIZATION, PUSHED
from limen.access.oauth.draft import Check, Checked, Draft, Way
from limen.access.oauth.opening import Visitor, open_object, open_request
from limen.access.oauth.records import (
    PAGE_CODES,
    AuthorizationRequest,
    PageRefusal,
    RedirectRefusal,
    ResponseMode,
)
from limen.access.tokens.desk import Desk
from limen.access.tokens.pushed import Pushed
from limen.kernel.errors import Refusal

__all__ = [
    "PAGE_CODES",
    "AuthorizationRequest",
    "PageRefusal",
    "RedirectRefusal",
    "ResponseMode",
    "parse_authorization",
    "parse_pushed",
]

LIMITS: Final = FormLimits(body=16_384, parameters=48, value=8_192, repeatable=frozenset({"resource"}))
"""``resource`` may be repeated (RFC 8707 §2)."""
_NOBODY: Final = Visitor()
_PUSHED: Final = Way(is_pushed=True)
_GONE: Final = PageRefusal("unknown_client", "the client is gone")


async def parse_authorization(
    desk: Desk, parameters: str, visitor: Visitor = _NOBODY
) -> AuthorizationRequest | PageRefusal | RedirectRefusal:
    """Return the request in *parameters*, or how to refuse it. No input raises.

    Args:
        desk: the tenant that is asked.
        parameters: the raw query of a GET, or the raw body of a POST as ``application/x-www-form-urlencoded``
            (OpenID Connect Core §3.1.2.1); never both joined. Whether the POST named that type is its reader's
            question.
        visitor: who brings it.
    """
    given = parse_query(parameters, LIMITS)
    if isinstance(given, Refusal):  # repeated parameters too: which of two redirect URIs would be the right one?
        return PageRefusal("malformed_request", given.detail)
    checked = _through(await open_request(desk, given, visitor), AUTHORIZATION)
    return checked.request if isinstance(checked, Draft) else checked


async def parse_pushed(desk: Desk, client: Client, given: Mapping[str, str]) -> Pushed | PageRefusal | RedirectRefusal:
    """Return what of the parameters that a client pushed is to be kept, or why it is refused (RFC 9126 §2.1)."""
    draft = Draft(desk, given, client.document, way=_PUSHED)
    checked = _through(await _opened(draft, client.client_id) if "request" in given else draft, PUSHED)
    return Pushed(dict(checked.given), checked.way.is_signed) if isinstance(checked, Draft) else checked


async def _opened(draft: Draft, client_id: str) -> Checked:
    """Return *draft* with the parameters of its request object, which is checked with the keys of its client."""
    loaded = await draft.desk.clients(client_id)
    return _GONE if loaded is None else await open_object(draft, loaded)


def _through(draft: Checked, column: Iterable[Check]) -> Checked:
    for check in column:
        if not isinstance(draft, Draft):
            break
        draft = check(draft)
    return draft
