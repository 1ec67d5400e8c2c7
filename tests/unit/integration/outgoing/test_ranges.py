"""The range service for breached passwords: what is sent, and what of its answer counts."""

import pytest

from limen.integration.outgoing.ranges import Ranges
from tests.support.web import Web

pytestmark = pytest.mark.anyio
KNOWN, PADDING = "1" * 35, "2" * 35


async def test_five_digits_leave_answers_are_padded_and_what_pads_them_is_known_of_nobody(clock) -> None:
    web = Web(clock)
    web.serve("https://range.example/ABCDE", f"{KNOWN}:3\r\n{PADDING}:0".encode(), "text/plain")
    assert await Ranges(web, "https://range.example/").suffixes("ABCDE") == {KNOWN}
    assert web.asked == ["https://range.example/ABCDE"]
    assert web.headers == {"add-padding": "true"}


@pytest.mark.parametrize(
    "answer", [b"<html>", f"{KNOWN}:3\r\n{KNOWN}".encode(), f"{KNOWN.lower()}x:1".encode(), b"\xff"]
)
async def test_half_an_answer_is_none(clock, answer) -> None:
    web = Web(clock)
    web.serve("https://range.example/ABCDE", answer, "text/plain")
    assert await Ranges(web, "https://range.example/").suffixes("ABCDE") is None
    assert await Ranges(web, "https://range.example/").suffixes("00000") is None
