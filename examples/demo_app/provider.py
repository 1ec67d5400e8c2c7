"""The conversation with the OpenID Provider, by Authlib; every failure comes out as a :class:`~.trouble.Trouble`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from authlib.integrations.starlette_client import OAuth, OAuthError
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import Response

from examples.demo_app.settings import Settings
from examples.demo_app.trouble import ProviderAway, ProviderRefused, ProviderWrong

# offline_access asks for a refresh token (OpenID Connect Core §11)
_SCOPE = "openid profile email offline_access"
_ASYMMETRIC = {"ES256", "ES384", "ES512", "PS256", "RS256", "EdDSA", "Ed25519"}
_KINDLY = {
    "access_denied": "You chose not to share your details with us. Nothing was taken, and nothing was planted.",
    "invalid_grant": "Your pass is no longer valid. Sign in once more and it will be.",
    "login_required": "The sign-in desk wants to see you in person.",
    "temporarily_unavailable": "The sign-in desk is busy. Give it a minute.",
}


class Provider:
    """One OpenID Provider, known by its issuer."""

    def __init__(self, settings: Settings, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        """Prepare the client; the provider is asked for its metadata when it is first needed."""
        self._settings = settings
        registry = OAuth()
        self._client: Any = registry.register(
            "provider",
            client_id=settings.client_id,
            client_secret=settings.client_secret or None,
            server_metadata_url=settings.issuer.rstrip("/") + "/.well-known/openid-configuration",
            client_kwargs={
                "scope": _SCOPE,
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": "client_secret_basic" if settings.client_secret else "none",
                "timeout": 6.0,
                "trust_env": False,  # a proxy has no business between a demonstration and its loopback
                **({"transport": transport} if transport else {}),
            },
        )

    async def sign_in(self, request: Request) -> Response:
        """Return the redirect to the provider; state, nonce and verifier stay in the session."""
        extra = {"prompt": self._settings.prompt} if self._settings.prompt else {}
        # asked afresh each time, so that a provider that is away is a page of ours, not an error of the browser
        self._client.server_metadata.clear()
        async with self._careful():
            await self._metadata()
            response: Response = await self._client.authorize_redirect(request, self._settings.redirect_uri, **extra)
            return response

    async def redeem(self, request: Request) -> dict[str, Any]:
        """Return the tokens for the code in *request*, the ID token verified and its claims as ``userinfo``."""
        async with self._careful():
            metadata = await self._metadata()
            query = request.query_params
            # whoever sends a made-up answer must not put words on our page: no state, no quotation
            pending = await self._client.framework.get_state_data(request.session, query.get("state"))
            if not pending:
                raise ProviderWrong("That sign-in was not started here, or it is finished already.", "state")
            issuer = query.get("iss")
            if issuer not in {None, metadata["issuer"]} or (
                issuer is None and metadata.get("authorization_response_iss_parameter_supported")
            ):
                raise ProviderWrong("The answer came from another desk than the one we sent you to.", "iss")
            token: dict[str, Any] = await self._client.authorize_access_token(request)
        if not isinstance(token.get("userinfo"), dict):
            raise ProviderWrong("The desk forgot to say who you are.", "id_token")
        return token

    async def refresh(self, refresh_token: str, subject: str) -> dict[str, Any]:
        """Return new tokens for *refresh_token*; a new ID token must speak of *subject* (OpenID Connect Core §12.2)."""
        async with self._careful():
            await self._metadata()
            token: dict[str, Any] = await self._client.fetch_access_token(
                grant_type="refresh_token", refresh_token=refresh_token
            )
            if "id_token" in token:
                token["userinfo"] = dict(await self._client.parse_id_token(token, nonce=None))
        if token.get("userinfo", {}).get("sub", subject) != subject:
            raise ProviderWrong("The refreshed pass is somebody else's.", "sub")
        return token

    async def userinfo(self, access_token: str, subject: str) -> dict[str, Any]:
        """Return what the provider tells of *subject*, and only of them (OpenID Connect Core §5.3.4)."""
        # bare: with a refresh token in it, Authlib would refresh behind our back and lose the successor
        bearer = {"access_token": access_token, "token_type": "Bearer"}
        async with self._careful():
            metadata = await self._metadata()
            answer = await self._client.get(metadata["userinfo_endpoint"], token=bearer)
            if answer.status_code == 401:
                raise ProviderRefused("The access token is no longer accepted. Refresh it, then try again.", "401")
            answer.raise_for_status()
            known = answer.json()
        if not isinstance(known, dict) or known.get("sub") != subject:
            raise ProviderWrong("We asked about you and were told about somebody else.", "sub")
        return known

    async def sign_out(self, request: Request, id_token: str) -> Response | None:
        """Return the redirect that ends the session over there too, or None where the provider has no such door."""
        async with self._careful():
            metadata = await self._metadata()
            if "end_session_endpoint" not in metadata:
                return None
            response: Response = await self._client.logout_redirect(
                request, self._settings.post_logout_redirect_uri, id_token, client_id=self._settings.client_id
            )
            return response

    async def signed_out(self, request: Request) -> bool:
        """Tell whether *request* is the provider's answer to our own sign-out."""
        try:
            await self._client.validate_logout_response(request)
        except OAuthError:
            return False
        return True

    async def _metadata(self) -> dict[str, Any]:
        metadata: dict[str, Any] = await self._client.load_server_metadata()
        if metadata.get("issuer") != self._settings.issuer:  # OpenID Connect Discovery §4.3
            self._client.server_metadata.clear()
            raise ProviderWrong("The desk goes by another name than the one we know.", "issuer")
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        metadata["id_token_signing_alg_values_supported"] = [alg for alg in offered if alg in _ASYMMETRIC]
        return metadata

    @asynccontextmanager
    async def _careful(self) -> AsyncIterator[None]:
        try:
            yield
        except OAuthError as error:
            code = str(error.error or "error")[:60]
            text = _KINDLY.get(code, "It gave a reason, and we pass it on.")
            raise ProviderRefused(text, code, str(error.description or "")[:300]) from error
        except httpx2.HTTPStatusError as error:
            status = error.response.status_code
            raise ProviderAway("The desk answered, but not with anything we can use.", f"HTTP {status}") from error
        except httpx2.HTTPError as error:
            raise ProviderAway("We knocked and nobody answered.", type(error).__name__) from error
        except JoseError as error:
            raise ProviderWrong("The pass we were handed does not verify.", type(error).__name__) from error
        except (ValueError, KeyError, TypeError, RuntimeError) as error:
            raise ProviderWrong("We could not read the desk's handwriting.", type(error).__name__) from error
