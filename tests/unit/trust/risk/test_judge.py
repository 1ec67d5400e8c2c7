"""What a score looks up: all of it where a tenant is small, and what is rare alone where it is large."""

from dataclasses import dataclass, field

import msgspec
import pytest

from limen.identity.tenants.risk import RiskSettings
from limen.kernel.clock import DAY, SECOND
from limen.trust.risk.counts import EPOCH
from limen.trust.risk.decide import AWAY
from limen.trust.risk.history import History
from limen.trust.risk.judge import Kept, RiskJudge
from limen.trust.risk.keys import ATTACKS, LARGE, SIGN_INS, Epoch
from limen.trust.risk.records import ADDRESS, AGENT, COUNTRY, NETWORK, Assessment, Sighting

pytestmark = pytest.mark.anyio
NOW = 500 * EPOCH + 20 * DAY
SEEN = Sighting(NOW, {ADDRESS: "198.51.100.7", NETWORK: "AS1", COUNTRY: "NO", AGENT: "Firefox"}, "mine")


@dataclass
class Counters:
    """A unit whose store has one history, unsealed, and notes what it is asked for."""

    counts: dict[bytes, int]
    history: History = field(default_factory=lambda: History().after(SEEN))
    asked: list[set[bytes]] = field(default_factory=list)

    @property
    def risk(self):
        return self

    def unseal(self, _field, _record, envelope):
        return envelope

    async def look_up(self, _who, keys):
        return msgspec.json.encode(self.history), await self.counted(keys)

    async def counted(self, keys):
        self.asked.append(set(keys))
        return {key: self.counts[key] for key in keys if key in self.counts}


def judge() -> RiskJudge:
    return RiskJudge(RiskSettings(), (Epoch(500, b"k" * 32), Epoch(499, b"l" * 32)))


async def score(of: RiskJudge, unit: Counters, seen: Sighting = SEEN) -> Assessment:
    _, found = await of.scored(unit, "cus_1", unit, seen)
    return found


def rare(of: RiskJudge, *levels: str) -> set[bytes]:
    return {epoch.hash((level, SEEN.values[level])) for epoch in of.epochs for level in levels}


def of_attackers(of: RiskJudge) -> set[bytes]:
    return {epoch.names(value)[1] for epoch in of.epochs for value in SEEN.values.items()}


async def test_what_many_share_is_read_once_a_minute_where_a_tenant_is_large() -> None:
    of = judge()
    unit = Counters({of.present.hash(SIGN_INS): LARGE, of.present.hash((NETWORK, "AS1")): 900})
    first = await score(of, unit)
    second = await score(of, unit)
    assert second == first
    theirs = rare(of, ADDRESS, AGENT)
    assert (theirs < unit.asked[0], unit.asked[1] == theirs) == (True, True)
    unit.counts[of.present.hash((NETWORK, "AS1"))] = 9_000
    later = Sighting(NOW + 60 * SECOND, SEEN.values, SEEN.device)
    assert (await score(of, unit, later)).score != first.score
    assert unit.asked[2] == unit.asked[0]


async def test_all_is_read_anew_where_a_tenant_is_small() -> None:
    of = judge()
    unit = Counters({of.present.hash(SIGN_INS): LARGE - 1})
    for _ in range(2):
        await score(of, unit)
    assert unit.asked[0] == unit.asked[1]


async def test_what_a_customer_usually_shows_is_read_where_they_show_something_new_alone() -> None:
    of = judge()
    unit = Counters({of.present.hash(SIGN_INS): LARGE, of.present.hash((ADDRESS, "198.51.100.7")): 40})
    known = await score(of, unit)
    moved = Sighting(NOW, {**SEEN.values, ADDRESS: "203.0.113.9"}, SEEN.device)
    assert (await score(of, unit, moved)).score > known.score
    assert (len(unit.asked), unit.asked[2]) == (3, rare(of, ADDRESS))


async def test_what_attackers_showed_is_asked_where_there_were_any_and_at_once_from_the_second_score_on() -> None:
    of = judge()
    unit = Counters({of.present.hash(SIGN_INS): 90, of.present.hash((NETWORK, "AS1")): 40})
    calm = await score(of, unit)
    assert (len(unit.asked), unit.asked[0] & of_attackers(of)) == (1, set())
    unit.counts |= {of.present.hash(ATTACKS): 30, of.present.names((NETWORK, "AS1"))[1]: 30}
    attacked = await score(of, unit)
    assert (attacked.score > calm.score, unit.asked[2]) == (True, of_attackers(of))
    assert (await score(of, unit), unit.asked[3]) == (attacked, unit.asked[1] | unit.asked[2])
    del unit.counts[of.present.hash(ATTACKS)]
    assert (await score(of, unit), await score(of, unit), unit.asked[5:]) == (calm, calm, [unit.asked[0]])


async def test_where_a_tenant_is_large_what_attackers_showed_is_held_once_it_was_asked() -> None:
    """The first score of a process, and of a minute in which an attack began, asks a second time for it."""
    of = judge()
    unit = Counters({of.present.hash(SIGN_INS): LARGE, of.present.hash((NETWORK, "AS1")): 900})
    attack = {of.present.hash(ATTACKS): 3_000, of.present.names((NETWORK, "AS1"))[1]: 2_900}
    calm = await score(of, unit)
    unit.counts |= attack
    assert await score(of, unit) == calm  # within its minute
    later = Sighting(NOW + 60 * SECOND, SEEN.values, SEEN.device)
    begun = [await score(of, unit, later) for _ in range(3)]
    of = judge()
    first, second = await score(of, unit), await score(of, unit)
    assert (first.score > calm.score, second == first, begun[1:] == begun[:1] * 2) == (True, True, True)
    theirs = {epoch.names((level, SEEN.values[level]))[1] for epoch in of.epochs for level in (ADDRESS, AGENT)}
    assert unit.asked[-1] == rare(of, ADDRESS, AGENT) | theirs


async def test_a_history_that_cannot_be_read_is_told_apart_from_none() -> None:
    of, unit = judge(), Counters({})
    unit.unseal = lambda *_: b"{"
    kept, found = await of.scored(unit, "cus_1", unit, SEEN)
    assert (kept.history, found) == (None, AWAY)
    unit.unseal = lambda *_: b"{}"
    assert (await of.scored(unit, "cus_1", unit, SEEN))[0].history == History()


@dataclass
class Rows:
    """A unit whose store has one history, which is not sealed, and notes what is counted."""

    held: bytes = b""
    reads: int = 0
    counted: list[bytes] = field(default_factory=list)

    @property
    def risk(self):
        return self

    def seal(self, _field, _record, plaintext):
        return plaintext

    def unseal(self, _field, _record, envelope):
        return envelope

    async def history(self, _who):
        self.reads += 1
        return self.held

    async def remember(self, _who, sealed, _now, *, over):
        if self.held != over:
            return False
        self.held = sealed
        return True

    async def count(self, counts, _expires):
        self.counted = [one.key for one in counts]


async def test_a_history_that_was_read_is_not_read_again_unless_another_sign_in_came_between() -> None:
    of, unit = judge(), Rows()
    await of.remember(unit, "cus_1", unit, SEEN)
    read = Kept("cus_1", unit.held, History().after(SEEN), SEEN)
    await of.remember(unit, "cus_1", unit, SEEN, kept=read)
    assert (unit.reads, msgspec.json.decode(unit.held, type=History).sign_ins.weight) == (1, 2)
    await of.remember(unit, "cus_1", unit, SEEN, kept=read)  # which is what it was two sign-ins ago
    assert (unit.reads, msgspec.json.decode(unit.held, type=History).sign_ins.weight) == (2, 3)
    await of.remember(unit, "cus_2", unit, SEEN, kept=Kept("cus_1", unit.held, History(), SEEN))  # somebody else's
    assert unit.reads == 3
