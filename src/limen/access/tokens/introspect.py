"""What a token is worth now (RFC 7662). A token that is not good is only ``{"active": false}`` (§2.2)."""

from collections.abc import Mapping
from typing import Any, Final

from limen.access.clients.records import Client
from limen.access.http import HotResponse
from limen.access.http.answers import NO_STORE
from limen.access.jose.signer import TokenType
from limen.access.jose.verify import VerifiedToken
from limen.access.tokens.details import DETAILS
from limen.access.tokens.issue import encrypted, no_key_for
from limen.access.tokens.request import TokenRequest
from limen.kernel.clock import to_seconds
from limen.kernel.errors import Refusal

_INACTIVE: Final[dict[str, Any]] = {"active": False}
_PRIVATE: Final = frozenset({"fid"})
"""What our tokens say to us alone."""
MEDIA_TYPE: Final = "application/token-introspection+jwt"
"""RFC 9701 §4, §5."""


async def introspect(ask: TokenRequest, text: str) -> dict[str, Any]:
    """Return the introspection answer for an access token, to a client it was issued to or is for.

    Others learn nothing (§4): a token is active only for its own client and for the resource servers in its audience.
    Refresh tokens are between the client and us and never active here.
    """
    desk = ask.desk
    token = desk.verifier.verify(text)
    if isinstance(token, Refusal):
        return _INACTIVE
    claims = token.claims
    if not _is_concerned(ask, token) or await desk.clients(str(claims["client_id"])) is None:
        return _INACTIVE
    if await desk.revocations.is_revoked(token):
        return _INACTIVE
    said = {name: _plain(claims[name]) for name in claims if name not in _PRIVATE}
    if DETAILS in said:
        said[DETAILS] = _details_for(ask, token)
    return {"active": True, "token_type": token_type(claims)} | said


def token_type(claims: Mapping[str, Any]) -> str:
    """Return how a token with these *claims* is to be presented (RFC 9449 §6.2; RFC 8705 §3 keeps ``Bearer``)."""
    return "DPoP" if "jkt" in claims.get("cnf", ()) else "Bearer"


def wants_jwt(accept: str | None) -> bool:
    """Tell whether an ``Accept`` header names the JWT form of the answer (RFC 9701 §4), and does not refuse it."""
    if accept is None or MEDIA_TYPE not in accept.lower():
        return False
    for choice in accept.lower().split(","):
        name, _, parameters = choice.partition(";")
        if name.strip() == MEDIA_TYPE:
            return "".join(parameters.split()) not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def introspection_jwt(ask: TokenRequest, answer: Mapping[str, Any]) -> HotResponse | Refusal:
    """Return *answer* signed for the client that asked, and encrypted where it wants that (RFC 9701 §5).

    ``exp`` and ``sub`` are left out at the top, so that it passes for no token.
    """
    desk, document = ask.desk, ask.client.document
    claims = {
        "iss": desk.issuer,
        "aud": ask.client.client_id,
        "iat": to_seconds(desk.clock.now()),
        "token_introspection": answer,
    }
    signed = desk.keys.signer(document.introspection_signed_response_alg).sign(claims, TokenType.INTROSPECTION)
    alg, enc = document.introspection_encrypted_response_alg, document.introspection_encrypted_response_enc
    away = no_key_for(document, alg)
    if away is not None:
        return away
    body = encrypted(signed, document, alg, enc)
    return HotResponse(
        200, (("content-type", MEDIA_TYPE), ("x-content-type-options", "nosniff"), *NO_STORE), body.encode()
    )


def _is_concerned(ask: TokenRequest, token: VerifiedToken) -> bool:
    client = ask.client
    if client.client_id == token.claims["client_id"] or client.client_id in token.audiences:
        return True
    return _is_resource(client, token) or ask.desk.resources.may_introspect(client.client_id, token.audiences)


def _is_resource(client: Client, token: VerifiedToken) -> bool:
    """A resource server registers as a client with the scope ``introspect`` and the audiences that it serves."""
    document = client.document
    return "introspect" in document.scopes and any(name in document.audiences for name in token.audiences)


def _details_for(ask: TokenRequest, token: VerifiedToken) -> tuple[Any, ...]:
    """Return the details that are the asking resource server's business (RFC 9396 §9.2)."""
    details: tuple[Any, ...] = _plain(token.claims[DETAILS])
    client_id, resources = ask.client.client_id, ask.desk.resources
    if client_id == token.claims["client_id"]:
        return details
    mine = tuple(name for name in token.audiences if resources.may_introspect(client_id, (name,)))
    types = resources.shape(mine).detail_types if mine else None
    return details if types is None else tuple(detail for detail in details if detail["type"] in types)


def _plain(value: Any) -> Any:
    """Return a member of frozen claims as something that is encoded as JSON."""
    if isinstance(value, Mapping):
        return {name: _plain(member) for name, member in value.items()}
    return tuple(map(_plain, value)) if isinstance(value, tuple) else value
