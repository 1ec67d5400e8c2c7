"""What the edge refuses: a page for people, in their language, and the interfaces' own shapes for everybody else."""

import pytest

from limen.experience.pages import application
from limen.identity.tenants.records import Branding, TenantSettings

pytestmark = pytest.mark.anyio
HTML = {"accept": "text/html,application/xhtml+xml", "accept-language": "de"}
TOO_MANY = [(f"x-{number}", "1") for number in range(80)]


@pytest.fixture
async def broken(monkeypatch, build_house):
    """A house in which the database fails every page."""

    async def fails(*_arguments):
        raise ConnectionResetError("hush")

    monkeypatch.setattr(application, "arrive_at", fails)
    async with build_house() as opened:
        yield opened


def is_whole_page(answer, status: int) -> bool:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    assert nonce
    assert f'nonce="{nonce}"' in answer.text
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"] in answer.text
    assert '<html lang="de" dir="ltr"' in answer.text
    return "href=" in answer.text.partition("<main")[2].partition("</main>")[0]


async def test_a_person_who_asks_too_often_gets_a_page_in_their_language(build_house):
    async with build_house(pages_per_address="2/60") as house, house.client(headers=HTML) as browser:
        for _ in range(2):
            assert (await browser.get("/link/x")).status_code == 410
        answer = await browser.get("/link/x?login_hint=a")
        assert is_whole_page(answer, 429)
        assert int(answer.headers["retry-after"]) >= 1
        assert "langsamer" in answer.text
        assert 'href="?login_hint=a"' in answer.text


@pytest.mark.parametrize(
    ("status", "path", "given"),
    [
        (400, "/a%5Cb", {}),
        (413, "/sign-in", {"method": "POST", "content": b"x" * 1_048_577}),
        (414, "/sign-in?" + "x" * 9_000, {}),
        (431, "/sign-in", {"headers": [*HTML.items(), *TOO_MANY]}),
        (501, "/sign-in", {"method": "BREW"}),
    ],
)
async def test_what_is_out_of_shape_is_answered_to_a_browser_with_a_page(house, status, path, given):
    async with house.client(headers=HTML) as browser:
        answer = await browser.request(**{"method": "GET", "url": path, **given})
    assert is_whole_page(answer, status)
    assert 'href="/account"' in answer.text


async def test_a_fault_is_a_page_that_says_nothing_of_it(broken):
    async with broken.client(headers=HTML) as browser:
        answer = await browser.get("/sign-in")
    assert is_whole_page(answer, 500)
    assert "hush" not in answer.text


async def test_a_head_request_gets_no_body(broken):
    async with broken.client(headers=HTML) as browser:
        answer = await browser.head("/sign-in")
    assert (answer.status_code, answer.content) == (500, b"")


async def test_the_page_wears_the_look_and_speaks_the_languages_of_the_tenant(house):
    settings = TenantSettings(branding=Branding(accent="#a01040"), locales=("ar",))
    await house.add_tenant("acme", settings)
    await house.storage.feed.poll()
    async with house.client(headers=HTML) as browser:
        await browser.get("/t/acme/sign-in")
        answer = await browser.request("BREW", "/t/acme/sign-in")
    assert '<html lang="ar" dir="rtl"' in answer.text
    assert "Acme" in answer.text
    assert 'href="/t/acme/account"' in answer.text


@pytest.mark.parametrize("accept", ["text/html", "application/json", "*/*"])
async def test_the_api_keeps_its_problem_documents_whatever_is_accepted(house, accept):
    async with house.client(headers={"accept": accept}) as machine:
        for path in ("/api/v1/clients", "/api/v1"):
            answer = await machine.request("BREW", path)
            assert answer.headers["content-type"] == "application/problem+json"
            assert (answer.status_code, answer.json()["code"]) == (501, "not_implemented")


async def test_who_accepts_no_html_gets_a_problem_document(house):
    async with house.client(headers={"accept": "application/json"}) as machine:
        answer = await machine.request("BREW", "/sign-in")
    assert answer.json()["code"] == "not_implemented"


async def test_a_page_that_cannot_be_rendered_is_answered_all_the_same(house, monkeypatch):
    monkeypatch.setattr("limen.experience.pages.turned_away.brand_of", lambda _tenant: 1 / 0)
    async with house.client(headers=HTML) as browser:
        answer = await browser.request("BREW", "/sign-in")
    assert (answer.status_code, answer.json()["code"]) == (501, "not_implemented")
