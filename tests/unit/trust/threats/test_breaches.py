"""Whom is asked about a password, in which order, and what holds where nobody answers."""

from collections.abc import Collection
from pathlib import Path

import pytest

from limen.identity.tenants.breaches import BreachSettings, problems_of
from limen.trust.threats.breaches import Breaches, BreachSources, Shelf, sha1_hex
from limen.trust.threats.building import Recipe, build, pair_member

pytestmark = pytest.mark.anyio
KEY = b"k" * 32
ANN = "ann@example.com"
RARE = b"a rare password of mine"


class Ranges:
    def __init__(self, known: Collection[bytes] | None) -> None:
        self.known = known
        self.asked: list[str] = []

    async def suffixes(self, prefix: str) -> Collection[str] | None:
        self.asked.append(prefix)
        if self.known is None:
            return None
        return {sha1_hex(one)[5:] for one in self.known if sha1_hex(one).startswith(prefix)}


def shelf(folder: Path, clock, lines: str, kind="passwords") -> Shelf:
    source = folder / f"{kind}.list"
    source.write_text(lines)
    build(source, folder / f"{kind}.set", Recipe(kind, pair_key=KEY), clock.now(), lambda *_: None)
    return Shelf(folder / f"{kind}.set", kind, clock)


async def test_what_lies_here_is_asked_first_and_the_service_by_five_digits(tmp_path, clock) -> None:
    ranges, counted = Ranges([RARE]), []
    sources = BreachSources(
        shelf(tmp_path, clock, "another one\n"), None, ranges, KEY, lambda *said: counted.append(said)
    )
    asks = Breaches(sources, BreachSettings(online=True))
    assert await asks.is_breached(b"another one")
    assert ranges.asked == []
    assert await asks.is_breached(RARE)
    assert ranges.asked == [sha1_hex(RARE)[:5]]
    assert await asks.is_breached(b"nobody knows it") is False
    assert counted[:2] == [("common", "unknown"), ("set", "known")]
    assert counted[-1] == ("online", "unknown")


async def test_the_service_is_not_asked_unless_the_tenant_wants_it() -> None:
    ranges = Ranges([RARE])
    assert await Breaches(BreachSources(ranges=ranges)).is_breached(RARE) is False
    assert ranges.asked == []


@pytest.mark.parametrize(("when_away", "refused", "doubted"), [("open", False, ""), ("closed", True, "away")])
async def test_a_service_that_is_away_has_a_stance(when_away, refused, doubted) -> None:
    asks = Breaches(BreachSources(ranges=Ranges(None)), BreachSettings(online=True, when_away=when_away))
    assert (await asks.guard.judge(RARE) is not None) is refused
    assert await asks.at_sign_in([ANN], RARE) == doubted


async def test_a_pair_is_known_only_together(tmp_path, clock) -> None:
    asks = Breaches(BreachSources(pairs=shelf(tmp_path, clock, f"{ANN}:{RARE.decode()}\n", "pairs"), pair_key=KEY))
    assert await asks.at_sign_in([ANN], RARE) == "pair"
    assert await asks.at_sign_in(["bob@example.com"], RARE) == ""
    assert pair_member(KEY, ANN, RARE)
    refused = await asks.guard.judge(RARE, ["bob@example.com", ANN])
    assert refused is not None
    assert refused.fields == {"password": "password.breached"}
    assert await asks.guard.judge(RARE, ["bob@example.com"]) is None


async def test_a_new_set_takes_effect_and_a_bad_one_leaves_the_last(tmp_path, clock) -> None:
    held = shelf(tmp_path, clock, "another one\n")
    asks = Breaches(BreachSources(held))
    assert await asks.is_breached(b"another one")
    (tmp_path / "bad").write_bytes(b"no set at all")
    (tmp_path / "bad").replace(held.path)
    clock.advance(61)
    assert await asks.is_breached(b"another one")
    shelf(tmp_path, clock, "a newer one\n")
    clock.advance(61)
    assert await asks.is_breached(b"a newer one")
    assert not await asks.is_breached(b"another one")


def test_a_stance_for_nobody_is_a_mistake() -> None:
    assert list(problems_of(BreachSettings(when_away="closed"), "b")) == [("b.when_away", "breaches.never_away")]
