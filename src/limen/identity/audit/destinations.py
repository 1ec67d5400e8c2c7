"""Where a tenant's audit records are streamed to: records, and what is asked of storage.

How they are delivered, and what an administrator may say of them, is ``integration.streaming``'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal, Protocol

import msgspec

from limen.identity.audit.chain import AuditRecord
from limen.kernel.clock import Instant

Kind = Literal["syslog", "http", "file"]
Format = Literal["json", "cef", "ocsf"]
Proof = Literal["none", "bearer", "signature"]
LONGEST_CA: Final = 16_384
MOST_EVENTS: Final = 100


def _text(least: int, most: int, pattern: str = "") -> msgspec.Meta:
    """Describe a string; kept as JSON Schema, and enforced where a destination is registered."""
    schema = {"minLength": least, "maxLength": most}
    return msgspec.Meta(extra_json_schema=schema | ({"pattern": pattern} if pattern else {}))


class DestinationDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a tenant's audit records go, and in which words; stored as one JSON document, the secret apart from it.

    Attributes:
        name: for people; also the name of the file.
        kind: ``syslog`` (RFC 5424 over TLS, RFC 5425), ``http``, or ``file``.
        format: ``json``, ``cef`` (ArcSight Common Event Format), or ``ocsf`` (Open Cybersecurity Schema 1.3.0).
        url: ``tls://host:port`` for syslog, ``https://…`` for HTTP; empty for a file.
        authentication: how HTTP proves that it is us: by a ``bearer`` token, or a ``signature`` over each batch.
        ca: for syslog, the certificates (PEM) that the server's is verified with; empty for the system's.
        events: which events go, by name or by what stands before the dot; empty for all.
        frequent: whether codes and tokens go too, of which there are hundreds for each sign-in.
        personal: whether the personal parts go too (addresses, user agents).
        backlog: whether it begins with what is in the log when it is made, or with what comes after.
        enabled: whether anything is sent.
    """

    name: Annotated[str, _text(1, 64, r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$")]
    kind: Kind
    format: Format = "json"
    url: Annotated[str, _text(0, 2_000)] = ""
    authentication: Proof = "none"
    ca: Annotated[str, _text(0, LONGEST_CA)] = ""
    events: Annotated[
        tuple[Annotated[str, _text(1, 64)], ...], msgspec.Meta(extra_json_schema={"maxItems": MOST_EVENTS})
    ] = ()
    frequent: bool = False
    personal: bool = False
    backlog: bool = False
    enabled: bool = True

    @property
    def label(self) -> str:
        """Return what it is known by; unique in its tenant."""
        return self.name

    def wants(self, event: str) -> bool:
        """Tell whether records of *event* go there, as far as ``events`` says."""
        return not self.events or event in self.events or event.partition(".")[0] in self.events


@dataclass(frozen=True, slots=True)
class Destination:
    """A destination as it is stored.

    Attributes:
        sealed_secret: the bearer token or signing key under the tenant's key; empty for none.
        failures: deliveries that failed in a row; 0 while all is well.
        error: the code of the last failure.
        retry_at: before this instant nothing is tried.
        delivered_at: when something last arrived, 0 for never.
        failing_since: when the first failure of the row was; 0 while all is well.
    """

    id: str
    document: DestinationDocument
    created_at: Instant
    updated_at: Instant
    version: int = 1
    sealed_secret: bytes = field(default=b"", repr=False)
    failures: int = 0
    error: str = ""
    retry_at: Instant = 0
    delivered_at: Instant = 0
    failing_since: Instant = 0


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that a destination will not take, by itself: it was passed over, and is in the log as before."""

    segment_id: str
    seq: int
    at: Instant
    error: str


class DestinationStore(Protocol):
    """One tenant's destinations inside one transaction."""

    async def get(self, id: str) -> Destination | None:  # noqa: A002 - the record's own name
        """Return one destination."""
        ...

    async def find(self, label: str) -> Destination | None:
        """Return the destination of this name."""
        ...

    async def list(self, *, after: str, limit: int) -> list[Destination]:
        """Return up to *limit* destinations whose identifier sorts behind *after*."""
        ...

    async def add(self, destination: Destination) -> bool:
        """Store a destination; False if its name is taken."""
        ...

    async def update(self, destination: Destination, expected_version: int) -> bool:
        """Replace document and secret if the stored version is still *expected_version*."""
        ...

    async def delete(self, id: str) -> bool:  # noqa: A002 - the record's own name
        """Delete a destination with its cursors and dead letters; False if there was none."""
        ...

    async def fared(self, destination: Destination) -> None:
        """Note how it fares: failures, error, and the instants beside them."""
        ...

    async def cursors(self, id: str) -> Mapping[str, int]:  # noqa: A002 - the record's own name
        """Return, for each segment, the number of the first record that was not delivered."""
        ...

    async def advance(self, id: str, segment: str, upto: int) -> None:  # noqa: A002 - the record's own name
        """Note that what stands before *upto* was delivered; what was noted already is never taken back."""
        ...

    async def bury(self, id: str, letter: DeadLetter) -> None:  # noqa: A002 - the record's own name
        """Note a record that is passed over."""
        ...

    async def dead(self, id: str, *, limit: int) -> Sequence[DeadLetter]:  # noqa: A002 - the record's own name
        """Return the newest of the records that were passed over."""
        ...

    async def records(self, segment: str, from_seq: int, limit: int) -> Sequence[AuditRecord]:
        """Return up to *limit* records of a segment from *from_seq* on, in order."""
        ...
