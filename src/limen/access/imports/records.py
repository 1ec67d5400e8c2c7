"""What a file holds, row by row, and how far its import has come."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from limen.access.factors.records import StoredFactor, TotpSecret
from limen.identity.credentials.records import StoredPassword
from limen.identity.customers.records import ContactIndex, Profile, SealedCustomer
from limen.kernel.clock import Instant
from limen.kernel.ids import ImportId

UNREAD: Final = "rest.unread"
"""The code of a last row: from its line on nothing could be told apart, and its field says how many bytes that is."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that does not go in. It names no value: *field* and *code* are ours, or names of the format.

    ``row`` counts from 1, ``line`` is where it begins in the file.
    """

    row: int
    line: int
    field: str
    code: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A customer as a file has one; nothing is judged yet.

    Attributes:
        external_id: what the other system calls them, or empty.
        password_hash: the text of a hash, or empty.
        apps: authenticator apps, whose secrets the export holds.
        left_out: names of members that the row has and that are not carried over.
        created_at: when the other system made the account; 0 where it does not say.
    """

    row: int
    line: int
    profile: Profile = field(repr=False)
    external_id: str = field(default="", repr=False)
    password_hash: str = field(default="", repr=False)
    apps: tuple[TotpSecret, ...] = field(default=(), repr=False)
    is_disabled: bool = False
    created_at: Instant = 0
    left_out: tuple[str, ...] = ()


class ImportState(StrEnum):
    """Whether an import has seen its whole file."""

    RUNNING = "running"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Import:
    """One file, on its way in.

    Attributes:
        digest: SHA-256 of the file, in hexadecimal.
        position: rows that are done with.
        created: customers that were made.
        present: rows whose customer was there already; nothing of theirs was changed.
        refused: rows that did not go in.
        left_out: names of members that were not carried over, and in how many rows.
    """

    id: ImportId
    digest: str
    format: str
    started_at: Instant
    updated_at: Instant
    state: ImportState = ImportState.RUNNING
    position: int = 0
    created: int = 0
    present: int = 0
    refused: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    finished_at: Instant | None = None

    def advanced(self, batch: "Batch", now: Instant) -> "Import":
        """Return the import with *batch* behind it."""
        return replace(
            self,
            position=batch.position,
            created=self.created + batch.created,
            present=self.present + batch.present,
            refused=self.refused + len({refused.row for refused in batch.refused}),
            left_out=dict(Counter(self.left_out) + batch.left_out),
            updated_at=now,
        )

    def finished(self, now: Instant) -> "Import":
        """Return the import that has seen everything."""
        return replace(self, state=ImportState.FINISHED, updated_at=now, finished_at=now)


@dataclass(slots=True)
class Batch:
    """What one commit brings in, sealed."""

    position: int
    customers: list[SealedCustomer] = field(default_factory=list)
    contacts: list[ContactIndex] = field(default_factory=list)
    passwords: list[StoredPassword] = field(default_factory=list)
    factors: list[StoredFactor] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    created: int = 0
    present: int = 0
