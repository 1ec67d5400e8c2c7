"""Histories fade, add up in any order, and are bounded."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.kernel.clock import DAY, HOUR
from limen.trust.risk.counts import HALF_LIFE, MOST_VALUES, NOTHING, Tally, bounded
from limen.trust.risk.history import History, Last, day_kind, hour_of
from limen.trust.risk.records import ADDRESS, Place, Sighting

NOW = 20_000 * DAY
SIGHTINGS = st.builds(
    lambda at, value, device: Sighting(NOW + at * HOUR, {ADDRESS: value}, device),
    st.integers(0, 24 * 300),  # nothing fades away in that time
    st.sampled_from("abcd"),
    st.sampled_from(["", "x", "y"]),
)


def of(sightings) -> History:
    found = History()
    for one in sorted(sightings, key=lambda one: one.at):
        found = found.after(one)
    return found


def test_a_weight_halves_in_a_half_life() -> None:
    one = Tally(1.0, NOW)
    assert one.now(NOW + HALF_LIFE) == pytest.approx(0.5)
    assert one.now(NOW + 3 * HALF_LIFE) == pytest.approx(0.125)
    assert one.now(NOW - DAY) == 1.0


@given(st.lists(SIGHTINGS, max_size=12), st.lists(SIGHTINGS, max_size=12))
def test_what_two_counted_apart_is_what_one_would_have_counted(ours, theirs) -> None:
    together, apart = of([*ours, *theirs]), of(ours).plus(of(theirs))
    end = NOW + 500 * DAY
    assert apart.sign_ins.now(end) == pytest.approx(together.sign_ins.now(end))
    assert apart.last == together.last
    assert apart.first_at == together.first_at
    for value in "abcd":
        one, other = (found.counts((ADDRESS,), {ADDRESS: value}, NOW + 300 * DAY) for found in (apart, together))
        assert one == pytest.approx(other)
    assert of(theirs).plus(of(ours)).sign_ins.now(end) == pytest.approx(together.sign_ins.now(end))


def test_a_history_is_bounded_and_forgets_the_faintest() -> None:
    counts = {str(number): Tally(number + 1.0, NOW) for number in range(100)}
    kept = bounded(counts, NOW)
    assert len(kept) == MOST_VALUES
    assert "99" in kept
    assert "0" not in kept
    assert bounded(counts, NOW + 20 * HALF_LIFE) == {}


@given(st.lists(SIGHTINGS, max_size=8), SIGHTINGS, st.booleans())
def test_a_sign_in_more_is_a_history_of_its_own_that_is_added(before, seen, is_told: bool) -> None:
    known, one = of(before), Tally(1.0, seen.at)
    is_new = bool(seen.device) and seen.device not in known.devices and not known.is_empty
    alone = History(
        values={level: {value: one} for level, value in seen.values.items()},
        sign_ins=one,
        devices={seen.device: one} if seen.device else {},
        new_devices=one if is_new else NOTHING,
        hours={hour_of(seen.at): one},
        days={day_kind(seen.at): one},
        first_at=seen.at,
        last=Last(seen.at),
        told=(seen.at,) if is_told else (),
    )
    assert known.after(seen, is_told=is_told) == known.plus(alone)  # to the bit, whichever came first


def test_a_history_survives_being_sealed() -> None:
    found = of([Sighting(NOW, {ADDRESS: "a"}, "x", Place(59.9, 10.7)), Sighting(NOW + DAY, {ADDRESS: "b"}, "y")])
    assert msgspec.json.decode(msgspec.json.encode(found), type=History) == found
    assert "a" not in repr(found).replace("History", "")


def test_a_device_is_new_but_for_the_first() -> None:
    found = of([Sighting(NOW, {}, "x"), Sighting(NOW, {}, "x"), Sighting(NOW, {}, "y")])
    assert found.new_devices.now(NOW) == 1.0


def test_hours_and_days_are_of_utc() -> None:
    monday = 4 * DAY  # 5 January 1970
    assert (hour_of(monday + 23 * HOUR), day_kind(monday)) == ("23", "weekday")
    assert [day_kind(monday + offset * DAY) for offset in (4, 5, 6, 7)] == ["weekday", "weekend", "weekend", "weekday"]
