"""Clients, in the terms of RFC 7591 §2."""

from typing import Annotated, Any, Literal

import msgspec
from pydantic import ConfigDict, Field

from limen.access.clients.records import AuthMethod, Client, ClientDocument
from limen.integration.api.models.common import Bool, Moment, Sent, Shown, Str, moment, without_defaults
from limen.kernel.secret import Secret

Method = Literal["none", "client_secret_basic", "client_secret_post", "private_key_jwt"]
Grant = Literal["authorization_code", "refresh_token", "client_credentials"]
Alg = Literal["ES256", "RS256"]
Uri = Annotated[Str, Field(min_length=1, max_length=2_000)]
Uris = Annotated[tuple[Uri, ...], Field(max_length=50)]
Scope = Annotated[Str, Field(min_length=1, max_length=128, pattern=r"^[\x21\x23-\x5b\x5d-\x7e]+$")]


class ClientMetadata(Sent):
    """What is registered about a client."""

    client_name: Annotated[Str, Field(min_length=1, max_length=100)]
    redirect_uris: Uris = ()
    post_logout_redirect_uris: Uris = ()
    grant_types: Annotated[tuple[Grant, ...], Field(min_length=1, max_length=3)] = (
        "authorization_code",
        "refresh_token",
    )
    token_endpoint_auth_method: Method = "client_secret_basic"
    scopes: Annotated[tuple[Scope, ...], Field(max_length=100)] = ("openid", "profile", "email", "offline_access")
    audiences: Annotated[tuple[Uri, ...], Field(max_length=20)] = ()
    jwks: dict[str, Any] | None = None
    access_token_signed_response_alg: Alg = "ES256"
    id_token_signed_response_alg: Alg = "ES256"
    require_consent: Bool = True
    rotate_refresh_tokens: Bool = True
    client_uri: Annotated[Str, Field(max_length=2_000)] = ""
    logo_uri: Annotated[Str, Field(max_length=2_000)] = ""
    disabled: Bool = False


class ClientNew(ClientMetadata):
    """A client to be registered; ``client_id`` is made unless it is given."""

    client_id: Annotated[Str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")] | None = None

    def document(self) -> ClientDocument:
        """Return it as the use case takes it."""
        return applied(ClientDocument(client_name=self.client_name), self)


class ClientPatch(ClientMetadata):
    """What is to be different; what is absent stays, and lists are replaced as a whole (RFC 7396)."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    client_name: Annotated[Str, Field(min_length=1, max_length=100)] = "-"


class Rotation(Sent):
    """How to rotate a secret: with ``overlap`` the one before it counts until the next rotation."""

    overlap: Bool = True


class ClientShown(Shown):
    """A client. Its secrets are never shown, only how many count."""

    client_id: str
    client_name: str
    redirect_uris: list[str]
    post_logout_redirect_uris: list[str]
    grant_types: list[Grant]
    token_endpoint_auth_method: Method
    scopes: list[str]
    audiences: list[str]
    jwks: dict[str, Any] | None
    access_token_signed_response_alg: Alg
    id_token_signed_response_alg: Alg
    require_consent: bool
    rotate_refresh_tokens: bool
    client_uri: str
    logo_uri: str
    disabled: bool
    secret_count: int
    created_at: Moment
    updated_at: Moment
    version: int


class ClientMade(ClientShown):
    """A client with its new secret: this is the one time it is shown."""

    client_secret: str | None = None


class ClientPage(Shown):
    """A page of clients, oldest first."""

    items: list[ClientShown]
    next: str | None = Field(description="The next page, or null at the end.")


def applied(document: ClientDocument, sent: ClientMetadata) -> ClientDocument:
    """Return *document* with what was *sent*."""
    given = {name: getattr(sent, name) for name in sent.model_fields_set if name in ClientDocument.__struct_fields__}
    if "token_endpoint_auth_method" in given:
        given["token_endpoint_auth_method"] = AuthMethod(given["token_endpoint_auth_method"])
    return msgspec.structs.replace(document, **given)


def shown(client: Client) -> ClientShown:
    """Return *client* as it is shown."""
    return ClientShown(**_members(client))


def made(client: Client, secret: Secret | None) -> ClientMade:
    """Return *client* with its fresh *secret*."""
    return ClientMade(**_members(client), client_secret=secret.reveal() if secret is not None else None)


def _members(client: Client) -> dict[str, Any]:
    members: dict[str, Any] = msgspec.to_builtins(client.document)
    secrets = members.pop("secret_hashes")
    return members | {
        "client_id": client.client_id,
        "secret_count": len(secrets),
        "created_at": moment(client.created_at),
        "updated_at": moment(client.updated_at),
        "version": client.version,
    }
