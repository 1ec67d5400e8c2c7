"""What a score looks up: all of it where a tenant is small, and what is rare alone where it is large."""

from dataclasses import dataclass, field

import pytest

from limen.identity.tenants.risk import RiskSettings
from limen.kernel.clock import DAY, SECOND
from limen.trust.risk.counts import EPOCH
from limen.trust.risk.history import History
from limen.trust.risk.judge import RiskJudge
from limen.trust.risk.keys import LARGE, SIGN_INS, Epoch
from limen.trust.risk.records import ADDRESS, AGENT, COUNTRY, NETWORK, Sighting

pytestmark = pytest.mark.anyio
NOW = 500 * EPOCH + 20 * DAY
SEEN = Sighting(NOW, {ADDRESS: "198.51.100.7", NETWORK: "AS1", COUNTRY: "NO", AGENT: "Firefox"}, "mine")


@dataclass
class Counters:
    """A unit whose store notes what it is asked for."""

    counts: dict[bytes, int]
    asked: list[set[bytes]] = field(default_factory=list)

    @property
    def risk(self):
        return self

    async def counted(self, keys):
        self.asked.append(set(keys))
        return {key: self.counts[key] for key in keys if key in self.counts}


def judge() -> RiskJudge:
    return RiskJudge(RiskSettings(), (Epoch(500, b"k" * 32), Epoch(499, b"l" * 32)))


async def test_what_many_share_is_read_once_a_minute_where_a_tenant_is_large() -> None:
    of, history = judge(), History().after(SEEN)
    unit = Counters({of.present.hash(SIGN_INS): LARGE, of.present.hash((NETWORK, "AS1")): 900})
    first = await of.assess(unit, history, SEEN)
    second = await of.assess(unit, history, SEEN)
    assert second == first
    rare = {
        name for epoch in of.epochs for level in (ADDRESS, AGENT) for name in epoch.names((level, SEEN.values[level]))
    }
    assert (rare < unit.asked[0], unit.asked[1] == rare) == (True, True)
    unit.counts[of.present.hash((NETWORK, "AS1"))] = 9_000
    later = Sighting(NOW + 60 * SECOND, SEEN.values, SEEN.device)
    assert (await of.assess(unit, history, later)).score != first.score
    assert unit.asked[2] == unit.asked[0]


async def test_all_is_read_anew_where_a_tenant_is_small() -> None:
    of, history = judge(), History().after(SEEN)
    unit = Counters({of.present.hash(SIGN_INS): LARGE - 1})
    for _ in range(2):
        await of.assess(unit, history, SEEN)
    assert unit.asked[0] == unit.asked[1]
