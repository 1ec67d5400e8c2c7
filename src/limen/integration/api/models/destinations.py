"""Destinations of the audit stream, made from what ``identity.audit.destinations`` declares."""

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from pydantic import ConfigDict, Field, create_model

from limen.identity.audit.destinations import DeadLetter, Destination, DestinationDocument
from limen.integration.api.models.common import Moment, Sent, Shown, Str, moment, without_defaults
from limen.integration.api.models.derived import sent_fields, shown_fields
from limen.integration.streaming.rules import SECRET_BYTES
from limen.integration.streaming.ways import Failure
from limen.kernel.secret import Secret

SecretSent = Annotated[
    Str,
    Field(
        min_length=SECRET_BYTES[0],
        max_length=SECRET_BYTES[1],
        pattern=r"^[\x21-\x7e]+$",
        description="The bearer token, or the key of the signature. It is kept sealed and never shown.",
        json_schema_extra={"writeOnly": True},
    ),
]


class _Stored(Shown):
    id: str
    created_at: Moment
    updated_at: Moment
    version: int
    has_secret: bool
    failures: int = Field(description="Deliveries that failed in a row; 0 while all is well.")
    error: str = Field(description="The code of the last failure, or empty.")
    failing_since: Moment | None
    delivered_at: Moment | None = Field(description="When something last arrived, to a minute.")


def _patch(struct: type[msgspec.Struct]) -> dict[str, Any]:
    return {name: (kind, None if default is ... else default) for name, (kind, default) in sent_fields(struct).items()}


if TYPE_CHECKING:
    _Destination = Sent
    _DestinationPatch = Sent
    _DestinationShown = _Stored
else:
    _Destination = create_model("DestinationBase", __base__=Sent, **sent_fields(DestinationDocument))
    _DestinationPatch = create_model("DestinationPatchBase", __base__=Sent, **_patch(DestinationDocument))
    _DestinationShown = create_model("DestinationShownBase", __base__=_Stored, **shown_fields(DestinationDocument))


class DestinationNew(_Destination):
    """A destination to be registered."""

    secret: SecretSent | None = None


class DestinationPatch(_DestinationPatch):
    """What is to be different; what is absent stays (RFC 7396). The name never changes."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    secret: SecretSent | None = None


class DestinationShown(_DestinationShown):
    """A destination, and how it fares."""


class DestinationPage(Shown):
    """A page of destinations, oldest first."""

    items: list[DestinationShown]
    next: str | None = Field(description="The next page, or null at the end.")


class DestinationTested(Shown):
    """What became of a record that was sent as a test."""

    delivered: bool
    error: str = Field(description="The code of the failure, or empty.")


class DeadLetterShown(Shown):
    """A record that the destination would not take. It is in the audit log as before."""

    segment: str
    seq: int
    at: Moment = Field(description="When it was passed over.")
    error: str


class DeadLetterList(Shown):
    """The newest of them."""

    items: list[DeadLetterShown]


def secret_in(sent: DestinationNew | DestinationPatch) -> Secret | None:
    """Return the secret that was sent."""
    return None if sent.secret is None else Secret(sent.secret)


def document(sent: DestinationNew) -> DestinationDocument:
    """Return what was *sent* as the use case takes it."""
    return msgspec.convert(sent.model_dump(mode="json", exclude_unset=True, exclude={"secret"}), DestinationDocument)


def applied(before: DestinationDocument, sent: DestinationPatch) -> DestinationDocument:
    """Return *before* with what was *sent*."""
    given = sent.model_dump(mode="json", exclude_unset=True, exclude={"secret"})
    return msgspec.convert(msgspec.to_builtins(before) | given, DestinationDocument)


def shown(one: Destination) -> DestinationShown:
    """Return *one* as it is shown."""
    members: dict[str, Any] = msgspec.to_builtins(one.document)
    return DestinationShown(
        **members,
        id=one.id,
        created_at=moment(one.created_at),
        updated_at=moment(one.updated_at),
        version=one.version,
        has_secret=bool(one.sealed_secret),
        failures=one.failures,
        error=one.error,
        failing_since=moment(one.failing_since) if one.failing_since else None,
        delivered_at=moment(one.delivered_at) if one.delivered_at else None,
    )


def tested(failure: Failure | None) -> DestinationTested:
    """Return what became of a test as it is shown."""
    return DestinationTested(delivered=failure is None, error=failure.code if failure else "")


def shown_letter(letter: DeadLetter) -> DeadLetterShown:
    """Return *letter* as it is shown."""
    return DeadLetterShown(segment=letter.segment_id, seq=letter.seq, at=moment(letter.at), error=letter.error)
