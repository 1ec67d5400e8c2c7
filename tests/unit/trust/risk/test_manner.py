"""What a page tells, and what is made of it."""

import math

import pytest
from msgspec.structs import replace

from limen.identity.tenants.risk import RiskSettings
from limen.kernel.clock import DAY, HOUR
from limen.trust.risk.counts import EPOCH
from limen.trust.risk.history import History
from limen.trust.risk.keys import Epoch
from limen.trust.risk.manner import asked_of_page, manner_of, manner_values
from limen.trust.risk.population import NOBODY, Population, asked_for
from limen.trust.risk.records import PRINT, ROUND_TRIP, TYPING, Sighting
from limen.trust.risk.signals import behaviour, fingerprint, latency

NOW = 500 * EPOCH + 20 * DAY + 12 * HOUR
EPOCH_NOW = Epoch(500, b"k" * 32)
ALL = RiskSettings(fingerprint=True, behaviour=True, round_trip=True)
HASH = "0123456789abcdef" * 2
FORM = f"typing=usual&pointer=mouse&round_trip=50&print={HASH}"


def seen(text: str = FORM, device: str = "mine", at: int = NOW) -> Sighting:
    return Sighting(at, manner_values(text, ALL, EPOCH_NOW), device)


def history(text: str = FORM, count: int = 10) -> History:
    found = History()
    for day in range(count, 0, -1):
        found = found.after(seen(text, at=NOW - day * DAY))
    return found


def ratio(signal, now: Sighting, known: History, population: Population = NOBODY) -> float:
    finding = signal.SIGNAL.speaks(now, known, population)
    assert finding is not None
    return finding.log_ratio


def test_what_is_told_is_one_of_the_words_or_nothing() -> None:
    values = seen().values
    assert {level: values[level] for level in (TYPING, "pointer", ROUND_TRIP)} == {
        TYPING: "usual", "pointer": "mouse", ROUND_TRIP: "50",
    }  # fmt: skip
    assert values[PRINT].startswith("500.")
    assert HASH not in values[PRINT]
    forged = f"typing=my+password&pointer=&round_trip=51&print={HASH}0&agent=x&typing[]=usual"
    assert manner_values(forged, ALL, EPOCH_NOW) == {}
    assert manner_values("%00%ff=&;=", ALL, EPOCH_NOW) == {}
    assert manner_of("typing=usual&" + "x" * 200) == ""


@pytest.mark.parametrize(
    ("settings", "levels"),
    [
        (RiskSettings(), set()),
        (RiskSettings(behaviour=True), {TYPING, "pointer"}),
        (RiskSettings(round_trip=True), {ROUND_TRIP}),
        (RiskSettings(fingerprint=True), {PRINT}),
    ],
)
def test_what_a_tenant_does_not_want_is_neither_asked_for_nor_taken(settings, levels) -> None:
    assert set(manner_values(FORM, settings, EPOCH_NOW)) == levels
    assert (asked_of_page(settings, EPOCH_NOW) is None) == (not levels)
    assert asked_of_page(RiskSettings(mode="off", behaviour=True), EPOCH_NOW) is None


def test_the_salt_is_another_for_each_key_and_there_is_none_without_one() -> None:
    asked = asked_of_page(ALL, EPOCH_NOW)
    assert asked is not None
    assert asked["asks"] == "fingerprint behaviour round_trip"
    assert len({asked["salt"], Epoch(500, b"l" * 32).salt, Epoch(501, b"k" * 31).salt}) == 3
    assert asked_of_page(ALL, Epoch(500, b"")) is None


def test_the_tenant_counts_no_fingerprint_and_looks_none_up() -> None:
    one, other = seen(), seen(FORM.replace("0123", "3210"))
    assert [c.key for c in EPOCH_NOW.counts(one, History())] == [c.key for c in EPOCH_NOW.counts(other, History())]
    assert [c.key for c in EPOCH_NOW.attack(one, 1)] == [c.key for c in EPOCH_NOW.attack(other, 1)]
    assert not [level for level, _ in asked_for(one, history()) if level == PRINT]


def test_a_lost_cookie_weighs_less_at_a_browser_that_looks_the_same() -> None:
    known = history()
    same, another = seen(device=""), seen(FORM.replace("0123", "3210"), device="")
    assert ratio(fingerprint, same, known) < -0.4
    assert ratio(fingerprint, another, known) > 0.2
    assert ratio(fingerprint, replace(another, device="mine"), known) > ratio(fingerprint, another, known)
    assert fingerprint.SIGNAL.speaks(seen("typing=usual"), known, NOBODY) is None


def test_a_fingerprint_of_another_epoch_says_nothing_and_leaves_the_history() -> None:
    known, later = history(), replace(seen(), at=NOW + EPOCH)
    assert fingerprint.SIGNAL.speaks(later, known, NOBODY) is None
    fresh = manner_values(FORM, ALL, Epoch(501, b"n" * 32))
    after = known.after(replace(later, values=fresh))
    assert set(after.values[PRINT]) == {fresh[PRINT]}
    assert PRINT not in known.after(replace(later, values={})).values


def test_another_way_of_typing_speaks_against_and_never_decides_alone() -> None:
    known = history()
    crowd = Population(1_000, 100, {(TYPING, "usual"): 300, (TYPING, "slow"): 300, (TYPING, ""): 1_000})
    usual = ratio(behaviour, seen("typing=usual"), known, crowd)
    slow = behaviour.SIGNAL.speaks(seen("typing=slow"), known, crowd)
    assert slow is not None
    assert usual < 0 < slow.log_ratio <= 1.5
    assert slow.reason == "risk.reason.unusual_behaviour"
    assert ratio(behaviour, seen("typing=even&pointer=jump"), history(count=40), NOBODY) == pytest.approx(1.5, abs=0.01)
    assert behaviour.SIGNAL.speaks(seen(""), known, crowd) is None
    assert behaviour.SIGNAL.speaks(seen(), History(), crowd) is None


def test_what_everybody_does_too_says_little() -> None:
    crowd = Population(1_000, 100, {(ROUND_TRIP, "50"): 990, (ROUND_TRIP, ""): 1_000})
    assert abs(ratio(latency, seen(), history(), crowd)) < 0.05
    assert ratio(latency, seen("round_trip=more"), history(), crowd) == pytest.approx(math.log(16 / 6), abs=0.1)
