"""Trying patterns on what happened: the tenant's audit log, opened, oldest first, and what each rule says of it.

Opening the personal parts is on record like any other opening (``identity.audit.reading``). What was erased, or was
sealed for a journey that ended, cannot be opened and is left out; it is counted.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from limen.identity.administrators import Actor
from limen.identity.audit.reading import AuditReading, Line, Personal, Question
from limen.identity.audit.store import Sought
from limen.identity.tenants.networks import NetworkSettings
from limen.identity.tenants.patterns import PatternRule
from limen.kernel.clock import Instant
from limen.kernel.errors import Invalid
from limen.trust.fraud.facts import Seen
from limen.trust.fraud.replay import EVENTS, Happened, Tested, replay
from limen.trust.risk.whereabouts import Geography
from limen.trust.threats.reputation import Reputation

MOST: Final = 10_000
_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it: how many records were looked at, how many could not be opened, and each rule."""

    looked_at: int
    unreadable: int
    rules: Sequence[Tested]


@dataclass(frozen=True, slots=True)
class Trying:
    """Tries rules on one tenant's log, with what is known of addresses now."""

    reading: AuditReading
    geography: Geography
    reputation: Reputation
    networks: NetworkSettings

    async def __call__(
        self, rules: Sequence[PatternRule], between: tuple[Instant, Instant], actor: Actor, most: int = MOST
    ) -> Tried | Invalid:
        """Return what *rules* say of the records *between* two instants (0: open), the newest *most* of them."""
        question = Question(Sought("", frozenset(EVENTS), *between))
        lines: list[Line] = []
        last = None
        while len(lines) < most:
            page = await self.reading.page(question, limit=min(_PAGE, most - len(lines)), before=last)
            if isinstance(page, Invalid):
                return page
            found, last = page
            lines += await self.reading.opened(found, actor)
            if last is None:
                break
        tested = await asyncio.to_thread(self._replayed, rules, lines)  # seconds, for which a loop must not stand still
        return Tried(len(lines), sum(line.state is not Personal.OPEN for line in lines), tested)

    def _replayed(self, rules: Sequence[PatternRule], lines: Sequence[Line]) -> Sequence[Tested]:
        return replay(rules, [one for line in reversed(lines) if (one := self._happened(line)) is not None])

    def _happened(self, line: Line) -> Happened | None:
        kind, address = EVENTS[line.record.event], line.personal.get("address", "")
        if line.state is not Personal.OPEN or not address:
            return None
        known = self.reputation.of(address, self.networks)
        agent = line.personal.get("user_agent", "")
        seen = Seen(line.record.at, address, agent, known.beside(self.geography.of(address)), known.is_listed)
        return Happened(kind, line.record.subject, seen)
