"""Limits and what addresses are counted under."""

import pytest

from limen.trust.limits import Limit, address_key


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("nonsense", "nonsense"),
    ],
)
def test_an_address_counts_as_its_subscriber(address: str, key: str) -> None:
    assert address_key(address) == key


@pytest.mark.parametrize(("count", "seconds"), [(0, 1), (-1, 1), (1, 0)])
def test_a_limit_that_means_nothing_cannot_be_made(count: int, seconds: int) -> None:
    with pytest.raises(ValueError):
        Limit(count, seconds)
