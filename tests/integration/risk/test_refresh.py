"""Refresh tokens of public clients, where a tenant has them weighed."""

import pytest

from limen.identity.tenants.risk import RiskRule, RiskSettings
from tests.integration.attacks.kit import set_up
from tests.integration.risk.test_decisions import decisions
from tests.integration.risk.test_sign_in import ANN, at_home
from tests.support.house import PASSWORD
from tests.support.walker import VERIFIER

pytestmark = pytest.mark.anyio
HOME, ELSEWHERE = "192.0.2.7", "198.51.100.201"
PUBLIC = {"token_endpoint_auth_method": "none"}


async def weighing(house, **thresholds):
    rule = RiskRule(action="refresh", **thresholds)
    await set_up(house, risk=RiskSettings(mode="on", challenge=0, refresh=True, rules=(rule,)))


async def asked(house, shop, address, **form):
    """What the application at *address* is answered by the token door."""
    shown = {} if shop[1] else {"client_id": shop[0]}
    async with house.client(address) as device:
        answer = await device.post("/token", data={**form, **shown}, auth=shop if shop[1] else None)
    return {**answer.json(), "status": answer.status_code}


async def signed_in(house, **metadata):
    """An application that holds Ann's refresh token, and that token."""
    shop = await house.register_client(require_consent=False, **metadata)
    ann = await at_home(house)
    page = await ann.sign_in(ANN, PASSWORD, await ann.authorize(shop[0]))
    form = {"grant_type": "authorization_code", "code": page.answer["code"], "code_verifier": VERIFIER}
    found = await asked(house, shop, HOME, redirect_uri="https://shop.example/callback", **form)
    return shop, found["refresh_token"]


async def refreshed(house, shop, token, address=HOME):
    return await asked(house, shop, address, grant_type="refresh_token", refresh_token=token)


async def test_from_elsewhere_a_token_is_refused_and_stays_good_at_home(house_on):
    house = house_on
    shop, token = await signed_in(house, **PUBLIC)
    await weighing(house, challenge=1)
    found = await refreshed(house, shop, token, ELSEWHERE)
    assert (found["status"], found["error"]) == (400, "invalid_grant")
    said = next(one for one in decisions(house) if one["action"] == "refresh")
    assert (said["outcome"], said["enforced"], said["client"]) == ("challenge", True, shop[0])
    assert (await refreshed(house, shop, token))["status"] == 200  # it was not spent
    assert [one["action"] for one in decisions(house)].count("refresh") == 1  # what is allowed is not on record


async def test_a_denial_ends_the_family(house):
    shop, token = await signed_in(house, **PUBLIC)
    await weighing(house, deny=1)
    assert (await refreshed(house, shop, token, ELSEWHERE))["status"] == 400
    assert (await refreshed(house, shop, token))["status"] == 400
    assert "token.revoked" in await house.events()


async def test_a_server_is_nowhere_a_customer_is(house):
    shop, token = await signed_in(house)
    await weighing(house, challenge=1)
    assert (await refreshed(house, shop, token, ELSEWHERE))["status"] == 200
    assert all(one["action"] != "refresh" for one in decisions(house))
