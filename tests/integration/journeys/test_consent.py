"""What an application may do is asked once for each scope, remembered, and written down with the words shown."""

import json

import pytest

from limen.app.front import consent_words
from limen.identity.tenants.records import TenantSettings
from limen.kernel.encoding import from_b64url
from tests.support.house import PASSWORD, says

pytestmark = pytest.mark.anyio
ANN = "ann@example.com"
ASKS = says("consent.title", client="The Shop")


async def arrive(house, client_id, walker=None, **params):
    """Ann, signed in by way of the application's request, and the page that follows."""
    ann = walker or house.walker()
    page = await ann.authorize(client_id, **params)
    return ann, await ann.sign_in(ANN, PASSWORD, page) if "password" in (page.fields if page.forms else {}) else page


async def ledger(house):
    async with house.storage.database.read(house.tenant.id) as unit:
        waiting = await unit.consent_chain.waiting(100)
        return [await unit.consents.get(record_id) for record_id, _ in waiting]


async def test_allowing_leads_to_the_application_with_a_code_and_the_state(house_on):
    await house_on.customer(ANN)
    shop = await house_on.register_client()
    ann, page = await arrive(house_on, shop[0])
    assert page.h1 == ASKS
    page = await ann.allow(page)
    assert page.location.startswith("https://shop.example/callback?")
    assert set(page.answer) == {"code", "state", "iss"}
    assert (page.answer["state"], page.answer["iss"]) == ("the-state", house_on.tenant.issuer)
    tokens = await ann.tokens(shop, page)
    claims = json.loads(from_b64url(tokens["id_token"].split(".")[1]))
    assert (claims["nonce"], claims["amr"]) == ("the-nonce", ["pwd"])


async def test_denying_tells_the_application_and_is_not_remembered(house_on):
    await house_on.customer(ANN)
    shop = await house_on.register_client()
    ann, page = await arrive(house_on, shop[0])
    page = await ann.post(page, decision="deny")
    assert page.answer["error"] == "access_denied"
    assert (page.answer["state"], page.answer["iss"]) == ("the-state", house_on.tenant.issuer)
    assert "code" not in page.answer
    assert [row.decision.decision for row in await ledger(house_on)] == ["refused"]
    assert (await ann.authorize(shop[0])).h1 == ASKS


async def test_what_was_allowed_once_is_not_asked_again_in_any_browser(house):
    await house.customer(ANN)
    shop = await house.register_client()
    ann, page = await arrive(house, shop[0])
    await ann.allow(page)
    assert "code" in (await ann.authorize(shop[0])).answer
    _, page = await arrive(house, shop[0])
    assert "code" in page.answer


async def test_a_wider_request_asks_for_the_new_scope_alone(house):
    await house.customer(ANN)
    shop = await house.register_client()
    ann, page = await arrive(house, shop[0], scope="openid email")
    await ann.allow(page)
    page = await ann.authorize(shop[0], scope="openid email profile")
    assert says("scope.profile") in page.text
    assert says("scope.email") not in page.text
    tokens = await ann.tokens(shop, await ann.allow(page))
    assert set(tokens["scope"].split()) == {"openid", "email", "profile"}
    assert [row.decision.items for row in await ledger(house)] == [("email", "openid"), ("profile",)]


async def test_prompt_consent_asks_again_for_everything(house):
    await house.customer(ANN)
    shop = await house.register_client()
    ann, page = await arrive(house, shop[0])
    await ann.allow(page)
    page = await ann.authorize(shop[0], prompt="consent")
    assert page.h1 == ASKS
    assert says("scope.email") in page.text
    assert "code" in (await ann.allow(page)).answer


async def test_a_first_party_application_asks_nothing_and_nothing_is_written(house):
    await house.customer(ANN)
    shop = await house.register_client(require_consent=False)
    _, page = await arrive(house, shop[0], prompt="consent login")
    assert "code" in page.answer
    assert await ledger(house) == []


async def test_the_ledger_names_the_words_and_the_language_shown(house):
    await house.customer(ANN)
    shop = await house.register_client()
    ann, page = await arrive(house, shop[0], scope="openid email")
    await ann.allow(page)
    german, page = await arrive(house, shop[0], house.walker(language="de"), scope="openid email profile")
    assert page.lang == "de"
    await german.post(page, decision="deny")
    first, second = await ledger(house)
    assert first.decision.text_hash == consent_words(house.tenant, "en", "The Shop", ("openid", "email"))
    assert (second.decision.locale, second.decision.text_hash) == (
        "de",
        consent_words(house.tenant, "de", "The Shop", ("profile",)),
    )
    assert second.at > first.at
    assert all(len(row.commitment) == 32 and row.sealed for row in (first, second))
    assert [event for event in await house.events() if event.startswith("consent.")] == [
        "consent.given",
        "consent.refused",
    ]


async def test_the_words_are_those_of_the_language_on_the_page_even_if_it_was_changed_on_the_way(house):
    await house.customer(ANN)
    shop = await house.register_client()
    ann, page = await arrive(house, shop[0], scope="openid")
    page = await ann.get(f"{page.path}?ui_locales=de")
    assert page.lang == "de"
    await ann.allow(page)
    [row] = await ledger(house)
    assert (row.decision.locale, row.decision.text_hash) == (
        "de",
        consent_words(house.tenant, "de", "The Shop", ("openid",)),
    )


async def test_neither_allow_nor_deny_decides_nothing(house):
    await house.customer(ANN)
    shop = await house.register_client()
    ann, page = await arrive(house, shop[0])
    page = await ann.post(page, decision="perhaps")
    assert (page.status, page.h1) == (400, ASKS)
    assert await ledger(house) == []


async def test_another_account_can_be_chosen_on_the_consent_page(house):
    await house.customer(ANN)
    await house.customer("bob@example.com", name="Bob Roy")
    shop = await house.register_client()
    ann = house.walker()
    await ann.sign_in("bob@example.com", PASSWORD)
    await ann.sign_in(ANN, PASSWORD)
    page = await ann.authorize(shop[0])
    page = await ann.post(page, account=account_of(page, "ann@example.com"))
    page = await ann.post(page, intent="choose_account")
    assert page.h1 == says("choose.title")
    page = await ann.post(page, account=account_of(page, "bob@example.com"))
    assert page.h1 == ASKS
    assert "bob@example.com" in page.text
    assert "code" in (await ann.allow(page)).answer


async def test_whoever_chooses_another_account_with_none_signed_in_signs_in(house):
    await house.customer(ANN)
    await house.customer("bob@example.com")
    shop = await house.register_client()
    ann, page = await arrive(house, shop[0])
    page = await ann.post(page, intent="choose_account")
    assert page.h1 == says("sign_in.title")
    page = await ann.sign_in("bob@example.com", PASSWORD, page)
    assert "bob@example.com" in page.text
    assert (await house.rows())["sessions"] == 0  # Ann's proof went with the choice
    assert "code" in (await ann.allow(page)).answer
    assert (await house.rows())["sessions"] == 1


async def test_a_session_that_ended_on_the_way_is_asked_for_again(house):
    await house.customer(ANN)
    shop = await house.register_client()
    ann = house.walker()
    account = await ann.sign_in(ANN, PASSWORD)
    page = await ann.authorize(shop[0])
    assert page.h1 == ASKS
    await ann.post(account, form=(await ann.get("/account")).forms[0], intent="sign_out")
    page = await ann.allow(page)
    assert page.h1 == says("sign_in.title")
    page = await ann.sign_in(ANN, PASSWORD, page)
    assert "code" in (page if page.location else await ann.allow(page)).answer


async def test_a_client_disabled_on_the_way_gets_no_code(house):
    await house.customer(ANN)
    shop = await house.register_client()
    ann, page = await arrive(house, shop[0])
    await house.change_client(shop[0], disabled=True)
    page = await ann.allow(page)
    assert (page.status, page.location) == (400, "")


async def test_a_scope_withdrawn_on_the_way_gets_no_code(house):
    await house.customer(ANN)
    shop = await house.register_client()
    ann, page = await arrive(house, shop[0])
    await house.change_client(shop[0], scopes=("openid",))
    page = await ann.allow(page)
    assert page.answer["error"] == "invalid_scope"


def account_of(page, email):
    """The value of the button on which *email* stands."""
    before = page.text[: page.text.index(f'<bdi dir="ltr">{email}')]
    return before.rpartition('name="account" value="')[2].partition('"')[0]


async def test_a_scope_of_the_tenants_own_is_told_in_its_words_and_another_by_its_name(house):
    words = {"orders": {"en": "Read your <orders>", "de": "Ihre Bestellungen lesen"}}
    acme = await house.add_tenant("acme", TenantSettings(scope_words=words))
    await house.storage.feed.poll()
    await house.customer(ANN, tenant=acme)
    shop = await house.register_client(acme, scopes=("openid", "orders", "parcels"))
    for language, shown in (
        ("en", "Read your &lt;orders&gt;"),
        ("de", "Ihre Bestellungen lesen"),
        ("ar", "&lt;orders&gt;"),
    ):
        ann = house.walker(prefix="/t/acme", language=language)
        page = await ann.authorize(shop[0], scope="openid orders parcels")
        page = await ann.sign_in(ANN, PASSWORD, page)
        assert shown in page.text
        assert ">parcels</b>" in page.text


async def test_the_page_shows_who_asks_by_host_and_leads_to_their_pages_over_https_alone(house):
    await house.customer(ANN)
    shop = await house.register_client(
        client_uri="https://shop.example/about",
        policy_uri="https://shop.example/privacy",
        tos_uri="http://127.0.0.1/terms",
        logo_uri="https://shop.example/logo.png",
    )
    _, page = await arrive(house, shop[0])
    assert ">shop.example</a>" in page.text
    assert 'href="https://shop.example/privacy" target="_blank" rel="noopener noreferrer"' in page.text
    assert "/terms" not in page.text
    assert "logo.png" not in page.text
