"""Telling a relying party that a session ended (OpenID Connect Back-Channel Logout §2.4, Front-Channel Logout §3)."""

from typing import Any, Final

from limen.access.clients.records import Client, ClientDocument
from limen.access.jose.signer import TokenType
from limen.access.oauth.response import with_query
from limen.access.tokens.desk import Desk
from limen.kernel.clock import to_seconds
from limen.kernel.entropy import random_token

EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
"""The member of ``events`` that makes a token a logout token."""

LIFE: Final = 120
"""Seconds: the most that §4 recommends."""


def logout_token(desk: Desk, client: Client, subject: str, sid: str) -> str:
    """Return a logout token for *client*: one session by *sid*, or every session of *subject* where it is empty.

    *subject* is the public one; a client with pairwise subjects reads its own (Core §8).

    There is no ``nonce``, so that it cannot pass for an ID token (§2.4); its ``typ`` is ``logout+jwt``.
    """
    now = to_seconds(desk.clock.now())
    claims: dict[str, Any] = {
        "iss": desk.issuer,
        "aud": client.client_id,
        "iat": now,
        "exp": now + LIFE,
        "jti": random_token(desk.entropy, 16),
        "sub": desk.subjects.shown(client.document, subject),
        "events": {EVENT: {}},
    }
    if sid:
        claims["sid"] = sid
    return desk.keys.signer(client.document.id_token_signed_response_alg).sign(claims, TokenType.LOGOUT)


def front_channel_address(desk: Desk, document: ClientDocument, sid: str) -> str:
    """Return the address that a page frames to sign out at *client*; empty where it registered none.

    ``iss`` and ``sid`` go along where the client asked for them (Front-Channel Logout §3).
    """
    if not document.frontchannel_logout_uri:
        return ""
    named = {"iss": desk.issuer, "sid": sid} if document.frontchannel_logout_session_required else {}
    return with_query(document.frontchannel_logout_uri, named)
