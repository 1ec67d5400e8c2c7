"""Resource servers and types of ``authorization_details``, made from what ``access.resources.records`` declares."""

from typing import TYPE_CHECKING, Any

import msgspec
from pydantic import ConfigDict, Field, create_model

from limen.access.resources.records import D, DetailTypeDocument, Entry, ResourceDocument
from limen.integration.api.models.common import Moment, Sent, Shown, moment, without_defaults
from limen.integration.api.models.derived import sent_fields, shown_fields


class _Stored(Shown):
    id: str
    created_at: Moment
    updated_at: Moment
    version: int


def _patch(struct: type[msgspec.Struct]) -> dict[str, Any]:
    return {name: (kind, None if default is ... else default) for name, (kind, default) in sent_fields(struct).items()}


if TYPE_CHECKING:
    _Resource = Sent
    _ResourcePatch = Sent
    _ResourceShown = _Stored
    _DetailType = Sent
    _DetailTypePatch = Sent
    _DetailTypeShown = _Stored
else:
    _Resource = create_model("ResourceServerBase", __base__=Sent, **sent_fields(ResourceDocument))
    _ResourcePatch = create_model("ResourceServerPatchBase", __base__=Sent, **_patch(ResourceDocument))
    _ResourceShown = create_model("ResourceServerShownBase", __base__=_Stored, **shown_fields(ResourceDocument))
    _DetailType = create_model("DetailTypeBase", __base__=Sent, **sent_fields(DetailTypeDocument))
    _DetailTypePatch = create_model("DetailTypePatchBase", __base__=Sent, **_patch(DetailTypeDocument))
    _DetailTypeShown = create_model("DetailTypeShownBase", __base__=_Stored, **shown_fields(DetailTypeDocument))


class ResourceServerNew(_Resource):
    """A resource server to be registered."""


class ResourceServerPatch(_ResourcePatch):
    """What is to be different; what is absent stays (RFC 7396). The identifier never changes."""

    model_config = ConfigDict(json_schema_extra=without_defaults)


class ResourceServerShown(_ResourceShown):
    """A resource server."""


class ResourceServerPage(Shown):
    """A page of resource servers, oldest first."""

    items: list[ResourceServerShown]
    next: str | None = Field(description="The next page, or null at the end.")


class DetailTypeNew(_DetailType):
    """A type of ``authorization_details`` to be registered (RFC 9396 §2.1)."""


class DetailTypePatch(_DetailTypePatch):
    """What is to be different; what is absent stays (RFC 7396). The type's name never changes."""

    model_config = ConfigDict(json_schema_extra=without_defaults)


class DetailTypeShown(_DetailTypeShown):
    """A type of ``authorization_details``."""


class DetailTypePage(Shown):
    """A page of types, oldest first."""

    items: list[DetailTypeShown]
    next: str | None = Field(description="The next page, or null at the end.")


def document(kind: type[D], sent: Sent) -> D:
    """Return what was *sent* as the use case takes it."""
    return msgspec.convert(sent.model_dump(mode="json", exclude_unset=True), kind)


def applied(before: D, sent: Sent) -> D:
    """Return *before* with what was *sent*."""
    given = sent.model_dump(mode="json", exclude_unset=True)
    return msgspec.convert(msgspec.to_builtins(before) | given, type(before))


def members(entry: Entry[D]) -> dict[str, Any]:
    """Return the members of *entry* as it is shown."""
    shown: dict[str, Any] = msgspec.to_builtins(entry.document)
    return shown | {
        "id": entry.id,
        "created_at": moment(entry.created_at),
        "updated_at": moment(entry.updated_at),
        "version": entry.version,
    }
