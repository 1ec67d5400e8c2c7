"""The pushed authorization request endpoint (RFC 9126 §2): a request checked, sealed and kept for a minute."""

from collections.abc import Mapping
from typing import Final

import msgspec

from limen.access.http import HotResponse, json_response, oauth_error
from limen.access.oauth.records import PAGE_CODES, PageRefusal, RedirectRefusal
from limen.access.oauth.request import LIMITS, parse_pushed
from limen.access.tokens.pushed import Pushed, PushedRequest, new_request_uri, reference_of, seal_pushed
from limen.access.tokens.request import TokenRequest
from limen.kernel.clock import SECOND
from limen.kernel.errors import Invalid, Refusal
from limen.kernel.events import AuditEntry

_PROOFS: Final = frozenset({"client_secret", "client_assertion", "client_assertion_type"})
"""How the client has proven itself is no part of what it asks for (RFC 9126 §2.1)."""
_OWN_CODES: Final = frozenset({"invalid_request_object", "invalid_request_uri"})
_CREATED: Final = 201


async def push(ask: TokenRequest) -> HotResponse | Refusal:
    """Keep the request of a proven client and return its ``request_uri`` (RFC 9126 §2.2)."""
    desk, client = ask.desk, ask.client
    if "request_uri" in ask.form:
        return _refused("invalid_request", "request_uri must not be pushed (RFC 9126 section 2.1)")
    given = _given(ask.form, client.client_id)
    if isinstance(given, Refusal):
        return given
    pushed = await parse_pushed(desk, client, given)
    if isinstance(pushed, PageRefusal):
        public = pushed.code in _OWN_CODES or pushed.code not in PAGE_CODES
        return _refused(pushed.code if public else "invalid_request", pushed.detail)
    if isinstance(pushed, RedirectRefusal):
        return _refused(pushed.code, pushed.description)
    bound = _bound(pushed, ask)
    if isinstance(bound, Refusal):
        return _refused(bound.code, bound.detail)
    uri, seconds = new_request_uri(desk.clock, desk.entropy), desk.lifetimes.pushed_request
    reference, now = reference_of(uri), desk.clock.now()
    sealed = seal_pushed(desk.vault, uri, reference, bound)
    entry = AuditEntry(
        event="request.pushed",
        actor=f"client:{client.client_id}",
        client=client.client_id,
        request_id=ask.request_id,
        data={"signed": pushed.is_signed},
    )
    await desk.hot.push(PushedRequest(reference, client.key, sealed, now, now + seconds * SECOND), entry)
    return json_response({"request_uri": uri, "expires_in": seconds}, _CREATED)


def _bound(pushed: Pushed, ask: TokenRequest) -> Pushed | Refusal:
    """Return the request with the key that was shown as its ``dpop_jkt`` (RFC 9449 §10.1)."""
    if ask.confirmation is None:
        return pushed
    thumbprint = ask.confirmation.value
    if pushed.given.get("dpop_jkt", thumbprint) != thumbprint:
        return Invalid("invalid_request", "dpop_jkt is not the key of the DPoP proof (RFC 9449 section 10.1)")
    return msgspec.structs.replace(pushed, given={**pushed.given, "dpop_jkt": thumbprint})


def _given(form: Mapping[str, str], client_id: str) -> dict[str, str] | Refusal:
    """Return the parameters of the request, within the bounds of the authorization endpoint."""
    given = dict(form)
    for proof in _PROOFS & given.keys():
        del given[proof]
    bounded = given | {"request": ""} if "request" in given else given  # a request object has bounds of its own
    if len(given) > LIMITS.parameters or max(map(len, bounded.values()), default=0) > LIMITS.value:
        return Invalid("invalid_request", "there are too many parameters, or one is too long")
    given["client_id"] = client_id
    return given


def _refused(code: str, description: str) -> HotResponse:
    return oauth_error(400, code, description)
