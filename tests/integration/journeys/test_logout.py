"""Signing out for an application (OpenID Connect RP-Initiated Logout)."""

import pytest

from tests.support.house import GOODBYE, PASSWORD, says
from tests.support.walker import VERIFIER

pytestmark = pytest.mark.anyio
ANN = "ann@example.com"


@pytest.fixture
async def signed_in(house):
    """Ann, the shop, and the tokens it holds of her."""
    await house.customer(ANN)
    shop = await house.register_client(require_consent=False)
    ann = house.walker()
    await ann.sign_in(ANN, PASSWORD)
    return ann, shop, await ann.tokens(shop, await ann.authorize(shop[0]))


async def test_with_a_hint_of_this_session_nobody_is_asked_and_the_tokens_end_too(house, signed_in):
    ann, shop, tokens = signed_in
    page = await ann.get(
        "/logout", id_token_hint=tokens["id_token"], post_logout_redirect_uri=GOODBYE, state="the-state"
    )
    assert page.location == f"{GOODBYE}?state=the-state"
    assert (await ann.get("/account")).h1 == says("sign_in.title")
    refreshed = await ann.token(shop, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refreshed["error"] == "invalid_grant"
    assert "session.ended" in await house.events()


async def test_without_a_hint_the_person_is_asked_first(house, signed_in):
    ann, shop, _ = signed_in
    page = await ann.get("/logout", client_id=shop[0], post_logout_redirect_uri=GOODBYE, state="s")
    assert page.h1 == says("sign_out.title")
    assert "The Shop" in page.text
    assert (await ann.get("/account")).path == "/account"
    page = await ann.post(page, decision="sign_out")
    assert page.location == f"{GOODBYE}?state=s"
    assert (await ann.get("/account")).h1 == says("sign_in.title")


async def test_whoever_stays_stays(house, signed_in):
    ann, _, _ = signed_in
    page = await ann.post(await ann.get("/logout"), decision="stay")
    assert page.path == "/account"


async def test_a_forged_answer_to_the_question_asks_again(house, signed_in):
    ann, _, _ = signed_in
    page = await ann.post(await ann.get("/logout"), decision="sign_out", csrf="0" * 40)
    assert page.h1 == says("sign_out.title")
    assert (await ann.get("/account")).path == "/account"


async def test_a_hint_of_somebody_elses_session_ends_nothing_unasked(house, signed_in):
    _, _, tokens = signed_in
    await house.customer("bob@example.com")
    bob = house.walker()
    await bob.sign_in("bob@example.com", PASSWORD)
    page = await bob.get("/logout", id_token_hint=tokens["id_token"])
    assert page.h1 == says("sign_out.title")
    assert (await bob.get("/account")).path == "/account"


@pytest.mark.parametrize(
    "uri", ["https://evil.example/", f"{GOODBYE}/", f"{GOODBYE}?x=1", "//evil.example", "javascript:1"]
)
async def test_nobody_is_sent_where_it_is_not_registered(house, signed_in, uri):
    ann, _, tokens = signed_in
    page = await ann.get("/logout", id_token_hint=tokens["id_token"], post_logout_redirect_uri=uri)
    assert (page.location, page.h1) == ("", says("signed_out.title"))


async def test_signing_out_twice_or_with_nobody_signed_in_is_no_error(house, signed_in):
    ann, _, tokens = signed_in
    for walker in (ann, ann, house.walker()):
        page = await walker.get("/logout", id_token_hint=tokens["id_token"])
        assert (page.status, page.h1) == (200, says("signed_out.title"))


async def test_a_code_that_was_not_redeemed_ends_with_its_session(house, signed_in):
    ann, shop, tokens = signed_in
    code = (await ann.authorize(shop[0])).answer["code"]
    await ann.get("/logout", id_token_hint=tokens["id_token"])
    answer = await ann.token(
        shop, grant_type="authorization_code", code=code, redirect_uri="https://shop.example/callback",
        code_verifier=VERIFIER,
    )  # fmt: skip
    assert answer["error"] == "invalid_grant"


async def test_a_request_by_post_is_answered_as_by_get(house, signed_in):
    ann, _, tokens = signed_in
    body = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": GOODBYE}
    answer = await ann.http.post("/logout", data=body)
    assert answer.headers["location"] == GOODBYE


@pytest.mark.parametrize("query", ["id_token_hint=x&id_token_hint=y", "state=%00", "state=%zz", f"state={'s' * 5000}"])
async def test_a_malformed_request_is_a_page(house, signed_in, query):
    ann, _, _ = signed_in
    page = await ann.get(f"/logout?{query}")
    assert (page.status, page.location) == (400, "")
    assert (await ann.get("/account")).path == "/account"
