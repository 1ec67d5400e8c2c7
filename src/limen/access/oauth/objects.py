"""Request objects (RFC 9101): opened, verified, and turned into the parameters that count.

Only what the object says counts (§6.3): whoever could add a parameter beside it could change a signed request. OpenID
Connect Core §6.1 would merge both; what it asks of the parameters beside the object is held to all the same: those that
are there may not contradict it.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from limen.access.jose.decryption import algorithms_of, decrypted, is_encrypted
from limen.access.jose.foreign import ASSERTION_ALGORITHMS, ClientKeys, signed_claims
from limen.access.jose.registered_claims import numeric_date, untimely
from limen.access.oauth.draft import Draft
from limen.access.tokens.client_keys import keys_for
from limen.access.tokens.desk import LoadedClient
from limen.access.tokens.profiles import signature_algorithms
from limen.kernel.clock import SECOND, Clock, Instant
from limen.kernel.errors import Invalid, Refusal

CODE: Final = "invalid_request_object"
"""RFC 9101 §7."""
SIGNING: Final = tuple(sorted(ASSERTION_ALGORITHMS))
"""No ``none``, though OpenID Connect Core §6.1 knows it: it would prove nothing that a query does not."""
LIFETIME: Final = 3_600
"""Seconds that an object may be old, and may live, where its times are required (FAPI 2.0 Message Signing §5.3.1)."""
_TYPES: Final = (None, "jwt", "oauth-authz-req+jwt")  # RFC 9101 §10.8; older libraries send none, or JWT
_JWT: Final = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti"})
_NESTED: Final = ("request", "request_uri")
_AS_JSON: Final = frozenset({"claims", "authorization_details", "registration"})
_LISTS: Final = frozenset({"resource"})
_MOST: Final = 48
_LONGEST: Final = 8_192
_LONGEST_NAME: Final = 64


async def read_object(draft: Draft, loaded: LoadedClient, text: str) -> dict[str, str] | Refusal:
    """Return the parameters that the request object *text* holds. No input raises.

    Args:
        draft: with the parameters that came beside the object.
        loaded: the client that ``client_id`` beside the object names, with its keys.
        text: a compact JWS, or one inside a compact JWE.
    """
    signed = _opened(draft, loaded, text)
    if isinstance(signed, Refusal):
        return signed
    document = loaded.client.document
    keys = await keys_for(draft.desk, loaded, signed)
    if keys is None:
        return _refused("the client has no keys to verify it with")
    pinned = document.request_object_signing_alg
    allowed = keys.algorithms & (signature_algorithms(document) or ASSERTION_ALGORITHMS)
    allowed = allowed & {pinned} if pinned else allowed
    claims = signed_claims(signed, ClientKeys(keys.keys, allowed), _TYPES)
    if isinstance(claims, Refusal):
        return _refused(claims.detail)
    strict = document.profile == "fapi2_message_signing"
    problem = _misdirected(claims, draft.desk.issuer, loaded.client.client_id, strict=strict)
    problem = problem or _untimely(claims, draft.desk.clock, strict=strict) or _contradicted(claims, draft.given)
    return _refused(problem) if problem else _parameters(claims, loaded.client.client_id)


def _opened(draft: Draft, loaded: LoadedClient, text: str) -> str | Refusal:
    document = loaded.client.document
    if not is_encrypted(text):
        if document.request_object_encryption_alg:
            return _refused("it is not encrypted, for which the client is registered")
        return text
    pinned = (document.request_object_encryption_alg, document.request_object_encryption_enc)
    if any(wanted and wanted != used for wanted, used in zip(pinned, algorithms_of(text), strict=True)):
        return _refused("it is encrypted in another way than the client is registered for")
    inside = decrypted(text, draft.desk.keys.decrypters)
    return _refused("it cannot be decrypted") if inside is None else inside


def _misdirected(claims: Mapping[str, Any], issuer: str, client_id: str, *, strict: bool) -> str:
    if claims.get("client_id") != client_id:
        return "client_id in it is not the one beside it (RFC 9101 section 5)"
    if claims.get("iss", None if strict else client_id) != client_id:
        return "iss is not the client"
    if claims.get("sub") == client_id:  # or a client assertion would do for a request (RFC 9101 §10.8)
        return "sub is the client, as in an assertion"
    audience = claims.get("aud", None if strict else issuer)
    if issuer not in (audience if isinstance(audience, list) else [audience]):
        return "aud is not the issuer"
    if any(name in claims for name in _NESTED):
        return "request or request_uri in it (RFC 9101 section 4)"
    return ""


def _untimely(claims: Mapping[str, Any], clock: Clock, *, strict: bool) -> str:
    now = clock.now()
    return untimely(claims, now) or (_too_long(claims, now) if strict else "")


def _too_long(claims: Mapping[str, Any], now: Instant) -> str:
    """Hold an object to FAPI 2.0 Message Signing §5.3.1."""
    expires, begins = numeric_date(claims.get("exp")), numeric_date(claims.get("nbf"))
    if expires is None or begins is None:
        return "exp and nbf are required (FAPI 2.0 Message Signing section 5.3.1)"
    if begins < now - LIFETIME * SECOND or expires > begins + LIFETIME * SECOND:
        return "nbf is older, or exp later, than 60 minutes (FAPI 2.0 Message Signing section 5.3.1)"
    return ""


def _contradicted(claims: Mapping[str, Any], beside: Mapping[str, str]) -> str:
    """Tell what beside the object must agree with it and does not (OpenID Connect Core §6.1)."""
    name = "response_type"
    if name in beside and name in claims and beside[name] != claims[name]:
        return "response_type in it is not the one beside it"
    return ""


def _parameters(claims: Mapping[str, Any], client_id: str) -> dict[str, str] | Refusal:
    """Return the members that are parameters as text, as the checks read them."""
    given = {"client_id": client_id}
    for name, value in claims.items():
        if name in _JWT or len(name) > _LONGEST_NAME:
            continue
        text = _text(name, value)
        if text is None:
            return _refused("a parameter in it has no text form")
        if text:
            given[name] = text
    if len(given) > _MOST or any(len(text) > _LONGEST or "\0" in text for text in given.values()):
        return _refused("there are too many parameters in it, or one is too long")
    return given


def _text(name: str, value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if name == "max_age" and type(value) is int:
        return str(value)
    if name in _AS_JSON and isinstance(value, dict | list):
        try:
            return msgspec.json.encode(value).decode()
        except RecursionError:  # as deep as reading it could just bear
            return None
    if name in _LISTS and isinstance(value, list):
        words = [one for one in value if isinstance(one, str) and one.split() == [one]]
        return " ".join(words) if len(words) == len(value) else None
    return "" if name not in _KNOWN else None  # what nobody reads may be anything


_KNOWN: Final = frozenset(
    {
        *_AS_JSON, *_LISTS, "response_type", "response_mode", "redirect_uri", "scope", "state", "nonce", "prompt",
        "max_age", "display", "login_hint", "id_token_hint", "ui_locales", "claims_locales", "acr_values",
        "code_challenge", "code_challenge_method", "dpop_jkt",
    }
)  # fmt: skip


def _refused(detail: str) -> Invalid:
    return Invalid(CODE, detail)
