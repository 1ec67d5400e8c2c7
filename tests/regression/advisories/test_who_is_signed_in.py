"""Advisories on who is signed in: half a sign-in taken for a whole one, an address of mail read in two ways."""

from dataclasses import replace
from urllib.parse import quote

import pytest

from limen.access.tokens.waiting import WaitingKind
from limen.identity.administrators import SYSTEM
from limen.identity.customers.records import CustomerState
from tests.integration.tokens.kit import EMAIL, Shop, error
from tests.support.house import code_in, says
from tests.support.walker import Walker

pytestmark = pytest.mark.anyio
DEVICE = WaitingKind.DEVICE.value
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
BOB = "bob@example.org"


async def is_nobody(shop: Shop, walker: Walker) -> bool:
    """Whether a browser opens neither the account nor an application."""
    account = await walker.get("/account")
    silent = await walker.authorize(shop.client_id, prompt="none")
    return account.h1 == says("sign_in.title") and silent.answer.get("error") == "login_required"


async def test_auth_js_cve_2023_48309_half_a_sign_in_is_no_session(shop: Shop):
    """A token of an interrupted sign-in, put into the session's cookie, was a signed-in nobody."""
    walker = shop.house.walker()
    page = await walker.authorize(shop.client_id)
    assert "password" in page.fields
    assert await is_nobody(shop, walker)
    tokens = await shop.tokens()
    pushed = (await shop.post("/par", shop.walker.request(shop.client_id), shop.auth)).json()["request_uri"]
    browser = shop.walker.cookie.partition(".")[0]
    for found in (page.fields["csrf"], tokens["id_token"], tokens["access_token"], tokens["refresh_token"], pushed):
        for cookie in (found, f"{browser}.{found}", walker.cookie.partition(".")[0] + "." + found):
            walker.carry(cookie)
            assert await is_nobody(shop, walker), cookie[:20]


ODD = (
    f"{BOB},{EMAIL}",
    f"{EMAIL},{BOB}",
    f"{EMAIL};{BOB}",
    f"{BOB} {EMAIL}",
    f"Bob <{BOB}>",
    f"{EMAIL}\r\nBcc: {BOB}",
    f'"{BOB}"@example.com',
    f"{EMAIL}%2C{BOB}",
)
LOOKING_LIKE = (
    "ann\uff20example.com",
    "ann\ufe6bexample.com",
    f"{BOB}\uff20example.com",
    f"{BOB.replace('@', chr(0xFF20))}@example.com",
)


@pytest.mark.parametrize("path", ["/recover", "/sign-up"])
async def test_auth_js_cve_2022_35924_one_address_is_one_address(shop: Shop, path: str):
    """GHSA-xv97-c62v-4587: two addresses with a comma between were both written to, and became one account's name.

    GHSA-7rqj-j65f-68wh: an address was checked first and normalised then, so that a sign that only looks like ``@``
    became one afterwards.
    """
    walker = shop.house.walker()
    for typed in (*ODD, *LOOKING_LIKE):
        given = {"email": typed, **({"password": "plum lantern quarry", "name": "B"} if path == "/sign-up" else {})}
        page = await walker.post(await walker.get(path), **given)
        assert (page.status, "email" in page.errors) == (400, True), (typed, page)
    assert await shop.house.mails() == []


async def test_auth_js_cve_2022_31127_nothing_that_a_stranger_typed_is_in_a_mail_to_somebody(shop: Shop):
    """GHSA-pgjx-7f9g-9463: what was typed as an address was part of the message, links and all."""
    lure = '<a href="https://evil.example">Claim your money</a>'
    walker = shop.house.walker()
    page = await walker.post(await walker.get("/recover"), email=f"{EMAIL}, {lure}")
    assert page.status == 400
    assert lure not in page.text
    page = await walker.post(await walker.get("/sign-up"), email=BOB, password="plum lantern quarry", name=lure)
    for mail in await shop.house.mails():
        assert "evil.example" not in mail.text
        assert lure not in (mail.html or "")


async def test_auth_js_cve_2022_39263_a_mailed_code_is_good_for_its_own_address(shop: Shop):
    """The store of codes looked for the address alone, and never at the code."""
    await shop.house.customer(BOB)
    thief, victim = shop.house.walker(), shop.house.walker()
    mine = await thief.begin_recovery(BOB)
    theirs = await victim.begin_recovery(EMAIL)
    codes = [code_in((await shop.house.mails(to))[-1]) for to in (BOB, EMAIL)]
    assert codes[0] != codes[1]
    assert (await victim.post(theirs, code=codes[0])).status == 400
    page = await thief.post(mine, code=codes[1])
    assert page.status == 400
    page = await thief.post(page, code="")
    assert page.status == 400
    assert "password" in (await thief.post(page, code=codes[0])).fields


async def test_logto_pull_9320_the_account_is_looked_at_and_not_only_its_tokens(shop: Shop):
    """Suspension rested on every token's being revoked: what a broken revocation left went on giving tokens.

    Here the customer's state alone is changed, as if nothing else had come about.
    """
    tv = (await shop.another(grant_types=(DEVICE,), redirect_uris=(), token_endpoint_auth_method="none"))[0]
    begun = (await shop.post("/device_authorization", {"client_id": tv, "scope": "openid"})).json()
    page = await shop.walker.post(await shop.walker.get("/device"), user_code=begun["user_code"])
    await shop.walker.post(page, decision="continue")
    tokens, code = await shop.tokens(), await shop.code()
    async with shop.house.storage.database.begin(shop.tenant.id) as unit:
        sealed = await unit.customers.get(shop.customer.id)
        gone = replace(sealed, state=CustomerState.DISABLED, version=sealed.version + 1)
        assert await unit.customers.update(gone, sealed.version)
    assert error(await shop.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
    assert error(await shop.redeem(code)) == (400, "invalid_grant")
    poll = {"grant_type": DEVICE, "device_code": begun["device_code"], "client_id": tv}
    assert error(await shop.post("/token", poll)) == (400, "invalid_grant")
    assert (await shop.userinfo(tokens["access_token"])).status_code == 401
    assert not await shop.is_active(tokens["access_token"])
    assert await is_nobody(shop, shop.walker)


async def test_logto_pull_5857_with_the_account_go_its_tokens_and_its_sign_ins(shop: Shop):
    """After a deletion, refresh tokens, opaque access tokens and the session were still good."""
    await shop.resource_server("https://opaque.example", token_format="opaque")
    auth = await shop.another(audiences=("https://opaque.example",))
    tokens = await shop.tokens(auth)
    assert await shop.is_active(tokens["access_token"], auth)
    await shop.house.administration().delete(shop.customer.id, SYSTEM)
    assert not await shop.is_active(tokens["access_token"], auth)
    assert error(await shop.refresh(tokens["refresh_token"], auth)) == (400, "invalid_grant")
    assert await is_nobody(shop, shop.walker)


BROKEN = ("http://[", "https://%", "https://a:b/", "//", "https://x/\x00", "https://[::1", "https://xn--/", "%ff")


async def test_auth_js_cve_2022_31093_an_address_that_is_none_is_refused_and_breaks_nothing(shop: Shop):
    """GHSA-g5fm-jp9v-2432: a malformed address was parsed outside of any ``try``, and signing in hung."""
    for text in BROKEN:
        for name in ("redirect_uri", "request_uri", "resource", "id_token_hint", "client_id"):
            asked = {**shop.walker.request(shop.client_id), name: text}
            answer = await shop.walker.http.get("/authorize", params=asked)
            assert 300 <= answer.status_code < 500, (name, text)
            assert "code=" not in answer.headers.get("location", ""), (name, text)
        for path in ("/logout?post_logout_redirect_uri=", "/sign-in?return_to=", "/device?user_code="):
            answer = await shop.walker.http.get(path + quote(text))
            assert answer.status_code < 500, (path, text)
            assert answer.headers.get("location", "/").startswith("/"), (path, text)
