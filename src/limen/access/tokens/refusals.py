"""The one table from refusals to OAuth answers of the token doors (RFC 6749 §5.2, RFC 6750 §3.1)."""

from limen.access.http.answers import HeaderPairs, oauth_error
from limen.access.http.records import HotResponse
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
    "invalid_token": "The access token is missing, malformed, expired or revoked.",
    "insufficient_scope": "The access token lacks a required scope.",
    "slow_down": "Too often; wait longer before trying again.",
    "authorization_pending": "The person has not answered yet.",
    "expired_token": "The request expired before it was answered.",
    "invalid_binding_message": "The binding message is too long or holds control characters.",
    "access_denied": "The person denied the request.",
    "temporarily_unavailable": "The server is overloaded; try again soon.",
}


_CHALLENGE: HeaderPairs = (("www-authenticate", 'Basic realm="limen", charset="UTF-8"'),)
"""Every 401 carries one (RFC 9110 §15.5.2), not only where the client used the header (RFC 6749 §5.2)."""


def refused(refusal: Refusal) -> HotResponse:
    """Return the answer for *refusal*."""
    headers: HeaderPairs = ()
    status = 400
    if isinstance(refusal, Throttled):
        status, headers = 429, (("retry-after", str(refusal.retry_after)),)
    elif isinstance(refusal, Unavailable):
        status, headers = 503, (("retry-after", str(refusal.retry_after)),)
    elif refusal.code == "invalid_client":
        status, headers = 401, _CHALLENGE
    return oauth_error(status, refusal.code, _DESCRIPTIONS.get(refusal.code, ""), headers)


def bearer_refused(refusal: Refusal, *, presented: bool) -> HotResponse:
    """Return the answer of a protected resource (RFC 6750 §3): without a token no error code is named."""
    status = 403 if isinstance(refusal, Forbidden) else 400 if isinstance(refusal, Invalid) else 401
    challenge = f'Bearer realm="limen", error="{refusal.code}"' if presented else 'Bearer realm="limen"'
    return oauth_error(status, refusal.code, _DESCRIPTIONS.get(refusal.code, ""), (("www-authenticate", challenge),))
