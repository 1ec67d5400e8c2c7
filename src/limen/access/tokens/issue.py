"""What our tokens say: access tokens (RFC 9068 §2.2) and ID tokens (OpenID Connect Core §2)."""

from dataclasses import dataclass, field
from typing import Any

from limen.access.jose.algorithms import Algorithm
from limen.access.jose.signer import TokenType
from limen.access.jose.token_hash import at_hash
from limen.access.tokens.records import Authentication
from limen.access.tokens.request import Mandate, TokenRequest
from limen.kernel.clock import to_seconds
from limen.kernel.entropy import random_token


@dataclass(frozen=True, slots=True)
class TokenSet:
    """What a grant is answered with (RFC 6749 §5.1). ``token_id`` is the access token's ``jti``."""

    access_token: str = field(repr=False)
    token_id: str
    expires_in: int
    scopes: tuple[str, ...]
    refresh_token: str = field(default="", repr=False)
    id_token: str = field(default="", repr=False)

    def body(self) -> dict[str, Any]:
        """Return the JSON body of the token answer."""
        body: dict[str, Any] = {
            "access_token": self.access_token,
            "token_type": "Bearer",
            "expires_in": self.expires_in,
            "scope": " ".join(self.scopes),
        }
        if self.refresh_token:
            body["refresh_token"] = self.refresh_token
        if self.id_token:
            body["id_token"] = self.id_token
        return body


def access_token(ask: TokenRequest, mandate: Mandate) -> tuple[str, str]:
    """Return a signed access token and its ``jti``. Without an authentication the client speaks for itself."""
    desk, client, authentication = ask.desk, ask.client, mandate.authentication
    now = to_seconds(desk.clock.now())
    token_id = random_token(desk.entropy, 16)
    audiences = mandate.audiences or client.document.audiences or (desk.issuer,)
    claims: dict[str, Any] = {
        "iss": desk.issuer,
        "sub": authentication.subject if authentication else client.client_id,
        "aud": audiences[0] if len(audiences) == 1 else list(audiences),
        "client_id": client.client_id,
        "iat": now,
        "exp": now + desk.lifetimes.access_token,
        "jti": token_id,
    }
    if mandate.scopes:
        claims["scope"] = " ".join(mandate.scopes)
    if authentication is not None:
        claims["auth_time"] = authentication.auth_time
        claims["sid"] = authentication.sid
        claims["fid"] = str(mandate.family)
    signer = desk.keys.signer(client.document.access_token_signed_response_alg)
    return signer.sign(claims, TokenType.ACCESS), token_id


def id_token(ask: TokenRequest, authentication: Authentication, access: str, nonce: str = "") -> str:
    """Return a signed ID token about *authentication*, beside the access token *access*."""
    desk, client = ask.desk, ask.client
    now = to_seconds(desk.clock.now())
    algorithm = Algorithm(client.document.id_token_signed_response_alg)
    claims: dict[str, Any] = {
        "iss": desk.issuer,
        "sub": authentication.subject,
        "aud": client.client_id,
        "iat": now,
        "exp": now + desk.lifetimes.id_token,
        "auth_time": authentication.auth_time,
        "amr": list(authentication.amr),
        "sid": authentication.sid,
        "at_hash": at_hash(algorithm, access),
    }
    if authentication.acr:
        claims["acr"] = authentication.acr
    if nonce:
        claims["nonce"] = nonce
    return desk.keys.signer(algorithm.value).sign(claims, TokenType.ID)
