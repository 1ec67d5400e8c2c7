"""What our tokens say: access tokens (RFC 9068 §2.2) and ID tokens (OpenID Connect Core §2)."""

from collections.abc import Mapping
from typing import Any

import msgspec

from limen.access.clients.records import ClientDocument
from limen.access.jose.encryption import EncryptionKeys
from limen.access.jose.signer import TokenType
from limen.access.jose.token_hash import at_hash
from limen.access.resources.view import PLAIN, TokenShape
from limen.access.tokens.details import DETAILS, Details, details_for
from limen.access.tokens.records import Authentication
from limen.access.tokens.request import Mandate, TokenRequest
from limen.kernel.clock import to_seconds
from limen.kernel.entropy import random_token
from limen.kernel.errors import Unavailable
from limen.kernel.masked import Masked


class TokenSet(Masked, msgspec.Struct, frozen=True, gc=False):
    """What a grant is answered with (RFC 6749 §5.1).

    ``token_id`` is the access token's ``jti``; ``scopes`` are those that hold for whom the token is for.
    """

    access_token: str
    token_id: str
    expires_in: int
    scopes: tuple[str, ...]
    refresh_token: str = ""
    id_token: str = ""
    details: Details = ()
    issued_token_type: str = ""

    def __repr__(self) -> str:
        """Name the token; it is secret."""
        return f"TokenSet(token_id={self.token_id!r})"

    def body(self, token_type: str = "Bearer") -> dict[str, Any]:
        """Return the JSON body of the token answer."""
        body: dict[str, Any] = {
            "access_token": self.access_token,
            "token_type": token_type,
            "expires_in": self.expires_in,
            "scope": " ".join(self.scopes),
        }
        if self.refresh_token:
            body["refresh_token"] = self.refresh_token
        if self.id_token:
            body["id_token"] = self.id_token
        if self.details:
            body[DETAILS] = self.details
        if self.issued_token_type:  # RFC 8693 §2.2.1
            body["issued_token_type"] = self.issued_token_type
        return body


def access_token(ask: TokenRequest, mandate: Mandate) -> TokenSet:
    """Return an access token and what is said beside it. Without an authentication the client speaks for itself."""
    desk, client, authentication = ask.desk, ask.client, mandate.authentication
    now, issuer = to_seconds(desk.clock.now()), desk.issuer
    token_id = random_token(desk.entropy, 16)
    audiences = mandate.audiences or client.document.audiences or (issuer,)
    shape = desk.resources.shape(audiences)
    scopes, seconds = _effective(mandate.scopes, shape), _lifetime(desk.lifetimes.access_token, mandate, shape, now)
    subject = mandate.subject or client.client_id
    if authentication is not None:
        subject = desk.subjects.shown(client.document, authentication.subject)
    claims: dict[str, Any] = {
        "iss": issuer,
        "sub": subject,
        "aud": audiences[0] if len(audiences) == 1 else list(audiences),
        "client_id": client.client_id,
        "iat": now,
        "exp": now + seconds,
        "jti": token_id,
    }
    if mandate.scopes:
        claims["scope"] = " ".join(scopes)
    if authentication is not None:
        _add_sign_in(claims, authentication, mandate.family)
    if mandate.actor is not None:
        claims["act"] = mandate.actor
    if ask.confirmation is not None:
        claims["cnf"] = {ask.confirmation.method: ask.confirmation.value}  # RFC 9449 §6.1, RFC 8705 §3.1
    if shape is not PLAIN or mandate.details or mandate.claims:
        token = _special(ask, mandate, shape, claims)
    else:
        signer = desk.keys.signer(client.document.access_token_signed_response_alg)
        token = signer.sign(claims, TokenType.ACCESS)
    return TokenSet(token, token_id, seconds, scopes, details=mandate.details)


def _effective(scopes: tuple[str, ...], shape: TokenShape) -> tuple[str, ...]:
    """Return *scopes* without those that belong to other resource servers (RFC 8707 §2.2)."""
    return tuple(scope for scope in scopes if scope not in shape.foreign) if shape.foreign else scopes


def _lifetime(usual: int, mandate: Mandate, shape: TokenShape, now: int) -> int:
    """Return for how many seconds from *now* an access token lives."""
    seconds = shape.lifetime or usual
    return min(seconds, mandate.until - now) if mandate.until else seconds


def _add_sign_in(claims: dict[str, Any], authentication: Authentication, family: str) -> None:
    """Say when and how the customer signed in (RFC 9068 §2.2.1)."""
    if authentication.auth_time:  # nobody signed in where a trusted issuer speaks for the customer (RFC 7523)
        claims["auth_time"] = authentication.auth_time
    if authentication.acr:
        claims["acr"] = authentication.acr
    if authentication.amr:
        claims["amr"] = authentication.amr
    if authentication.sid:
        claims["sid"] = authentication.sid
    claims["fid"] = str(family)


def _special(ask: TokenRequest, mandate: Mandate, shape: TokenShape, claims: dict[str, Any]) -> str:
    """Return an access token that says more than usual, or is made in another way."""
    details = details_for(mandate.details, shape.detail_types)
    if details:
        claims[DETAILS] = details
    claims = {**mandate.claims, **claims}  # what we vouch for wins, whatever a policy answers
    if shape.is_opaque:
        return ask.desk.opaque.seal(claims)
    alg = shape.alg or ask.client.document.access_token_signed_response_alg
    return ask.desk.keys.signer(alg).sign(claims, TokenType.ACCESS)


def id_token(
    ask: TokenRequest,
    authentication: Authentication,
    access: str,
    nonce: str = "",
    extra: Mapping[str, Any] | None = None,
) -> str:
    """Return an ID token about *authentication*, beside the access token *access*; encrypted where the client wants it.

    *extra* are custom claims.
    """
    desk, document = ask.desk, ask.client.document
    now = to_seconds(desk.clock.now())
    signer = desk.keys.signer(document.id_token_signed_response_alg)
    claims: dict[str, Any] = {
        **(extra or {}),
        "iss": desk.issuer,
        "sub": desk.subjects.shown(document, authentication.subject),
        "aud": ask.client.client_id,
        "iat": now,
        "exp": now + desk.lifetimes.id_token,
        "auth_time": authentication.auth_time,
        "amr": list(authentication.amr),
        "sid": authentication.sid,
        "at_hash": at_hash(signer.alg, access),
    }
    if authentication.acr:
        claims["acr"] = authentication.acr
    if nonce:
        claims["nonce"] = nonce
    signed = signer.sign(claims, TokenType.ID)
    return encrypted(
        signed, document, document.id_token_encrypted_response_alg, document.id_token_encrypted_response_enc
    )


def encrypted(text: str, document: ClientDocument, alg: str, enc: str, content_type: str = "JWT") -> str:
    """Return *text* encrypted to the client with *alg* and *enc*; as it is where *alg* is empty.

    Raises:
        Misconfigured: the client has no key for it any more.
    """
    if not alg:
        return text
    return EncryptionKeys.parse(document.jwks or {}).encrypt(text, alg, enc, content_type)


def no_key_for(document: ClientDocument, alg: str) -> Unavailable | None:
    """Return why nothing can be encrypted to the client with *alg*, if so: keys that it publishes are out of reach."""
    if not alg or EncryptionKeys.parse(document.jwks or {}).has_one_for(alg):
        return None
    return Unavailable("temporarily_unavailable", "no key of the client's to encrypt to", retry_after=30)
