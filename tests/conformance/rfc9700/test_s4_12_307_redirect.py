"""RFC 9700 §4.12, 307 Redirect: after a form the answer is a 303, so that no password travels on."""

import pytest

from tests.integration.tokens.kit import EMAIL, PASSWORD, Shop

pytestmark = pytest.mark.anyio


async def test_s4_12_an_authorization_request_that_was_posted_is_answered_by_303(shop: Shop):
    parameters = shop.walker.request(shop.client_id)
    assert (await shop.walker.http.post("/authorize", data=parameters)).status_code == 303


async def test_s4_12_every_step_after_a_password_is_303(shop: Shop):
    walker = shop.house.walker()
    page = await walker.authorize(shop.client_id)
    answer = await walker.raw_post(page, email=EMAIL, password=PASSWORD)
    steps = 0
    while "location" in answer.headers:
        assert answer.status_code == 303
        target = answer.headers["location"]
        if target.startswith("https://shop.example"):
            break
        answer = await walker.http.get(target)
        steps += 1
    assert target.startswith("https://shop.example/callback?")
    assert PASSWORD not in target


async def test_s4_12_signing_out_and_consent_likewise(shop: Shop):
    auth = await shop.another(require_consent=True)
    page = await shop.arrive(auth[0])
    assert (await shop.walker.raw_post(page, decision="allow")).status_code == 303
