"""The tokens that are shown in an exchange (RFC 8693 §2.1, §3), read and judged as of now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from limen.access.jose.signer import TokenType
from limen.access.jose.verify import VerifiedToken, read_own_token
from limen.access.tokens.request import TokenRequest
from limen.kernel.clock import to_seconds
from limen.kernel.errors import Invalid, Refusal

ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"
ID_TOKEN: Final = "urn:ietf:params:oauth:token-type:id_token"
JWT: Final = "urn:ietf:params:oauth:token-type:jwt"
"""RFC 8693 §3. A JWT is an access token of ours here: whoever else's is shown by the JWT bearer grant."""


@dataclass(frozen=True, slots=True)
class SubjectToken:
    """A token that is good now.

    Attributes:
        claims: what it says.
        issued_to: the client that has it.
        audiences: whom it is for; empty for an ID token, which is for its client.
        subject: the customer's public subject; empty where a client speaks for itself.
        name: whom it is about where that is no customer.
        family: what it ends with.
        until: when it ends by itself, in seconds.
    """

    claims: Mapping[str, Any]
    issued_to: str
    audiences: tuple[str, ...]
    subject: str
    name: str
    family: str
    until: int

    @property
    def scopes(self) -> tuple[str, ...] | None:
        """Return what it allows; None for an ID token, which allows nothing of its own."""
        return tuple(str(self.claims.get("scope", "")).split()) if self.audiences else None

    @property
    def is_bound(self) -> bool:
        """Tell whether a key must be shown with it (RFC 7800)."""
        return "cnf" in self.claims


async def read_subject(ask: TokenRequest, text: str, kind: str) -> SubjectToken | Refusal:
    """Return what a token of *kind* says; ``invalid_request`` for any that is not good (RFC 8693 §2.2.2)."""
    if kind in {ACCESS_TOKEN, JWT}:
        return await _access_token(ask, text)
    if kind == ID_TOKEN:
        return await _id_token(ask, text)
    return Invalid("invalid_request", "a token type that is not exchanged here")


async def _access_token(ask: TokenRequest, text: str) -> SubjectToken | Refusal:
    desk = ask.desk
    token = desk.verifier.verify(text)
    if isinstance(token, Refusal):
        return Invalid("invalid_request", f"subject token: {token.detail}")
    client_id = str(token.claims["client_id"])
    if await desk.clients(client_id) is None or await desk.revocations.is_revoked(token):
        return Invalid("invalid_request", "subject token: revoked")
    has_customer = "fid" in token.claims
    subject = await desk.subject_of(token.claims) if has_customer else ""
    if has_customer and not subject:
        return Invalid("invalid_request", "subject token: about nobody")
    family = str(token.claims.get("fid", ""))
    return _of(token, client_id, token.audiences, (subject, family))


async def _id_token(ask: TokenRequest, text: str) -> SubjectToken | Refusal:
    """An ID token has no family of its own: it counts while its client has one of that session."""
    desk = ask.desk
    token = read_own_token(text, desk.keys, desk.issuer, TokenType.ID)
    if isinstance(token, Refusal):
        return Invalid("invalid_request", f"subject token: {token.detail}")
    if token.expires_at <= desk.clock.now() or len(token.audiences) != 1:
        return Invalid("invalid_request", "subject token: expired")
    client_id = token.audiences[0]
    subject = await desk.subject_of({"client_id": client_id, "sub": token.claims["sub"]})
    sid = token.claims.get("sid")
    if not subject or not isinstance(sid, str):
        return Invalid("invalid_request", "subject token: about nobody")
    async with desk.begin() as unit:
        family = await unit.families.of_session(sid, client_id, desk.clock.now())
    if family is None:
        return Invalid("invalid_request", "subject token: its sign-in has ended")
    return _of(token, client_id, (), (subject, family))


def _of(token: VerifiedToken, client_id: str, audiences: tuple[str, ...], who: tuple[str, str]) -> SubjectToken:
    return SubjectToken(
        claims=token.claims,
        issued_to=client_id,
        audiences=audiences,
        subject=who[0],
        name="" if who[0] else str(token.claims["sub"]),
        family=who[1],
        until=to_seconds(token.expires_at),
    )
