"""The one table from refusals to OAuth answers of the token doors (RFC 6749 §5.2, RFC 6750 §3.1)."""

from limen.access.http.answers import HeaderPairs, oauth_error
from limen.access.http.records import HotResponse
from limen.access.possession.proof import ALGORITHMS
from limen.access.tokens.desk import Desk
from limen.access.tokens.proving import NONCE_NEEDED
from limen.kernel.errors import Forbidden, Invalid, Refusal, Throttled, Unavailable

_DESCRIPTIONS = {
    "invalid_request": "The request is malformed.",
    "invalid_client": "Client authentication failed.",
    "invalid_grant": "The grant is invalid, expired, revoked or was issued to another client.",
    "invalid_scope": "The requested scope is malformed or not allowed.",
    "invalid_target": "A requested resource is not known, or not allowed for this client.",
    "invalid_authorization_details": "The authorization details are malformed, unknown, or more than is allowed.",
    "unauthorized_client": "The client may not use this grant type.",
    "unsupported_grant_type": "The grant type is not supported.",
    "invalid_dpop_proof": "The DPoP proof is missing, malformed, used before, or for another request.",
    "use_dpop_nonce": "The DPoP proof needs the nonce of the DPoP-Nonce header.",
    "invalid_token": "The access token is missing, malformed, expired or revoked.",
    "insufficient_scope": "The access token lacks a required scope.",
    "slow_down": "Too often; wait longer before trying again.",
    "authorization_pending": "The person has not answered yet.",
    "expired_token": "The request expired before it was answered.",
    "invalid_binding_message": "The binding message is too long or holds control characters.",
    "access_denied": "The person denied the request.",
    "temporarily_unavailable": "The server is overloaded; try again soon.",
}
_PREPARED = {
    code: oauth_error(400, code, _DESCRIPTIONS[code])
    for code in ("authorization_pending", "slow_down", "invalid_grant")
}
"""What devices that wait, and whoever comes too late, are told again and again."""

_CHALLENGE: HeaderPairs = (("www-authenticate", 'Basic realm="limen", charset="UTF-8"'),)
"""Every 401 carries one (RFC 9110 §15.5.2), not only where the client used the header (RFC 6749 §5.2)."""


_DPOP = f'DPoP algs="{" ".join(ALGORITHMS)}"'
"""What proofs may be signed with (RFC 9449 §7.1)."""


def refused(refusal: Refusal) -> HotResponse:
    """Return the answer for *refusal*."""
    prepared = _PREPARED.get(refusal.code)
    if prepared is not None and isinstance(refusal, Invalid) and not refusal.fields:
        return prepared
    headers: HeaderPairs = ()
    status = 400
    if isinstance(refusal, Throttled):
        status, headers = 429, (("retry-after", str(refusal.retry_after)),)
    elif isinstance(refusal, Unavailable):
        status, headers = 503, (("retry-after", str(refusal.retry_after)),)
    elif refusal.code == "invalid_client":
        status, headers = 401, _CHALLENGE
    description = refusal.fields.get("error_description") or _DESCRIPTIONS.get(refusal.code, "")
    return oauth_error(status, refusal.code, description, headers)


def unproven(desk: Desk, refusal: Refusal) -> HotResponse:
    """Return the answer to a request that did not show its key; who lacks a nonce is given one (RFC 9449 §8)."""
    return with_nonce(refused(refusal), desk.nonces.current() if refusal.code == NONCE_NEEDED else "")


def with_nonce(response: HotResponse, nonce: str) -> HotResponse:
    """Return *response* with the nonce for the next proof (RFC 9449 §8.2); as it is where that is empty."""
    if not nonce:
        return response
    return HotResponse(response.status, (*response.headers, ("dpop-nonce", nonce)), response.body)


def dpop_refused(desk: Desk, refusal: Refusal) -> HotResponse:
    """Return the answer of a protected resource to whoever came with a DPoP-bound token (RFC 9449 §7.1, §9)."""
    headers: HeaderPairs = (("www-authenticate", f'{_DPOP}, error="{refusal.code}"'),)
    if refusal.code == NONCE_NEEDED:
        headers += (("dpop-nonce", desk.nonces.current()),)
    return oauth_error(_resource_status(refusal), refusal.code, _DESCRIPTIONS.get(refusal.code, ""), headers)


def _resource_status(refusal: Refusal) -> int:
    return 403 if isinstance(refusal, Forbidden) else 400 if isinstance(refusal, Invalid) else 401


def bearer_refused(refusal: Refusal, *, presented: bool, more: str = "") -> HotResponse:
    """Return the answer of a protected resource (RFC 6750 §3): without a token no error code is named.

    *more* are further parameters of the challenge, a comma before each.
    """
    status = _resource_status(refusal)
    challenge = f'Bearer realm="limen", error="{refusal.code}"' if presented else 'Bearer realm="limen"'
    headers: HeaderPairs = (("www-authenticate", challenge + more),)
    if not presented:
        headers += (("www-authenticate", _DPOP),)  # both ways are open (RFC 9449 §7.2)
    return oauth_error(status, refusal.code, _DESCRIPTIONS.get(refusal.code, ""), headers)
