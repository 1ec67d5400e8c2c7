"""What a document may say. Member names are those of the API and of RFC 7591."""

from typing import Any, Literal

import msgspec

from limen.access.clients.records import AuthMethod, ClientDocument, GrantType, SigningAlgorithm
from limen.identity.tenants.records import DEFAULT_SLUG, TenantSettings


class SecretReference(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a secret is: in an environment variable, or in a file beside the document."""

    env: str = ""
    file: str = ""


class DeclaredTenant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A tenant; without a name or settings those stay as they are."""

    slug: str = DEFAULT_SLUG
    name: str = ""
    settings: TenantSettings | None = None


class DeclaredClient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A client. What is absent has its default, whatever it was before; an absent secret stays."""

    client_id: str
    name: str = ""
    secret: SecretReference | None = None
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
    disabled: bool = False

    def document(self) -> ClientDocument:
        """Return it as the use case takes it, without a secret."""
        same = {name: getattr(self, name) for name in SHARED}
        return ClientDocument(client_name=self.name or self.client_id, **same)


SHARED = tuple(name for name in DeclaredClient.__struct_fields__ if name in ClientDocument.__struct_fields__)
"""What a declared client has in common with a registered one."""


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One tenant and its clients."""

    version: Literal[1] = 1
    tenant: DeclaredTenant = DeclaredTenant()
    clients: tuple[DeclaredClient, ...] = ()
