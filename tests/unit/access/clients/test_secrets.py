"""Client secrets."""

import pytest

from limen.access.clients.secrets import check_secret, hash_secret, new_secret
from limen.kernel.secret import Secret


def test_a_new_secret_is_32_random_bytes_and_passes_its_own_check(entropy):
    first, second = new_secret(entropy), new_secret(entropy)
    assert first != second
    assert len(first.reveal()) == 43
    assert check_secret(first) is None


def test_the_hash_depends_on_the_tenants_key():
    assert hash_secret(b"a" * 32, "x") != hash_secret(b"b" * 32, "x")


@pytest.mark.parametrize("text", ["", "x" * 31, "x" * 256, "x" * 40 + "\n", "ä" * 40])
def test_a_short_long_or_unprintable_secret_is_refused(text):
    assert check_secret(Secret(text)).fields.keys() == {"secret"}
