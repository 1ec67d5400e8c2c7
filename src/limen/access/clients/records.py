"""A relying party, in the terms of RFC 7591 §2 and OpenID Connect Dynamic Registration §2."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

import msgspec

from limen.access.clients.fields import INTERNAL, items, number, text
from limen.identity.tenants.claims import ClaimRule
from limen.identity.tenants.records import SigningAlgorithm
from limen.kernel.clock import Instant
from limen.kernel.ids import ClientKey


class AuthMethod(StrEnum):
    """How a client proves itself at the token endpoint."""

    NONE = "none"
    BASIC = "client_secret_basic"
    POST = "client_secret_post"
    SECRET_JWT = "client_secret_jwt"
    PRIVATE_KEY_JWT = "private_key_jwt"
    TLS = "tls_client_auth"
    SELF_SIGNED_TLS = "self_signed_tls_client_auth"


GrantType = Literal[
    "authorization_code",
    "refresh_token",
    "client_credentials",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:openid:params:grant-type:ciba",
]
NoneOrSigning = Literal["", "ES256", "ES384", "PS256", "RS256", "EdDSA"]
"""Empty where an answer is not signed."""
EncryptionKey = Literal["", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"]
"""How the key of an encrypted answer is agreed on or wrapped (RFC 7518 §4); empty where it is not encrypted."""
EncryptionContent = Literal["", "A128GCM", "A256GCM", "A128CBC-HS256", "A256CBC-HS512"]
"""How its content is encrypted (RFC 7518 §5); empty for ``A128CBC-HS256`` (OpenID Connect Registration §2)."""
ForeignAlgorithm = Literal[
    "", "ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA", "Ed25519"
]
"""What a client signs with; empty for whatever its keys are for."""
AuthAlgorithm = Literal[
    "", "ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA", "Ed25519",
    "HS256", "HS384", "HS512",
]  # fmt: skip
"""What a client proves itself with; empty for whatever fits its method and its key."""
Profile = Literal["oauth2.1", "fapi2_security", "fapi2_message_signing", "mcp"]
"""Rules beyond our own that a client is held to: a profile tightens, and loosens nothing."""
FAPI: Final[frozenset[Profile]] = frozenset({"fapi2_security", "fapi2_message_signing"})
"""Profiles of FAPI 2.0; the second is the first and more."""
ApplicationType = Literal["", "web", "native"]
"""What its redirects may be (OpenID Connect Registration §2); empty where it says nothing."""
SubjectType = Literal["public", "pairwise"]
Uri = Annotated[str, text(1, 2_000)]
Uris = Annotated[tuple[Uri, ...], items(most=50)]
Page = Annotated[str, text(most=2_000)]
"""The address of a page or an image; empty for none."""
Scope = Annotated[str, text(1, 128, r"[\x21\x23-\x5b\x5d-\x7e]+")]


class TokenExchange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which tokens a client may exchange for its own (RFC 8693); what it may get for them is its scopes and audiences.

    Attributes:
        subject_clients: clients whose tokens it may exchange, beside its own.
        subject_audiences: resource servers in whose name it acts: tokens that are for one of them may be exchanged.
        impersonation: whether it may get tokens that do not say who acts.
        delegation: whether it may get tokens that do (``act``).
    """

    subject_clients: Annotated[tuple[Annotated[str, text(1, 100)], ...], items(most=50)] = ()
    subject_audiences: Annotated[tuple[Uri, ...], items(most=50)] = ()
    impersonation: bool = False
    delegation: bool = True


class ClientDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is registered about a client; stored as one JSON document.

    This is the one list of client metadata: the API's models, declared clients and dynamic registration are made from
    it. A field is added here, with a default under which older documents keep their meaning, and its rule in
    ``rules/``; nowhere else. Its type says its length or bounds (``fields.py``); what is :data:`INTERNAL` no interface
    takes or shows.

    ``secret_hashes`` holds HMAC-SHA256 values under a tenant sub-key (hex), newest first: two during a rotation, of
    which the older counts until ``old_secret_until`` (0: until the next rotation). For ``client_secret_jwt`` the same
    secrets are in ``sealed_secrets`` as well, sealed under the tenant's key: a MAC is made with the secret itself.
    ``registration_token_hashes`` likewise, of registration access tokens (RFC 7592 §1.1). ``software_statement`` is the
    one it was registered with, verified then: what it says stays as it is (RFC 7591 §2.3).
    ``callback_leads_on`` says that what answers at its addresses may send the browser on to any other (ADR 0038).
    ``audiences`` are the resource servers a token of this client is for; the first is the default.
    ``scopes`` is all that this client may ever ask for, and ``authorization_details_types`` (RFC 9396 §10) likewise.
    ``claims`` are added to those of the tenant, and win over them.
    ``refresh_idle_seconds`` and ``refresh_absolute_seconds`` shorten the tenant's; 0 leaves them.
    ``require_pkce`` is off for a client of whom an administrator knows that it checks the nonce (``pkce``).
    """

    client_name: Annotated[str, text(1, 100)]
    application_type: ApplicationType = ""
    callback_leads_on: bool = False
    redirect_uris: Uris = ()
    post_logout_redirect_uris: Uris = ()
    grant_types: Annotated[tuple[GrantType, ...], items(1, 20)] = ("authorization_code", "refresh_token")
    token_endpoint_auth_method: AuthMethod = AuthMethod.BASIC
    token_endpoint_auth_signing_alg: AuthAlgorithm = ""
    tls_client_auth_subject_dn: Annotated[str, text(most=1_000)] = ""
    tls_client_auth_san_dns: Annotated[str, text(most=255)] = ""
    tls_client_auth_san_uri: Page = ""
    tls_client_auth_san_ip: Annotated[str, text(most=64)] = ""
    tls_client_auth_san_email: Annotated[str, text(most=320)] = ""
    scopes: Annotated[tuple[Scope, ...], items(most=100)] = ("openid", "profile", "email", "offline_access")
    audiences: Annotated[tuple[Uri, ...], items(most=20)] = ()
    jwks: dict[str, Any] | None = None
    jwks_uri: Page = ""
    access_token_signed_response_alg: SigningAlgorithm = "ES256"
    id_token_signed_response_alg: SigningAlgorithm = "ES256"
    id_token_encrypted_response_alg: EncryptionKey = ""
    id_token_encrypted_response_enc: EncryptionContent = ""
    authorization_signed_response_alg: SigningAlgorithm = "ES256"
    authorization_encrypted_response_alg: EncryptionKey = ""
    authorization_encrypted_response_enc: EncryptionContent = ""
    userinfo_signed_response_alg: NoneOrSigning = ""
    userinfo_encrypted_response_alg: EncryptionKey = ""
    userinfo_encrypted_response_enc: EncryptionContent = ""
    introspection_signed_response_alg: SigningAlgorithm = "ES256"
    introspection_encrypted_response_alg: EncryptionKey = ""
    introspection_encrypted_response_enc: EncryptionContent = ""
    subject_type: SubjectType = "public"
    sector_identifier_uri: Page = ""
    authorization_details_types: Annotated[tuple[Annotated[str, text(1, 200)], ...], items(most=50)] = ()
    claims: Annotated[tuple[ClaimRule, ...], items(most=50)] = ()
    token_exchange: TokenExchange = TokenExchange()
    dpop_bound_access_tokens: bool = False
    tls_client_certificate_bound_access_tokens: bool = False
    require_dpop_nonce: bool = False
    require_consent: bool = True
    rotate_refresh_tokens: bool = True
    refresh_idle_seconds: Annotated[int, number(0, 366 * 86_400)] = 0
    refresh_absolute_seconds: Annotated[int, number(0, 3 * 366 * 86_400)] = 0
    profile: Profile = "oauth2.1"
    require_pkce: bool = True
    require_pushed_authorization_requests: bool = False
    require_signed_request_object: bool = False
    request_object_signing_alg: ForeignAlgorithm = ""
    request_object_encryption_alg: EncryptionKey = ""
    request_object_encryption_enc: EncryptionContent = ""
    request_uris: Uris = ()
    default_max_age: Annotated[int, number(0, 10_000_000)] | None = None
    default_acr_values: Annotated[tuple[Uri, ...], items(most=20)] = ()
    require_auth_time: bool = False
    assurance_level: Annotated[int, number(0, 3)] = 0
    assurance_max_age: Annotated[int, number(0, 366 * 86_400)] = 0
    client_uri: Page = ""
    logo_uri: Page = ""
    tos_uri: Page = ""
    policy_uri: Page = ""
    initiate_login_uri: Page = ""
    software_id: Annotated[str, text(most=200)] = ""
    software_version: Annotated[str, text(most=100)] = ""
    backchannel_token_delivery_mode: Literal["", "poll", "ping"] = ""
    backchannel_client_notification_endpoint: Page = ""
    backchannel_authentication_request_signing_alg: ForeignAlgorithm = ""
    backchannel_logout_uri: Page = ""
    backchannel_logout_session_required: bool = False
    frontchannel_logout_uri: Page = ""
    frontchannel_logout_session_required: bool = False
    secret_hashes: Annotated[tuple[str, ...], INTERNAL] = ()
    sealed_secrets: Annotated[tuple[str, ...], INTERNAL] = ()
    old_secret_until: Annotated[Instant, INTERNAL] = 0
    registration_token_hashes: Annotated[tuple[str, ...], INTERNAL] = ()
    software_statement: Annotated[str, INTERNAL] = ""
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """One relying party: ``key`` is internal, ``client_id`` is what it shows.

    ``unused_until`` is set for clients that registered themselves: when that instant has come and nobody has allowed
    the client anything, it goes.
    """

    key: ClientKey
    client_id: str
    document: ClientDocument
    created_at: Instant
    updated_at: Instant
    version: int = 1
    unused_until: Instant | None = None

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
