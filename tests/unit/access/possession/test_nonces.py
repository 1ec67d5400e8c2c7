"""Nonces without a table: every worker makes and knows the same."""

from hypothesis import given
from hypothesis import strategies as st

from limen.access.possession.nonces import WINDOW, Nonces
from limen.kernel.clock import SECOND
from tests.support.clock import ManualClock

KEY = b"k" * 32


def test_two_workers_with_clocks_a_little_apart_know_each_others_nonces():
    for seconds in (-30, 0, 30):
        here, there = ManualClock(), ManualClock()
        there.advance(60)  # the middle of a window, wherever it began
        here.advance(60 + seconds)
        made = Nonces(KEY, here).current()
        assert Nonces(KEY, there).is_good(made)


def test_a_nonce_is_good_for_one_window_after_its_own():
    clock = ManualClock()
    nonces = Nonces(KEY, clock)
    nonce = nonces.current()
    clock.advance(WINDOW // SECOND)
    assert nonces.is_good(nonce)
    assert not nonces.is_current(nonce)
    clock.advance(WINDOW // SECOND)
    assert not nonces.is_good(nonce)


def test_another_tenants_nonce_is_none():
    clock = ManualClock()
    assert not Nonces(KEY, clock).is_good(Nonces(b"o" * 32, clock).current())


@given(st.text(max_size=60))
def test_no_text_is_a_nonce_by_chance_or_raises(text: str):
    assert not Nonces(KEY, ManualClock()).is_good(text)
