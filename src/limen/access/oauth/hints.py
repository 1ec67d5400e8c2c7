"""ID tokens that come back to us as hints (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2)."""

from dataclasses import dataclass

from limen.access.jose.signer import TokenType
from limen.access.jose.verify import read_own_token
from limen.access.tokens.desk import Desk
from limen.kernel.errors import Refusal


@dataclass(frozen=True, slots=True)
class Hint:
    """What an ID token of this tenant says. It proves that we once issued it, not who presents it."""

    subject: str
    sid: str
    audiences: tuple[str, ...]


def read_hint(desk: Desk, text: str) -> Hint | None:
    """Return what *text* says if it is an ID token of this tenant, expired or not; else None."""
    token = read_own_token(text, desk.keys, desk.issuer, TokenType.ID)
    if isinstance(token, Refusal):
        return None
    sid = token.claims.get("sid", "")
    return Hint(str(token.claims["sub"]), sid if isinstance(sid, str) else "", token.audiences)
