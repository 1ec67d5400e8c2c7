"""Authentication requests that are signed as a whole (CIBA Core §7.1.1)."""

from collections.abc import Mapping
from typing import Any, Final

from limen.access.jose.foreign import signed_claims
from limen.access.jose.registered_claims import SKEW, good_until, numeric_date, token_name
from limen.access.tokens.client_keys import keys_for
from limen.access.tokens.request import TokenRequest
from limen.kernel.clock import MINUTE
from limen.kernel.encoding import framed, sha256
from limen.kernel.errors import Invalid, Refusal

_TYPES: Final = frozenset({None, "jwt", "oauth-authz-req+jwt"})
_LONGEST_LIFE: Final = 60 * MINUTE
_TIMES: Final = frozenset({"exp", "iat", "nbf"})
"""All three are required."""
_OUTSIDE: Final = frozenset({"request", "client_id", "client_secret", "client_assertion", "client_assertion_type"})
_OURS: Final = frozenset({"iss", "aud", "exp", "iat", "nbf", "jti"})


async def parameters_of(ask: TokenRequest) -> Mapping[str, str] | Refusal:
    """Return the parameters of a request: of the form, or of the object where the client signs its requests."""
    alg = ask.client.document.backchannel_authentication_request_signing_alg
    text = ask.form.get("request")
    if text is None:
        return Invalid("invalid_request", "the client signs its requests") if alg else ask.form
    if not alg:
        return Invalid("invalid_request", "the client is not registered for signed requests")
    if ask.form.keys() - _OUTSIDE:
        return Invalid("invalid_request", "parameters beside a signed request")
    claims = await _claims(ask, text, alg)
    if isinstance(claims, Refusal):
        return claims
    given = {name: _text(value) for name, value in claims.items() if name not in _OURS}
    if None in given.values():
        return Invalid("invalid_request", "a parameter in the signed request is no text")
    return {name: value for name, value in given.items() if value}


async def _claims(ask: TokenRequest, text: str, alg: str) -> dict[str, Any] | Refusal:
    desk, client = ask.desk, ask.client
    loaded = await desk.clients(client.client_id)
    keys = await keys_for(desk, loaded, text) if loaded is not None else None
    if keys is None:
        return Invalid("invalid_request", "the client has no keys")
    claims = signed_claims(text, type(keys)(keys.keys, keys.algorithms & {alg}), _TYPES)
    if isinstance(claims, Refusal):
        return Invalid("invalid_request", claims.detail)
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if claims.get("iss") != client.client_id or named != [desk.issuer]:
        return Invalid("invalid_request", "not by the client for us alone")
    jti, until = token_name(claims), good_until(claims, desk.clock.now(), _LONGEST_LIFE)
    if isinstance(until, Refusal) or jti is None or not claims.keys() >= _TIMES:
        return Invalid("invalid_request", "untimely, or without jti")
    if until > (numeric_date(claims["nbf"]) or 0) + _LONGEST_LIFE + SKEW:  # as FAPI 2.0 Message Signing §5.3.1 has it
        return Invalid("invalid_request", "valid for more than an hour")
    use = sha256(framed(client.client_id, jti)).hex()
    fresh = await desk.first_use("ciba-request", use, until)
    return claims if fresh else Invalid("invalid_request", "the signed request was used before")


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None
