"""The demo application: an honest relying party, also when its provider is not."""

import re

import httpx2
import pytest

from examples.demo_app.app import create_app
from examples.demo_app.settings import NotConfigured, Settings, from_environment
from tests.integration.demo_app.fake_provider import CLIENT, ISSUER, FakeProvider

pytestmark = pytest.mark.anyio

BASE = "http://shop.test"
SETTINGS = Settings(ISSUER, *CLIENT, base_url=BASE)
OURS = {"sec-fetch-site": "same-origin"}


class Visitor:
    """A browser at the shop, and the provider behind it."""

    def __init__(self):
        self.provider = FakeProvider()
        self.desk = httpx2.ASGITransport(self.provider.app)
        self.app = create_app(SETTINGS, transport=self.desk)
        self.shop = httpx2.AsyncClient(transport=httpx2.ASGITransport(self.app), base_url=BASE)

    async def sign_in(self):
        away = await self.shop.get("/sign-in")
        assert away.status_code == 302
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(self.provider.app)) as browser:
            back = (await browser.get(away.headers["location"])).headers["location"]
        return await self.shop.get(back.removeprefix(BASE))

    async def ledger(self):
        return (await self.shop.get("/account")).text

    async def post(self, path):
        return await self.shop.post(path, headers=OURS)


@pytest.fixture
async def visitor():
    one = Visitor()
    async with one.shop:
        yield one


async def test_signing_in_shows_the_claims_escaped(visitor):
    answer = await visitor.sign_in()
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    page = await visitor.ledger()
    assert "s-1" in page
    assert "&lt;b&gt;Ada&lt;/b&gt;" in page
    assert "<b>Ada</b>" not in page


async def test_no_token_reaches_the_browser(visitor):
    await visitor.sign_in()
    await visitor.post("/refresh")
    seen = await visitor.ledger() + str(visitor.shop.cookies)
    for token in visitor.provider.access_tokens | visitor.provider.refresh_tokens:
        assert token not in seen
    assert not re.search(r"eyJ[\w-]{20,}", seen)


async def test_the_session_cookie_is_small_hidden_from_script_and_new_after_signing_in(visitor):
    away = await visitor.shop.get("/sign-in")
    before = visitor.shop.cookies["pip-and-husk"]
    assert "HttpOnly" in away.headers["set-cookie"]
    assert "SameSite=Lax" in away.headers["set-cookie"]
    await visitor.sign_in()
    after = visitor.shop.cookies["pip-and-husk"]
    assert after != before
    assert len(after) < 64
    stranger = httpx2.AsyncClient(transport=httpx2.ASGITransport(visitor.app), cookies={"pip-and-husk": before})
    async with stranger:
        assert (await stranger.get(f"{BASE}/account")).status_code == 303


async def test_userinfo_is_shown(visitor):
    await visitor.sign_in()
    assert (await visitor.post("/userinfo")).status_code == 303
    assert "ada@example.test" in await visitor.ledger()


async def test_userinfo_about_somebody_else_is_not_believed(visitor):
    await visitor.sign_in()
    visitor.provider.userinfo_claims = {"sub": "s-2", "email": "eve@evil.test"}
    answer = await visitor.post("/userinfo")
    assert answer.status_code == 502
    assert "eve@evil.test" not in answer.text + await visitor.ledger()


async def test_a_refused_access_token_says_so(visitor):
    await visitor.sign_in()
    visitor.provider.access_tokens.clear()
    answer = await visitor.post("/userinfo")
    assert answer.status_code == 403
    assert "no longer accepted" in answer.text


async def test_refreshing_shows_the_next_generation_with_another_jti_and_a_rotated_token(visitor):
    await visitor.sign_in()
    await visitor.post("/refresh")
    await visitor.post("/refresh")
    page = await visitor.ledger()
    assert 'data-test="generation">No. 3<' in page
    assert len(set(re.findall(r"<dt>jti</dt><dd><code>(.*?)</code>", page))) == 3
    assert page.count("rotated") == 2


async def test_a_revoked_refresh_token_is_given_up_and_the_page_lives_on(visitor):
    await visitor.sign_in()
    visitor.provider.refresh_tokens.clear()
    answer = await visitor.post("/refresh")
    assert "invalid_grant" in answer.text
    assert "disabled" in await visitor.ledger()


async def test_a_refreshed_id_token_of_somebody_else_is_not_believed(visitor):
    await visitor.sign_in()
    visitor.provider.id_claims = {"sub": "s-2"}
    assert (await visitor.post("/refresh")).status_code == 502
    assert "s-2" not in await visitor.ledger()


@pytest.mark.parametrize(
    "claims",
    [{"iss": "http://evil.test"}, {"aud": "another"}, {"nonce": "stale"}, {"exp": 1}],
    ids=lambda c: next(iter(c)),
)
async def test_an_id_token_that_is_not_for_this_sign_in_is_refused(visitor, claims):
    visitor.provider.id_claims = claims
    answer = await visitor.sign_in()
    assert answer.status_code == 502
    assert (await visitor.shop.get("/account")).status_code == 303


async def test_an_answer_from_another_issuer_is_refused(visitor):
    visitor.provider.callback_iss = "http://evil.test"
    assert (await visitor.sign_in()).status_code == 502


async def test_an_issuer_that_goes_by_another_name_is_refused(visitor):
    visitor.provider.metadata = {"issuer": "http://evil.test"}
    assert (await visitor.shop.get("/sign-in")).status_code == 502


@pytest.mark.parametrize(
    "query", ["?code=x&state=made-up", "?error=access_denied&error_description=call+us&state=x", ""]
)
async def test_an_answer_that_nobody_asked_for_puts_no_words_on_the_page(visitor, query):
    answer = await visitor.shop.get("/callback" + query)
    assert answer.status_code == 502
    assert "call us" not in answer.text


async def test_a_refusal_is_explained_in_the_providers_words_too(visitor):
    away = await visitor.shop.get("/sign-in")
    state = re.search(r"state=([^&]+)", away.headers["location"])[1]
    answer = await visitor.shop.get(
        "/callback",
        params={"error": "access_denied", "error_description": "<i>no</i>", "state": state, "iss": ISSUER},
    )
    assert answer.status_code == 403
    assert "Nothing was taken" in answer.text
    assert "&lt;i&gt;no&lt;/i&gt;" in answer.text


async def test_the_back_button_after_signing_in_leads_to_the_ledger(visitor):
    await visitor.sign_in()
    again = await visitor.shop.get("/callback?code=used&state=used")
    assert again.headers["location"] == "/account"


async def test_a_provider_that_is_away_is_told_as_such_and_the_shop_stays_open(visitor):
    visitor.provider.broken = "discovery"
    answer = await visitor.shop.get("/sign-in")
    assert (answer.status_code, "HTTP 500" in answer.text) == (503, True)
    assert (await visitor.shop.get("/")).status_code == 200
    visitor.provider.broken = ""
    assert (await visitor.sign_in()).status_code == 303, "it recovers without a restart"
    visitor.provider.broken = "discovery"
    assert (await visitor.shop.get("/sign-in")).status_code == 503, "it asks afresh each time"


async def test_nobody_at_the_address_is_told_as_such():
    def refuse(request):
        raise httpx2.ConnectError("refused", request=request)

    app = create_app(SETTINGS, transport=httpx2.MockTransport(refuse))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=BASE) as shop:
        answer = await shop.get("/sign-in")
    assert answer.status_code == 503
    assert "nobody answered" in answer.text


async def test_signing_out_leads_through_the_provider_and_back(visitor):
    await visitor.sign_in()
    away = await visitor.post("/sign-out")
    query = httpx2.URL(away.headers["location"]).params
    assert away.status_code == 303
    assert query["post_logout_redirect_uri"] == f"{BASE}/signed-out"
    assert query["id_token_hint"].count(".") == 2
    assert (await visitor.shop.get("/account")).status_code == 303, "signed out here already"
    page = await visitor.shop.get("/signed-out", params={"state": query["state"]})
    assert "here and at the sign-in desk" in page.text
    assert "has not told us" in (await visitor.shop.get("/signed-out?state=made-up")).text


@pytest.mark.parametrize("path", ["/userinfo", "/refresh", "/sign-out"])
@pytest.mark.parametrize(
    "headers", [{}, {"origin": "http://evil.test"}, {"sec-fetch-site": "same-site", "origin": BASE}]
)
async def test_a_form_from_another_site_is_refused(visitor, path, headers):
    await visitor.sign_in()
    assert (await visitor.shop.post(path, headers=headers)).status_code == 403
    assert "No. 1" in await visitor.ledger()


@pytest.mark.parametrize("path", ["/", "/account", "/nowhere", "/static/shop.css"])
async def test_every_answer_carries_a_strict_policy(visitor, path):
    policy = (await visitor.shop.get(path)).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script" not in policy


async def test_a_page_that_is_not_there_is_a_page(visitor):
    answer = await visitor.shop.get("/nowhere")
    assert (answer.status_code, "Bare soil" in answer.text) == (404, True)


@pytest.mark.parametrize(
    "environment", [{}, {"DEMO_ISSUER": ISSUER}, {"DEMO_ISSUER": "nonsense", "DEMO_CLIENT_ID": "shop"}]
)
def test_a_missing_setting_is_named(environment):
    with pytest.raises(NotConfigured, match="DEMO_"):
        from_environment(environment)


def test_the_secret_keeps_out_of_repr():
    assert "pretend" not in repr(SETTINGS)
