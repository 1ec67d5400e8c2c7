"""A relying party built on Authlib; the integrator's guide quotes it."""

from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from authlib.common.security import generate_token
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.rfc7523 import ClientSecretJWT, PrivateKeyJWT, client_secret_jwt_sign, private_key_jwt_sign
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey

WELL_KNOWN = "/.well-known/openid-configuration"


class BriefPrivateKeyJWT(PrivateKeyJWT):
    """Authlib's ``private_key_jwt`` with assertions that live a minute: Limen takes none that lives over five."""

    def sign(self, auth: Any, token_endpoint: str) -> str:
        return str(private_key_jwt_sign(auth.client_secret, auth.client_id, token_endpoint, self.alg, expires_in=60))


class BriefClientSecretJWT(ClientSecretJWT):
    """Likewise ``client_secret_jwt``."""

    def sign(self, auth: Any, token_endpoint: str) -> str:
        secret = OctKey.import_key(auth.client_secret)
        return str(client_secret_jwt_sign(secret, auth.client_id, token_endpoint, self.alg, expires_in=60))


class AuthlibParty:
    """One application at one issuer."""

    def __init__(self, issuer: str, client: AsyncOAuth2Client, alg: str) -> None:
        self.issuer = issuer
        self.client = client
        self.alg = alg
        self.metadata: dict[str, Any] = {}
        self.keys = KeySet([])

    async def discover(self) -> Self:
        """Read what the provider says of itself, and its keys."""
        answer = await self.client.request("GET", self.issuer + WELL_KNOWN, withhold_token=True)
        self.metadata = answer.json()
        assert self.metadata["issuer"] == self.issuer  # OpenID Connect Discovery §4.3
        keys = await self.client.request("GET", self.metadata["jwks_uri"], withhold_token=True)
        self.keys = KeySet.import_key_set(keys.json())
        if self.client.token_endpoint_auth_method == "private_key_jwt":
            self.client.register_client_auth_method(BriefPrivateKeyJWT(self.metadata["token_endpoint"], alg="ES256"))
        if self.client.token_endpoint_auth_method == "client_secret_jwt":
            self.client.register_client_auth_method(BriefClientSecretJWT(self.metadata["token_endpoint"], alg="HS256"))
        return self

    def begin(self) -> str:
        """Return where to send the browser; state, nonce and verifier belong into its session."""
        self.verifier, self.nonce = generate_token(64), generate_token(32)
        url, self.state = self.client.create_authorization_url(
            self.metadata["authorization_endpoint"], code_verifier=self.verifier, nonce=self.nonce
        )
        return str(url)

    async def redeem(self, callback: str) -> dict[str, Any]:
        """Return the claims of the ID token for the answer that came to *callback*."""
        answer = parse_qs(urlsplit(callback).query)
        assert answer["iss"] == [self.issuer]  # RFC 9207: not from another provider
        token = await self.client.fetch_token(
            self.metadata["token_endpoint"],
            authorization_response=callback,
            code_verifier=self.verifier,
            state=self.state,
        )
        return self.claims(token["id_token"], token["access_token"], self.nonce)

    def claims(self, id_token: str, access_token: str, nonce: str | None) -> dict[str, Any]:
        """Verify an ID token (OpenID Connect Core §3.1.3.7) and return its claims."""
        decoded = jwt.decode(id_token, self.keys, algorithms=[self.alg])
        options = {"iss": {"value": self.issuer}, "aud": {"value": self.client.client_id}}
        params = {"nonce": nonce, "client_id": self.client.client_id, "access_token": access_token}
        checked = CodeIDToken(decoded.claims, decoded.header, options, params)
        checked.validate(leeway=5)
        return dict(checked)

    def farewell(self, id_token: str, back: str) -> str:
        """Return where to send the browser to sign out over there too (RP-Initiated Logout §2)."""
        wishes = {"id_token_hint": id_token, "post_logout_redirect_uri": back, "state": "till-then"}
        return f"{self.metadata['end_session_endpoint']}?{urlencode(wishes)}"
