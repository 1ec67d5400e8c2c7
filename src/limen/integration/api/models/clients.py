"""Clients, in the terms of RFC 7591 §2. Their metadata is declared in ``access.clients.records`` and nowhere else."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from pydantic import ConfigDict, Field, create_model

from limen.access.clients.fields import internal_names
from limen.access.clients.records import Client, ClientDocument
from limen.access.clients.secrets import is_sealed
from limen.integration.api.models.common import Bool, Int, Moment, Sent, Shown, Str, moment, without_defaults
from limen.integration.api.models.derived import sent_fields, shown_fields
from limen.kernel.secret import Secret

_INTERNAL = internal_names(ClientDocument)

if TYPE_CHECKING:
    _Metadata = Sent
    _MetadataShown = Shown
else:
    _Metadata = create_model("ClientMetadata", __base__=Sent, **sent_fields(ClientDocument))
    _MetadataShown = create_model("ClientMetadataShown", __base__=Shown, **shown_fields(ClientDocument))


class ClientNew(_Metadata):
    """A client to be registered; ``client_id`` is made unless it is given."""

    client_id: Annotated[Str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")] | None = None

    def document(self) -> ClientDocument:
        """Return it as the use case takes it."""
        return _converted(_given(self))


class ClientPatch(_Metadata):
    """What is to be different; what is absent stays, and lists are replaced as a whole (RFC 7396)."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    client_name: Annotated[Str, Field(min_length=1, max_length=100)] = "-"


class Rotation(Sent):
    """How to rotate a secret: with ``overlap`` the one before it counts for ``overlap_seconds``.

    0 seconds: until the next rotation.
    """

    overlap: Bool = True
    overlap_seconds: Annotated[Int, Field(ge=0, le=90 * 86_400)] = 0

    @property
    def seconds(self) -> int | None:
        """Return how long the secret before counts; None for until the next rotation."""
        return (self.overlap_seconds or None) if self.overlap else 0


class ClientShown(_MetadataShown):
    """A client. Its secrets are never shown, only how many count."""

    client_id: str
    secret_count: int
    created_at: Moment
    updated_at: Moment
    version: int


class ClientMade(ClientShown):
    """A client with its new secret: this is the one time it is shown."""

    client_secret: str | None = None
    client_secret_storage: Literal["hashed", "sealed"] | None = Field(
        None,
        description="What is kept of the secret: a keyed hash, or, for client_secret_jwt, the secret itself, sealed "
        "under the tenant's key, because a MAC cannot be checked without it.",
    )


class ClientPage(Shown):
    """A page of clients, oldest first."""

    items: list[ClientShown]
    next: str | None = Field(description="The next page, or null at the end.")


def applied(document: ClientDocument, sent: ClientPatch) -> ClientDocument:
    """Return *document* with what was *sent*."""
    return _converted(msgspec.to_builtins(document) | _given(sent))


def shown(client: Client) -> ClientShown:
    """Return *client* as it is shown."""
    return ClientShown(**_members(client))


def made(client: Client, secret: Secret | None) -> ClientMade:
    """Return *client* with its fresh *secret*."""
    if secret is None:
        return ClientMade(**_members(client))
    storage: Literal["hashed", "sealed"] = "sealed" if is_sealed(client.document) else "hashed"
    return ClientMade(**_members(client), client_secret=secret.reveal(), client_secret_storage=storage)


def _given(sent: Sent) -> dict[str, Any]:
    return sent.model_dump(mode="json", exclude_unset=True, exclude={"client_id"})


def _converted(members: dict[str, Any]) -> ClientDocument:
    return msgspec.convert(members, ClientDocument)  # cannot fail: the model has the same types


def _members(client: Client) -> dict[str, Any]:
    metadata = msgspec.to_builtins(client.document)
    return {name: value for name, value in metadata.items() if name not in _INTERNAL} | {
        "client_id": client.client_id,
        "secret_count": len(client.document.secret_hashes),
        "created_at": moment(client.created_at),
        "updated_at": moment(client.updated_at),
        "version": client.version,
    }
