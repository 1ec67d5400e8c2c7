"""What the token of an application shows of where it comes from."""

from limen.app.refreshing import origin_seen
from limen.trust.risk.records import Standing
from limen.trust.risk.whereabouts import BY_PREFIX
from limen.trust.threats.reputation import UNKNOWN
from limen.trust.threats.reputation import Standing as Known


def test_what_feeds_say_of_its_address_is_held_against_a_token() -> None:
    noted = Known("note", ("exits", "intel"), is_listed=True, anonymiser=True)
    assert origin_seen(BY_PREFIX, "203.0.113.9", 0, noted).standing == Standing(anonymiser=True, listed=True)
    assert origin_seen(BY_PREFIX, "203.0.113.9", 0, UNKNOWN).standing == Standing()
