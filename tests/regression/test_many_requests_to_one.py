"""Whoever may ask a customer to approve something cannot wear them down, or flood their mailbox."""

import pytest

from limen.access.tokens.waiting import WaitingKind
from tests.integration.tokens.kit import EMAIL, Shop, open_shop

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shop(house):
    async with open_shop(house) as shop:
        yield shop


async def test_requests_that_expire_at_once_make_no_room_for_more_mails(shop: Shop):
    auth = await shop.another(
        grant_types=(WaitingKind.BACKCHANNEL.value,), redirect_uris=(), backchannel_token_delivery_mode="poll"
    )
    form = {"scope": "openid", "login_hint": EMAIL, "requested_expiry": "1"}
    for _ in range(12):
        answer = await shop.post("/bc-authorize", form, auth)
        assert (answer.status_code, answer.json()["expires_in"]) == (200, 60)
        shop.house.clock.advance(2)
    asked = [mail for mail in await shop.house.mails(EMAIL) if "/approve" in mail.text]
    assert len(asked) == 5
