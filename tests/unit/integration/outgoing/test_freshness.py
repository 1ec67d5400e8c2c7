"""Answers are kept as long as they say, within the bounds of whoever asks."""

import pytest

from limen.access.outgoing import Fetched, Wanted
from limen.integration.outgoing.freshness import AnswerCache, fresh_seconds
from limen.kernel.clock import SECOND
from limen.kernel.errors import Invalid, Unavailable
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio
WANTED = Wanted("test", ("application/json",), shortest=60, usual=300, longest=3_600)


@pytest.mark.parametrize(
    ("cache_control", "age", "seconds"),
    [
        ("", "", 300),
        ("max-age=600", "", 600),
        ("public, MAX-AGE = 600 , x", "", 600),
        ("max-age=600", "100", 500),
        ("max-age=999999999", "", 3_600),
        ("max-age=1", "", 60),
        ("no-store, max-age=600", "", 60),
        ("no-cache", "", 60),
        ("s-max-age=600", "", 300),
        ("max-age=-5", "", 300),
        ("max-age=600", "nonsense", 600),
    ],
)
def test_an_answer_is_kept_for(cache_control, age, seconds):
    assert fresh_seconds(cache_control, age, WANTED) == seconds


def fetched(clock, body=b"{}", seconds=60):
    return Fetched("u", body, "application/json", clock.now(), clock.now() + seconds * SECOND)


async def test_what_is_no_longer_fresh_is_not_given():
    clock = ManualClock()
    cache = AnswerCache(clock)
    answer = fetched(clock)
    cache.put("u", WANTED, answer)
    assert cache.get("u", "test", 0) is answer
    assert cache.get("u", "other", 0) is None
    assert cache.get("u", "test", clock.now()) is None
    await clock.sleep(61)
    assert cache.get("u", "test", 0) is None


async def test_a_failure_is_kept_for_half_a_minute_and_a_busy_moment_not_at_all():
    clock = ManualClock()
    cache = AnswerCache(clock)
    cache.put("u", WANTED, Unavailable("outgoing_unreachable", "busy"))
    assert cache.get("u", "test", 0) is None
    cache.put("u", WANTED, Invalid("outgoing_unexpected"))
    await clock.sleep(29)
    assert cache.get("u", "test", 0) is not None
    await clock.sleep(2)
    assert cache.get("u", "test", 0) is None


def test_it_is_bounded_by_number_and_by_bytes():
    clock = ManualClock()
    cache = AnswerCache(clock, most=3, most_bytes=1_000)
    for name in "abcd":
        cache.put(name, WANTED, fetched(clock))
    assert [name for name in "abcd" if cache.get(name, "test", 0)] == ["b", "c", "d"]
    cache.put("e", WANTED, fetched(clock, b"x" * 997))
    assert [name for name in "abcde" if cache.get(name, "test", 0)] == ["e"]
    cache.put("e", WANTED, fetched(clock))
    assert cache._bytes == 3
