"""A relying party, in the terms of RFC 7591 §2 and OpenID Connect Dynamic Registration §2."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

import msgspec

from limen.kernel.clock import Instant
from limen.kernel.ids import ClientKey


class AuthMethod(StrEnum):
    """How a client proves itself at the token endpoint."""

    NONE = "none"
    BASIC = "client_secret_basic"
    POST = "client_secret_post"
    PRIVATE_KEY_JWT = "private_key_jwt"


GrantType = Literal["authorization_code", "refresh_token", "client_credentials"]
SigningAlgorithm = Literal["ES256", "RS256"]


class ClientDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is registered about a client; stored as one JSON document.

    ``secret_hashes`` holds HMAC-SHA256 values under a tenant sub-key (hex), newest first: two during a rotation.
    ``audiences`` are the resource servers a token of this client is for; the first is the default.
    ``scopes`` is all that this client may ever ask for.
    """

    client_name: str
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    grant_types: tuple[GrantType, ...] = ("authorization_code", "refresh_token")
    token_endpoint_auth_method: AuthMethod = AuthMethod.BASIC
    scopes: tuple[str, ...] = ("openid", "profile", "email", "offline_access")
    audiences: tuple[str, ...] = ()
    jwks: dict[str, Any] | None = None
    access_token_signed_response_alg: SigningAlgorithm = "ES256"
    id_token_signed_response_alg: SigningAlgorithm = "ES256"
    require_consent: bool = True
    rotate_refresh_tokens: bool = True
    client_uri: str = ""
    logo_uri: str = ""
    secret_hashes: tuple[str, ...] = ()
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """One relying party: ``key`` is internal, ``client_id`` is what it shows."""

    key: ClientKey
    client_id: str
    document: ClientDocument
    created_at: Instant
    updated_at: Instant
    version: int = 1

    @property
    def is_confidential(self) -> bool:
        """Tell whether this client can keep a secret."""
        return self.document.token_endpoint_auth_method is not AuthMethod.NONE

    @property
    def is_active(self) -> bool:
        """Tell whether this client may do anything."""
        return not self.document.disabled

    def may(self, grant_type: str) -> bool:
        """Tell whether *grant_type* is registered for this client."""
        return grant_type in self.document.grant_types
