"""The statistics of ``make bench-timing``: they find a leak, and raise no alarm where there is none."""

import inspect
from random import Random  # noqa: TID251 - a machine that is made up, the same each time

import pytest

from bench.timing import child
from bench.timing.forms import FORMS
from bench.timing.people import KINDS, email_of, kind_of
from bench.timing.statistics import compare, mann_whitney, ranked
from limen.access.journeys import dispatcher
from limen.access.journeys.dispatcher import Journeys
from limen.access.journeys.firsts import password

TOLERANCE = 0.0005
STEP = 0.25


def machine(seed):
    """Times as a busy machine gives them: jitter, a slow minute now and then, and rare long pauses."""
    chance, slow = Random(seed), 0.0

    def after(work):
        nonlocal slow
        slow = chance.choice((slow, slow, slow, chance.expovariate(1 / 0.004)))
        pause = 0.05 if chance.random() < 0.02 else 0.0
        return work + slow + chance.expovariate(1 / 0.0003) + pause

    return after


def blocks(seed, known, unknown, count=60):
    taken, chance = machine(seed), Random(seed + 1)
    pairs = []
    for _ in range(count):
        pair = {}
        for kind in chance.sample(("known", "unknown"), 2):
            pair[kind] = taken(known(chance) if kind == "known" else unknown(chance))
        pairs.append(pair)
    return [pair["known"] for pair in pairs], [pair["unknown"] for pair in pairs]


def test_where_there_is_no_difference_none_is_found_in_a_hundred_comparisons():
    def alike(chance):
        return STEP

    alarms = sum(compare(*blocks(seed, alike, alike), seed).is_leak(TOLERANCE) for seed in range(100))
    assert alarms == 0


def test_what_is_the_same_is_said_to_be_only_where_enough_was_asked():
    def alike(chance):
        return STEP

    assert compare(*blocks(3, alike, alike, 120)).is_same(0.002)
    assert not compare(*blocks(3, alike, alike, 8)).is_same(0.002)


@pytest.mark.parametrize("seed", range(10))
def test_an_answer_that_is_late_by_three_milliseconds_is_found(seed):
    these, those = blocks(seed, lambda chance: STEP + 0.003, lambda chance: STEP)
    found = compare(these, those)
    assert found.is_leak(TOLERANCE)
    assert found.floor.value == pytest.approx(0.003, abs=0.001)


@pytest.mark.parametrize("seed", range(10))
def test_answers_that_miss_the_even_step_more_often_are_found(seed):
    def often(chance):
        return STEP * (2 if chance.random() < 0.7 else 1)

    def seldom(chance):
        return STEP * (2 if chance.random() < 0.1 else 1)

    assert compare(*blocks(seed, often, seldom)).is_leak(TOLERANCE)


@pytest.mark.parametrize("seed", range(10))
def test_a_difference_far_below_what_a_network_adds_is_no_leak(seed):
    assert not compare(*blocks(seed, lambda chance: STEP + 0.00005, lambda chance: STEP)).is_leak(TOLERANCE)


def test_ranks_are_shared_by_what_is_equal():
    assert ranked([3.0, 1.0, 3.0, 2.0]) == ([3.5, 1.0, 3.5, 2.0], 6.0)


def test_the_rank_sum_test_is_the_textbooks():
    # Both sides swapped: the same p. All apart, 10 of each: U = 0, z = 50 / sqrt(175) = 3.78.
    low, high = [float(n) for n in range(10)], [float(n) for n in range(10, 20)]
    assert mann_whitney(low, high) == mann_whitney(high, low) == pytest.approx(1.57e-4, rel=0.01)
    assert mann_whitney([1.0] * 5, [1.0] * 5) == 1.0


def test_what_is_asked_does_not_tell_the_kinds_apart_by_its_length():
    for form in FORMS:
        assert len({len(email_of(kind, number)) for kind in KINDS for number in (0, 39)}) == 1
        assert len({tuple(form.sent(kind)) for kind in KINDS}) == 1
    assert [kind_of(email_of(kind, 7)) for kind in KINDS] == list(KINDS)


@pytest.mark.parametrize("name", child.PLANTED)
def test_what_is_planted_takes_what_the_product_gives_what_it_replaces(monkeypatch, name):
    places = [(dispatcher, "even_out"), (Journeys, "submit"), (password, "check_password")]
    before = [getattr(*place) for place in places]
    for place, what in zip(places, before, strict=True):
        monkeypatch.setattr(*place, what)  # put back in the end
    child.PLANTED[name]()
    planted = [getattr(*place) for place in places]
    assert planted != before
    for new, old in zip(planted, before, strict=True):
        given = inspect.signature(old).parameters.values()
        named = {one.name: None for one in given if one.kind is one.KEYWORD_ONLY}
        inspect.signature(new, follow_wrapped=False).bind(*range(len(given) - len(named)), **named)
