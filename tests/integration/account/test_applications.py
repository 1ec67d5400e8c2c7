"""What applications may do for a customer, and taking it back: the tokens are dead at once, and the ledger says so."""

import pytest

from tests.integration.account.people import ANN, BOB, at_home, pressing
from tests.integration.consents.test_portal import decisions
from tests.support.house import says

pytestmark = pytest.mark.anyio
APPLICATIONS = "/account/applications"
SCOPE = "openid email offline_access"


async def with_shop(house, walker, **document):
    """The shop, allowed what it asks for; and what it holds."""
    shop = await house.register_client(**document)
    page = await walker.authorize(shop[0], scope=SCOPE)
    if "code" not in page.answer:
        page = await walker.allow(page)
    return shop, await walker.tokens(shop, page)


async def works(house, token):
    async with house.client() as machine:
        answer = await machine.get("/userinfo", headers={"authorization": f"Bearer {token}"})
    return answer.status_code == 200


async def test_nothing_allowed_is_said_so(house):
    ann = await at_home(house)
    assert says("account.applications.empty") in (await ann.get(APPLICATIONS)).text


async def test_what_it_may_do_stands_there_in_words(house):
    ann = await at_home(house)
    await with_shop(house, ann)
    page = await ann.get(APPLICATIONS)
    for words in ("The Shop", says("scope.email"), says("scope.offline_access")):
        assert words in page.text, words


async def test_revoked_its_tokens_are_dead_at_once_and_it_has_to_ask_again(house_on):
    house = house_on
    ann = await at_home(house)
    shop, held = await with_shop(house, ann)
    assert await works(house, held["access_token"])
    page = await pressing(ann, APPLICATIONS, "revoke")
    assert page.notices == [says("notice.application_revoked")]
    assert "The Shop" not in page.text
    assert not await works(house, held["access_token"])
    refused = await ann.token(shop, grant_type="refresh_token", refresh_token=held["refresh_token"])
    assert refused["error"] == "invalid_grant"
    assert (await ann.authorize(shop[0], scope=SCOPE)).h1.startswith(says("consent.title", client="The Shop")[:8])
    assert (await ann.authorize(shop[0], scope=SCOPE, prompt="none")).answer["error"] == "consent_required"
    assert (await ann.get("/account")).path == "/account"  # the session goes on


async def test_the_ledger_says_that_it_was_taken_back_and_the_portal_shows_it(house):
    ann = await at_home(house)
    shop, _ = await with_shop(house, ann)
    await pressing(ann, APPLICATIONS, "revoke")
    made = [one.decision for one in await decisions(house)]
    assert [one.decision.value for one in made] == ["given", "withdrawn"]
    assert {(one.purpose, one.party) for one in made} == {("oauth", shop[0])}
    assert set(made[1].items) == set(SCOPE.split())
    assert says("privacy.decision.withdrawn") in (await ann.get("/account/privacy")).text
    assert "application.revoked" in await house.events()


async def test_one_that_never_asks_is_revoked_too(house):
    ann = await at_home(house)
    _, held = await with_shop(house, ann, require_consent=False)
    page = await ann.get(APPLICATIONS)
    assert says("account.applications.first_party") in page.text
    await pressing(ann, APPLICATIONS, "revoke")
    assert not await works(house, held["access_token"])
    assert await decisions(house) == []


async def test_another_customers_grants_stay(house):
    ann, bob = await at_home(house), await at_home(house, BOB)
    shop, theirs = await with_shop(house, bob)
    page = await ann.authorize(shop[0], scope=SCOPE)
    mine = await ann.tokens(shop, await ann.allow(page))
    await pressing(ann, APPLICATIONS, "revoke")
    assert await works(house, theirs["access_token"])
    assert not await works(house, mine["access_token"])
    other = await house.register_client(client_name="Other")
    await ann.tokens(other, await ann.allow(await ann.authorize(other[0], scope=SCOPE)))
    for wrong in (shop[0], "", "nothing", "x" * 400):  # gone, or never there
        page = await pressing(ann, APPLICATIONS, "revoke", application=wrong)
        assert (page.status, page.notices) == (200, [])
    assert await works(house, theirs["access_token"])
    assert ANN
