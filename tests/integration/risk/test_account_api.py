"""What is changed through the account API, held against its customer's habits."""

import pytest

from limen.identity.tenants.risk import RiskRule, RiskSettings
from tests.integration.attacks.kit import set_up
from tests.integration.journeys.test_second_factor import enrolled
from tests.integration.risk.test_decisions import decisions
from tests.integration.risk.test_sign_in import ANN, at_home
from tests.support.house import PASSWORD
from tests.support.walker import VERIFIER

pytestmark = pytest.mark.anyio
HOME, ELSEWHERE = "192.0.2.7", "198.51.100.201"


async def weighing(house, **thresholds):
    rule = RiskRule(action="factor_change", **thresholds)
    await set_up(house, risk=RiskSettings(mode="on", challenge=0, rules=(rule,)))


async def signed_in(house):
    ann = await at_home(house)
    await ann.sign_in(ANN, PASSWORD)
    return ann


async def token_of(house, ann, **metadata):
    """An access token that Ann, signed in at home, gave an application."""
    scopes = ("openid", "account:read", "account:write")
    shop = await house.register_client(require_consent=False, scopes=scopes, **metadata)
    page = await ann.authorize(shop[0], scope=" ".join(scopes))
    form = {"grant_type": "authorization_code", "code": page.answer["code"], "code_verifier": VERIFIER}
    form |= {"redirect_uri": "https://shop.example/callback"} | ({} if shop[1] else {"client_id": shop[0]})
    async with house.client(HOME) as device:
        answer = await device.post("/token", data=form, auth=shop if shop[1] else None)
    return answer.json()["access_token"]


async def asked(house, token, address, path="deletion", method="PUT"):
    async with house.client(address) as device:
        headers = {"authorization": f"Bearer {token}"}
        return await device.request(method, f"/api/v1/account/{path}", headers=headers)


def last(house):
    said = [one for one in decisions(house) if one["action"] == "factor_change"]
    return (said[-1]["outcome"], said[-1]["enforced"]) if said else None


async def test_from_elsewhere_a_change_is_left_to_the_page_and_is_done_at_home(house_on):
    house = house_on
    ann = await signed_in(house)
    token = await token_of(house, ann, token_endpoint_auth_method="none")
    await weighing(house, challenge=1)
    found = await asked(house, token, ELSEWHERE)
    assert (found.status_code, found.json()["code"]) == (403, "account_page_needed")
    assert last(house) == ("challenge", True)
    assert (await asked(house, token, ELSEWHERE, "sessions", "GET")).status_code == 200  # reading is no change
    assert (await asked(house, token, HOME)).status_code == 200
    assert last(house) == ("allow", True)


async def test_a_second_factor_answers_and_a_denial_puts_off(house):
    ann = await signed_in(house)
    await enrolled(house, ann)
    token = await token_of(house, ann, token_endpoint_auth_method="none")
    await weighing(house, challenge=1)
    assert (await asked(house, token, ELSEWHERE)).status_code == 200
    assert last(house) == ("challenge", True)
    await weighing(house, deny=1)
    found = await asked(house, token, ELSEWHERE, "data", "GET")
    assert (found.status_code, found.headers["retry-after"]) == (429, "600")


async def test_a_server_is_nowhere_a_customer_is_and_the_shadow_does_nothing(house):
    ann = await signed_in(house)
    server, public = await token_of(house, ann), await token_of(house, ann, token_endpoint_auth_method="none")
    await weighing(house, deny=1)
    assert (await asked(house, server, ELSEWHERE)).status_code == 200
    assert last(house) is None
    await set_up(house, risk=RiskSettings(deny=1))
    assert (await asked(house, public, ELSEWHERE)).status_code == 200
    assert last(house) == ("deny", False)
