"""What pages have in common: language, headers, assets, JSON, errors with a way on."""

import re

import pytest

from limen.identity.tenants.records import TenantSettings
from tests.support.house import CALLBACK, GOODBYE, PASSWORD, code_in, says
from tests.support.walker import Page

pytestmark = pytest.mark.anyio
ANN = "ann@example.com"
APP = "com.example.app:/back"


async def test_the_browsers_language_is_spoken_and_arabic_is_written_from_the_right(house):
    for header, lang, direction in (
        ("de-AT, en;q=0.5", "de", "ltr"),
        ("ar", "ar", "rtl"),
        ("tlh", "en", "ltr"),
        ("\x01;;q=x", "en", "ltr"),
    ):
        page = await house.walker(language=header).get("/sign-in")
        assert (page.lang, page.dir, page.h1) == (lang, direction, says("sign_in.title", lang))


async def test_a_chosen_language_stays_and_mail_follows_it(house):
    ann = house.walker(language="en")
    page = await ann.get("/sign-up")
    page = await ann.get(f"{page.path}?ui_locales=ar")
    assert (page.lang, page.dir) == ("ar", "rtl")
    page = await ann.post(page, email=ANN, password=PASSWORD, name="")
    assert page.lang == "ar"
    assert (await house.mails())[-1].headers["Content-Language"] == "ar"
    assert (await ann.get("/recover")).lang == "ar"


@pytest.mark.parametrize("wish", ["de", "de-AT", "fr de", "de_DE"])
async def test_an_application_may_wish_for_a_language(house, wish):
    shop = await house.register_client()
    assert (await house.walker(language="en").authorize(shop[0], ui_locales=wish)).lang == "de"


async def test_every_page_offers_the_other_languages_by_their_own_names(house):
    page = await house.walker().get("/sign-in")
    assert {f"{page.where}?ui_locales=de", f"{page.where}?ui_locales=ar"} <= set(page.links)
    assert "Deutsch" in page.text
    assert "العربية" in page.text


async def test_a_tenant_with_one_language_speaks_and_offers_only_that(house):
    tenant = await house.add_tenant("leise", TenantSettings(locales=("de",)))
    page = await house.walker(prefix=tenant.prefix, language="ar").get("/sign-in")
    assert (page.lang, page.h1) == ("de", says("sign_in.title", "de"))
    assert not [link for link in page.links if "ui_locales" in link]


async def test_every_page_is_strict_about_what_it_loads_and_who_frames_it(house):
    for path in ("/sign-in", "/sign-up", "/recover", "/logout", "/nowhere", "/link/none"):
        page = await house.walker().get(path)
        policy = page.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        nonce = re.search(r"'nonce-([^']+)'", policy)[1]
        for tag in re.findall(r"<(?:script|style)\b[^>]*>", page.text):
            assert f'nonce="{nonce}"' in tag
        assert not re.search(r"\son\w+=|javascript:", page.text)
        assert page.headers["referrer-policy"] in {"no-referrer", "same-origin"}
        assert page.headers["x-content-type-options"] == "nosniff"
        assert "no-store" in page.headers["cache-control"]
        assert page.headers["strict-transport-security"].startswith("max-age=")


async def test_a_page_and_its_assets_weigh_less_than_fifty_kilobytes(house):
    page = await house.walker().get("/sign-up")
    names = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text))
    assert len(names) == 2
    client = house.client()
    sizes = [len((await client.get(name)).content) for name in names]
    assert sum(sizes) + len(page.text.encode()) < 50_000


async def test_assets_are_served_for_good_under_every_tenant_and_nothing_else_is(house):
    await house.add_tenant("acme")
    await house.storage.feed.poll()
    client = house.client()
    for prefix in ("", "/t/acme"):
        page = await house.walker(prefix=prefix).get("/sign-in")
        for name in re.findall(r'(?:src|href)="([^"]*/static/[^"]+)"', page.text):
            assert name.startswith(f"{prefix}/static/")
            answer = await client.get(name)
            assert (answer.status_code, "immutable" in answer.headers["cache-control"]) == (200, True)
    for name in ("none.css", "..%2f..%2fetc%2fpasswd", "limen.css", "%2e%2e", "css/base.css"):
        assert (await client.get(f"/static/{name}")).status_code in {400, 404}


async def test_what_is_not_there_is_a_page_with_a_way_on_and_a_reference(house):
    page = await house.walker().get("/nowhere")
    assert (page.status, page.h1) == (404, says("error_page.not_found.title"))
    assert "/account" in page.links
    assert page.headers["x-request-id"] in page.text


async def test_a_tenant_that_is_not_there_shows_nobodys_look(house):
    answer = await house.client().get("/t/nobody/sign-in")
    assert answer.status_code == 404


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/sign-in"), ("PUT", "/authorize"), ("POST", "/sign-in")])
async def test_a_method_that_a_page_does_not_know_is_405(house, method, path):
    answer = await house.client().request(method, path)
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


async def test_behind_a_form_a_page_leads_to_a_callback_that_leads_on(house):
    await house.customer(ANN)
    places = {"redirect_uris": (CALLBACK, APP), "post_logout_redirect_uris": (GOODBYE,)}
    shop = await house.register_client(require_consent=False, callback_leads_on=True, client_uri=CALLBACK, **places)
    ann = house.walker()
    page = await ann.authorize(shop[0], response_mode="fragment")
    assert "form-action 'self';" in page.headers["content-security-policy"]
    typed = {"email": ANN, "password": PASSWORD}
    answer = await ann.raw_post(page, **typed)
    where = answer.headers["refresh"].removeprefix("0;url=")
    assert (answer.status_code, answer.headers["referrer-policy"]) == (200, "no-referrer")
    assert where.startswith(f"{CALLBACK}#code=")
    assert where in Page(answer).links
    again = await ann.raw_post(page, **typed)  # sent twice: the code went to whom it was for
    assert "refresh" not in again.headers
    assert "code=" not in again.text
    assert (await ann.authorize(shop[0])).location.startswith(CALLBACK)  # behind no form nothing is in the way
    native = await ann.authorize(shop[0], redirect_uri=APP, prompt="login")
    assert (await ann.raw_post(native, **typed)).headers["location"].startswith(f"{APP}?code=")
    silent = await ann.http.post("/authorize", data=ann.request(shop[0], prompt="none"))  # no page, whatever is asked
    assert (silent.status_code, silent.headers["location"][: len(CALLBACK) + 6]) == (303, f"{CALLBACK}?code=")
    asked = await ann.get("/logout", client_id=shop[0], post_logout_redirect_uri=GOODBYE)
    gone = await ann.raw_post(asked, decision="sign_out")
    assert (gone.status_code, gone.headers["refresh"]) == (200, f"0;url={GOODBYE}")


# ------------------------------------------------------------------------------------------------------ form_post


async def test_form_post_carries_the_answer_in_a_form_and_never_in_a_url(house):
    await house.customer(ANN)
    shop = await house.register_client(require_consent=False)
    ann = house.walker()
    await ann.sign_in(ANN, PASSWORD)
    page = await ann.authorize(shop[0], response_mode="form_post")
    assert (page.status, page.location, page.form.action) == (200, "", "https://shop.example/callback")
    assert set(page.fields) == {"code", "state", "iss"}
    assert "https://shop.example" in page.headers["content-security-policy"]
    assert page.fields["code"] not in page.url
    denied = await house.walker().authorize(shop[0], response_mode="form_post", prompt="none")
    assert denied.fields["error"] == "login_required"


async def test_form_post_cannot_be_used_to_write_into_the_page(house):
    await house.customer(ANN)
    shop = await house.register_client(require_consent=False)
    state = '"><script>alert(1)</script>'
    page = await house.walker().authorize(shop[0], response_mode="form_post", prompt="none", state=state)
    assert "<script>alert" not in page.text
    assert page.fields["state"] == state


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "' onmouseover='x", "{{ 7 * 7 }}", "%s%n", "%00"])
async def test_what_a_person_or_an_application_typed_is_shown_as_text(house, text):
    shop = await house.register_client(client_name=f"Shop {text}")
    ann = house.walker()
    page = await ann.authorize(shop[0], login_hint=text)
    page = await ann.post(page, intent="sign_up", email=None, password=None)
    page = await ann.post(page, email="x", name=text, password="short")
    assert "<script>alert" not in page.text
    assert page.fields["name"] == text


# ------------------------------------------------------------------------------------------------------ JSON steps


async def test_a_native_application_walks_a_whole_sign_in_in_json(house):
    shop = await house.register_client()
    app = house.walker()
    app.http.headers["accept"] = "application/json"
    page = await app.authorize(shop[0])
    assert (page.json["schema"], page.json["step"]["name"]) == (1, "sign_in")
    path = page.where

    async def answer(page, **form):
        sent = {"csrf": page["csrf"], "version": page["step"]["version"], **form}
        return (await app.http.post(path, data=sent)).json()

    step = await answer(page.json, email=ANN, password=PASSWORD)
    assert step["step"]["errors"] == {"": "error.invalid_credentials"}
    step = await answer(step, intent="sign_up")
    step = await answer(step, email=ANN, name="Ann Lee", password=PASSWORD)
    assert (step["step"]["name"], step["step"]["status"]) == ("verify_email", 200)
    step = await answer(step, code=code_in((await house.mails())[-1]))
    assert step["step"]["name"] == "consent"
    assert [scope["name"] for scope in step["step"]["data"]["scopes"]] == [
        "openid", "profile", "email", "offline_access",
    ]  # fmt: skip
    end = await answer(step, decision="allow")
    assert end["step"] is None
    assert end["location"].startswith("https://shop.example/callback?code=")


async def test_a_step_in_json_holds_neither_password_nor_code_nor_hash(house):
    app = house.walker()
    app.http.headers["accept"] = "application/json"
    page = await app.get("/sign-up")
    sent = {"csrf": page.json["csrf"], "version": page.json["step"]["version"], "email": ANN, "password": PASSWORD}
    answer = await app.http.post(page.where, data=sent)
    assert PASSWORD not in answer.text
    assert "argon2" not in answer.text
    assert code_in((await house.mails())[-1]) not in answer.text


async def test_errors_come_as_json_to_whoever_asks_for_json(house):
    client = house.client(headers={"accept": "application/json"})
    answer = await client.get("/nowhere")
    assert answer.status_code == 404
    assert set(answer.json()) == {"schema", "error", "request_id"}


async def test_the_development_mailbox_lists_twenty_messages_and_leads_to_the_older_ones(house):
    for number in range(21):
        house.mailbox.keep(f"m{number}", "+4915112345678", f"Message {number:02}")
    page = await house.walker().get("/dev/mailbox")
    assert ("Message 20" in page.text, "Message 00" in page.text) == (True, False)
    (older,) = [link for link in page.links if "before=" in link]
    page = await house.walker().get(older)
    assert ("Message 20" in page.text, "Message 00" in page.text) == (False, True)
    assert not [link for link in page.links if "before=" in link]
