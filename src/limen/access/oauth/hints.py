"""ID tokens that come back to us as hints (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2)."""

from dataclasses import dataclass

from limen.access.clients.records import ClientDocument
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


def read_hint(desk: Desk, text: str, document: ClientDocument | None) -> Hint | None:
    """Return what *text* says if it is an ID token of this tenant, expired or not; else None.

    ``subject`` is the customer's public one: *document* is what is registered about the client that it was issued to,
    which may know the customer by another (OpenID Connect Core §8.1).
    """
    token = read_own_token(text, desk.keys, desk.issuer, TokenType.ID)
    if isinstance(token, Refusal):
        return None
    sub = str(token.claims["sub"])
    subject = desk.subjects.public(document, sub) if document is not None else sub
    sid = token.claims.get("sid", "")
    if subject is None:
        return None
    return Hint(subject, sid if isinstance(sid, str) else "", token.audiences)


async def find_hint(desk: Desk, text: str) -> Hint | None:
    """Return the same where nobody says which client the token was issued to: itself does."""
    read = read_hint(desk, text, None)
    loaded = await desk.clients(read.audiences[0]) if read is not None else None
    return read if loaded is None else read_hint(desk, text, loaded.client.document)
