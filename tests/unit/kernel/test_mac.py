"""The prepared HMAC is HMAC: RFC 4231's cases, and the standard library's word on the rest."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.kernel.mac import HmacSha256


@pytest.mark.parametrize(
    ("key", "message", "code"),
    [
        (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            b"\xaa" * 131,
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
    ],
)
def test_the_cases_of_rfc_4231(key: bytes, message: bytes, code: str) -> None:
    assert HmacSha256(key).digest(message).hex() == code


@given(st.binary(max_size=200), st.lists(st.binary(max_size=300), min_size=1, max_size=4))
def test_it_says_what_the_standard_library_says_of_every_message_in_turn(key: bytes, messages: list[bytes]) -> None:
    mac = HmacSha256(key)
    assert [mac.digest(one) for one in messages] == [hmac.digest(key, one, "sha256") for one in messages]


def test_it_does_not_show_its_key() -> None:
    assert "secret" not in repr(HmacSha256(b"secret"))
