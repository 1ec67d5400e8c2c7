"""RFC 9700 §4.17, Attacks on In-Browser Communication Flows: no answer is sent by postMessage."""

import pytest

from tests.integration.tokens.kit import Shop

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("mode", ["web_message", "web_message.jwt", "window", "post_message"])
async def test_s4_17_2_no_answer_is_sent_by_post_message(shop: Shop, mode: str):
    page = await shop.arrive(response_mode=mode)
    assert "code" not in page.answer
    assert "postMessage" not in page.text


async def test_s4_17_2_none_is_announced(shop: Shop):
    said = (await shop.http.get("/.well-known/openid-configuration")).json()
    assert not [mode for mode in said["response_modes_supported"] if "message" in mode]
    assert "check_session_iframe" not in said


async def test_s4_17_2_an_opener_learns_nothing_of_our_pages(shop: Shop):
    page = await shop.house.walker().get("/sign-in")
    assert page.headers["cross-origin-opener-policy"] in {"same-origin", "same-origin-allow-popups"}
