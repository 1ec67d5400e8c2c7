"""Reading a tenant's audit log: by whom, whose, what and when; newest first, a page at a time.

The open part is for whoever may read the log. The personal part of a record is opened with the key of whom it concerns,
for whoever may do that too, and each opening is a record of its own: that somebody looked belongs to the history of
the person who was looked at. After an erasure it opens for nobody.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol

import msgspec

from limen.identity.administrators import Actor
from limen.identity.audit.chain import AuditRecord, named_fields
from limen.identity.audit.personal import opened
from limen.identity.audit.store import FREQUENT, AuditStore, Place, Sought
from limen.identity.keyring import Keyring, SubjectVault
from limen.kernel.clock import DAY, Instant
from limen.kernel.encoding import b64url, from_b64url
from limen.kernel.errors import Corrupted, Invalid
from limen.kernel.events import AuditEntry, Outcome
from limen.kernel.ids import SegmentId, TenantId
from limen.kernel.units import RecordsAudit

OPENED: Final = "audit.personal_opened"
"""The audit event that tells whose records were opened, by whom, and how many."""
LONGEST_FREQUENT: Final[Instant] = 31 * DAY
"""The longest time in which codes and tokens are looked for: no index leads to them."""
_LOOKED_INTO: Final = 2_000
"""So many records that the store finds are opened at once for what it cannot look for."""
_ROUNDS: Final = 5
"""So often the store is asked for one page; what is not found by then is on the next one."""


class ReadingUnit(RecordsAudit, Protocol):
    """A unit of work that reads the log, and records that it was read."""

    @property
    def audit_log(self) -> AuditStore:
        """Return the tenant's audit log."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[ReadingUnit]]


class Personal(StrEnum):
    """What became of a record's personal part."""

    NONE = "none"
    SEALED = "sealed"
    OPEN = "open"
    ERASED = "erased"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked; an empty member asks for nothing in particular. ``sought`` is what the store looks for."""

    sought: Sought = field(default_factory=Sought)
    actor: str = ""
    client: str = ""
    outcome: Outcome | None = None

    def problem(self) -> Invalid | None:
        """Refuse to look for codes and tokens through more than ``LONGEST_FREQUENT``."""
        of = self.sought
        if of.events & FREQUENT and not (of.since and 0 <= of.until - of.since <= LONGEST_FREQUENT):
            return Invalid("time_range_too_long", "codes and tokens are looked for in 31 days at most")
        return None

    @property
    def is_closer(self) -> bool:
        """Tell whether more is asked than the store can look for."""
        return bool(self.actor or self.client or self.outcome)

    def matches(self, said: Mapping[str, Any]) -> bool:
        """Tell whether the open fields *said* are those of a record that is asked for."""
        return (
            self.actor in {"", said.get("actor")}
            and self.client in {"", said.get("client")}
            and self.outcome in {None, said.get("outcome")}
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One record as it is shown: its open fields by name, and its personal part as far as it was opened."""

    record: AuditRecord
    said: Mapping[str, Any]
    state: Personal
    personal: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditReading:
    """One tenant's audit log, for its administrators."""

    tenant_id: TenantId
    begin: Begin
    reading: Begin
    keyring: Keyring

    async def page(
        self, question: Question, *, limit: int, before: Place | None = None
    ) -> tuple[list[Line], Place | None] | Invalid:
        """Return up to *limit* records behind *before*, newest first, and where to go on; None at the end.

        Where few records match, a page may be short, or empty, and yet not the last.
        """
        refusal = question.problem()
        if refusal is not None:
            return refusal
        found: list[Line] = []
        last, size = before, _LOOKED_INTO if question.is_closer else limit + 1
        async with self.reading(self.tenant_id) as unit:
            for _ in range(_ROUNDS):
                stretch = await unit.audit_log.search(question.sought, limit=size, before=last)
                for record in stretch.records:
                    said = named_fields(record.open_part)
                    if question.matches(said):
                        if len(found) == limit:
                            return found, last
                        found.append(Line(record, said, Personal.SEALED if record.sealed else Personal.NONE))
                    last = place_of(record)
                if stretch.behind is None:
                    return found, None
                last = stretch.behind
                await asyncio.sleep(0)  # others are served meanwhile
        return found, last

    async def opened(self, lines: Sequence[Line], actor: Actor) -> list[Line]:
        """Return *lines* with their personal parts, and record whose *actor* opened, before anybody sees them."""
        vaults: dict[str, SubjectVault | None] = {}
        shown: list[Line] = []
        counts: dict[str, int] = {}
        for line in lines:
            subject = line.record.subject
            if line.state is Personal.SEALED and subject not in vaults:
                vaults[subject] = await self.keyring.subject(self.tenant_id, subject)
            shown.append(_opened(line, vaults.get(subject)))
            if shown[-1].state is Personal.OPEN:
                counts[subject] = counts.get(subject, 0) + 1
        if counts:
            async with self.begin(self.tenant_id) as unit:
                for subject, count in counts.items():
                    unit.record(
                        AuditEntry(
                            OPENED,
                            actor=actor.name,
                            subject=subject,
                            request_id=actor.request_id,
                            data={"records": count},
                        )
                    )
        return shown


def _opened(line: Line, vault: SubjectVault | None) -> Line:
    if line.state is not Personal.SEALED:
        return line
    if vault is None:
        return Line(line.record, line.said, Personal.ERASED)
    try:
        return Line(line.record, line.said, Personal.OPEN, opened(vault, line.record))
    except Corrupted:  # changed in the database: the rest of the log can still be read
        return Line(line.record, line.said, Personal.UNREADABLE)


def place_of(record: AuditRecord) -> Place:
    """Return where *record* stands."""
    return record.at, record.segment_id, record.seq


def cursor(place: Place) -> str:
    """Return *place* as it is handed out."""
    return b64url(msgspec.json.encode((place[0], str(place[1]), place[2])))


def place(text: str) -> Place | None:
    """Return where a cursor stands, or None where it is none of ours."""
    try:
        at, segment, seq = msgspec.json.decode(from_b64url(text), type=tuple[int, str, int])
    except (ValueError, msgspec.DecodeError):
        return None
    is_sound = SegmentId.parse(segment) is not None and 0 <= at < 1 << 63 and 0 <= seq < 1 << 63
    return (at, segment, seq) if is_sound else None
