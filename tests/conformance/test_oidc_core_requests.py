"""How a request speaks: OpenID Connect Core 1.0 §3.1.2.1 and §5.5, Registration §2, Initiating User Registration.

``display`` changes nothing: the pages fit a window, a popup and a phone alike. ``claims_locales`` is
passed over: what customers write about themselves is there in one language.
"""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from limen.identity.tenants.records import TenantSettings
from tests.integration.tokens.kit import EMAIL, Shop, claims, error, open_shop
from tests.support.house import PASSWORD, code_in

pytestmark = pytest.mark.anyio


def asking(userinfo: Any = None, id_token: Any = None) -> str:
    return json.dumps({"userinfo": userinfo or {}, "id_token": id_token or {}})


async def userinfo(shop: Shop, tokens: dict[str, Any]) -> dict[str, Any]:
    return (await shop.userinfo(tokens["access_token"])).json()


# ------------------------------------------------------------------------------------ §5.5: the claims parameter


async def test_oidc_core_s5_5_a_claim_asked_for_at_userinfo_is_told_there_and_nowhere_else(shop: Shop):
    tokens = await shop.tokens(scope="openid", claims=asking(userinfo={"email": {"essential": True}}))
    assert await userinfo(shop, tokens) == {"sub": shop.customer.subject, "email": EMAIL}
    assert "email" not in claims(tokens["id_token"])


async def test_oidc_core_s5_5_a_claim_asked_for_in_the_id_token_is_told_there_and_nowhere_else(shop: Shop):
    tokens = await shop.tokens(scope="openid", claims=asking(id_token={"email": None, "email_verified": None}))
    said = claims(tokens["id_token"])
    assert (said["email"], said["email_verified"]) == (EMAIL, True)
    assert await userinfo(shop, tokens) == {"sub": shop.customer.subject}


async def test_oidc_core_s5_5_they_are_told_after_a_refresh_too_and_fresh(shop: Shop):
    asked = asking(userinfo={"name": None}, id_token={"name": None})
    tokens = await shop.tokens(scope="openid offline_access", claims=asked)
    again = (await shop.refresh(tokens["refresh_token"])).json()
    assert (await userinfo(shop, again))["name"] == "Ann Lee"
    assert claims(again["id_token"])["name"] == "Ann Lee"


async def test_oidc_core_s5_5_only_names_are_kept(shop: Shop):
    asked = asking(userinfo={"email": {"value": "zoe@example.org"}})
    tokens = await shop.tokens(scope="openid", claims=asked)
    assert "zoe" not in json.dumps(claims(tokens["access_token"]))
    assert (await userinfo(shop, tokens))["email"] == EMAIL  # a value is a wish (§5.5.1)


async def test_oidc_core_s5_5_1_what_is_not_known_is_left_out(shop: Shop):
    asked = asking(userinfo={"picture": {"essential": True}, "name#ja-Kana-JP": None, "http://x.example/c": None})
    tokens = await shop.tokens(scope="openid", claims=asked, claims_locales="ja")
    assert await userinfo(shop, tokens) == {"sub": shop.customer.subject}


async def test_oidc_core_s5_5_a_client_gets_no_claim_whose_scope_it_may_not_have(shop: Shop):
    auth = await shop.another(scopes=("openid",))
    asked = asking(userinfo={"email": None}, id_token={"email": {"essential": True}})
    tokens = await shop.tokens(auth, scope="openid", claims=asked)
    assert await userinfo(shop, tokens) == {"sub": shop.customer.subject}
    assert "email" not in claims(tokens["id_token"])


async def test_oidc_core_s5_5_a_scope_withdrawn_later_takes_its_claims_along(shop: Shop):
    auth = await shop.another()
    tokens = await shop.tokens(auth, scope="openid", claims=asking(userinfo={"email": None}))
    await shop.house.change_client(auth[0], scopes=("openid",))
    assert await userinfo(shop, tokens) == {"sub": shop.customer.subject}


async def test_a_customer_is_asked_for_single_claims_as_for_their_scope(shop: Shop):
    auth = await shop.another(require_consent=True)
    asked = asking(userinfo={"email": None})
    allowed = await shop.walker.allow(await shop.arrive(auth[0], scope="openid"))
    assert "code" in allowed.answer
    assert "code" in (await shop.arrive(auth[0], scope="openid")).answer
    page = await shop.arrive(auth[0], scope="openid", claims=asked)
    assert page.forms, "the e-mail address was not allowed yet"
    silent = await shop.arrive(auth[0], scope="openid", claims=asked, prompt="none")
    assert silent.answer["error"] == "consent_required"
    assert "code" in (await shop.walker.allow(page)).answer
    assert "code" in (await shop.arrive(auth[0], scope="openid", claims=asked)).answer


async def test_oidc_core_s5_5_1_only_the_customer_with_the_sub_that_is_asked_for_may_answer(shop: Shop):
    mine = asking(id_token={"sub": {"value": shop.customer.subject}})
    assert "code" in (await shop.arrive(claims=mine)).answer
    other = asking(userinfo={"sub": {"value": "somebody"}})
    assert (await shop.arrive(claims=other, prompt="none")).answer["error"] == "login_required"
    page = await shop.walker.sign_in(EMAIL, PASSWORD, await shop.arrive(claims=other))
    assert page.answer["error"] == "login_required"


async def test_oidc_core_s5_5_1_1_an_essential_acr_is_reached_or_refused(shop: Shop):
    reached = asking(id_token={"acr": {"essential": True, "values": ["urn:limen:aal:1", "gold"]}})
    assert claims((await shop.tokens(claims=reached))["id_token"])["acr"] == "urn:limen:aal:1"
    never = asking(id_token={"acr": {"essential": True, "value": "gold"}})
    assert (await shop.arrive(claims=never)).answer["error"] == "unmet_authentication_requirements"
    wished = asking(id_token={"acr": {"value": "gold"}})
    assert "code" in (await shop.arrive(claims=wished)).answer


async def test_oidc_core_s5_5_2_it_is_announced(shop: Shop):
    document = (await shop.http.get("/.well-known/openid-configuration")).json()
    assert document["claims_parameter_supported"] is True
    assert "email" in document["claims_supported"]
    assert "claims_locales_supported" not in document


# -------------------------------------------------------------------------------------- §3.1.2.1: the language


async def arrive_by(shop: Shop, way: str, walker, **params: str):
    form = shop.walker.request(shop.client_id, **params)
    if way == "pushed":
        answer = await shop.post("/par", form, shop.auth)
        form = {"client_id": shop.client_id, "request_uri": answer.json()["request_uri"]}
    return await walker.get(f"/authorize?{urlencode(form)}")


@pytest.mark.parametrize("way", ["query", "pushed"])
async def test_oidc_core_s3_1_2_1_ui_locales_choose_the_language_of_the_pages(shop: Shop, way):
    walker = shop.house.walker(language="en")
    page = await arrive_by(shop, way, walker, ui_locales="tlh de-CH en")
    assert page.lang == "de"
    assert (await walker.sign_in(EMAIL, "wrong password", page)).lang == "de"
    assert (await walker.get("/recover")).lang == "de"


@pytest.mark.parametrize("way", ["query", "pushed"])
async def test_oidc_core_s3_1_2_1_arabic_is_written_from_the_right(shop: Shop, way):
    page = await arrive_by(shop, way, shop.house.walker(language="en"), ui_locales="ar")
    assert (page.lang, page.dir) == ("ar", "rtl")


@pytest.mark.parametrize("display", ["page", "popup", "touch", "wap"])
async def test_oidc_core_s3_1_2_1_display_is_taken_and_no_error(shop: Shop, display):
    assert "code" in (await shop.arrive(display=display)).answer


@pytest.mark.parametrize("way", ["query", "pushed"])
@pytest.mark.parametrize("display", ["hologram", "page popup", "PAGE"])
async def test_oidc_core_s3_1_2_1_a_display_that_is_none_of_the_four_is_refused(shop: Shop, way, display):
    request = shop.walker.request(shop.client_id, display=display)
    if way == "pushed":
        assert error(await shop.post("/par", request, shop.auth)) == (400, "invalid_request")
    else:
        assert (await shop.walker.get("/authorize", **request)).answer["error"] == "invalid_request"


async def test_oidc_discovery_s3_the_displays_are_announced(shop: Shop):
    document = (await shop.http.get("/.well-known/openid-configuration")).json()
    assert document["display_values_supported"] == ["page", "popup", "touch"]


async def test_oidc_core_s3_1_2_1_a_login_hint_is_filled_in_however_it_comes(shop: Shop):
    for way in ("query", "pushed"):
        page = await arrive_by(shop, way, shop.house.walker(), login_hint="ann@example.com")
        assert page.fields["email"] == "ann@example.com"


# ------------------------------------------------------------------------------- Dynamic Registration §2


async def test_oidc_registration_s2_default_max_age_counts_where_a_request_is_silent(shop: Shop):
    auth = await shop.another(default_max_age=60)
    shop.house.clock.advance(120)
    assert (await shop.arrive(auth[0])).forms
    assert "code" in (await shop.arrive(auth[0], max_age="600")).answer


async def test_oidc_registration_s2_auth_time_is_in_every_id_token(shop: Shop):
    for required in (True, False):
        auth = await shop.another(require_auth_time=required)
        assert isinstance(claims((await shop.tokens(auth))["id_token"])["auth_time"], int)


# ------------------------------------------------------- Initiating User Registration via OpenID Connect 1.0


async def test_prompt_create_leads_to_the_page_for_a_new_account_whoever_is_signed_in(shop: Shop):
    page = await shop.arrive(prompt="create", login_hint="new@example.com")
    assert page.fields.keys() >= {"email", "password", "name"}
    assert page.fields["email"] == "new@example.com"
    page = await shop.walker.post(page, email="new@example.com", password=PASSWORD, name="New One")
    page = await shop.walker.post(page, code=code_in((await shop.house.mails("new@example.com"))[-1]))
    assert page.answer["state"] == "the-state"
    body = (await shop.redeem(page.answer["code"])).json()
    assert claims(body["id_token"])["sub"] != shop.customer.subject


async def test_prompt_create_and_none_exclude_each_other(shop: Shop):
    assert (await shop.arrive(prompt="create none")).answer["error"] == "invalid_request"


async def test_prompt_create_is_announced_and_served_where_sign_up_is_open(shop: Shop):
    document = (await shop.http.get("/.well-known/openid-configuration")).json()
    assert "create" in document["prompt_values_supported"]
    tenant = await shop.house.add_tenant("closed", TenantSettings(sign_up_open=False))
    async with open_shop(shop.house, tenant, "eve@example.com") as closed:
        document = (await closed.http.get(f"{closed.prefix}/.well-known/openid-configuration")).json()
        assert "create" not in document["prompt_values_supported"]
        assert (await closed.arrive(prompt="create")).answer["error"] == "invalid_request"
