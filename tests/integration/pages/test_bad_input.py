"""Whatever is sent to a page, it answers with a page: never a 500, and nothing is left half-written."""

import asyncio
import os
from urllib.parse import quote, quote_from_bytes

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from limen.app.cli.admin import setup_link
from limen.experience.pages.account.table import PAGES, SECTIONS
from tests.support.house import PASSWORD, link_in, open_house
from tests.support.postgres import on_thread

ANN = "ann@example.com"
NAMES = (
    "email", "password", "name", "code", "intent", "decision", "account", "session", "csrf", "version", "request",
    "client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "prompt", "max_age",
    "login_hint", "ui_locales", "acr_values", "id_token_hint", "code_challenge", "code_challenge_method",
    "post_logout_redirect_uri", "claims", "request_uri", "before", "unknown", "user_code", "binding_message", "done",
    "page", "display", "logout_hint",
)  # fmt: skip
VALUES = (
    "", " ", "x", "0", "-1", "9" * 400, "none", "login consent", "sign_up", "recover", "resend", "change_email",
    "choose_account", "another", "allow", "code", "S256", "openid", "\x00", "a\x00b", "\r\nset-cookie: a=b", "é",
    "\ud7ff\ue000", "\u202e", "😀" * 50, "{}", "[]", "null", "' OR 1=1 --", "<script>", "../..", "%", "%zz",
    "a" * 5_000,
    "https://shop.example/callback", "https://evil.example", "javascript:alert(1)", "ann@example.com", "ann@", "٣",
    "eyJhbGciOiJub25lIn0.e30.", "jou_00000000000000000000000000",
)  # fmt: skip
TYPES = (
    "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-16", "multipart/form-data",
    "multipart/form-data; boundary=x", "application/json", "text/plain", "", "\x7f", "application/xml",
)  # fmt: skip
PATHS = (
    "/authorize", "/sign-in", "/sign-up", "/recover", "/logout", "/account", "/admin", "/journey/{journey}",
    "/link/{link}", "/setup/{setup}", "/journey/x", "/journey/{journey}x", "/link/x",
    "/unsubscribe/x", "/unsubscribe/AAAA", "/setup/x", "/static/x", "/",
    "/dev/mailbox/x", "/dev/mailbox", "/device", "/device/qr", "/approve", "/secure/x", "/secure/AAAA",
    "/keep-account/x", "/keep-account/AAAA", "/admin/security", "/account/x", "/account/privacy/receipts/x",
    "/.well-known/gpc.json", *(page.path for page in PAGES),
)  # fmt: skip
INTENTS = sorted({intent for section in SECTIONS for intent in section.takes})
WRITTEN_BY_LOOKING = {"browsers", "journeys"}
pairs = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES) | st.text(max_size=20)), max_size=8)
raw = st.binary(max_size=40)


class Opened:
    """One house for all examples: each of them must leave it as it was."""

    def __init__(self, folder, files) -> None:
        from tests.support.house import copy_files  # noqa: PLC0415

        copy_files(files, folder)
        self._folder = folder
        self.loop = asyncio.new_event_loop()

    async def start(self):
        self._context = open_house(self._folder)
        self.house = await self._context.__aenter__()
        await self.house.customer(ANN)
        self.shop = await self.house.register_client()
        self.walker = self.house.walker()
        self.page = await self.walker.authorize(self.shop[0])
        waiting = self.house.walker()
        await waiting.begin_sign_up("bob@example.com", PASSWORD)
        self.known = {
            "journey": self.page.path.rpartition("/")[2],
            "link": link_in((await self.house.mails())[-1]).rpartition("/")[2],
            "setup": (await setup_link(self.house.basis, self.house.tenant)).rpartition("/")[2],
        }
        await self.house.mails()
        await self.house.customer("eve@example.com")
        self.eve = self.house.walker()
        assert (await self.eve.sign_in("eve@example.com", PASSWORD)).status == 200

    async def send(self, method, path, query, body, headers):
        url = path.format(**self.known)
        http = self.walker.http
        before = await self.house.rows()
        answer = await http.request(method, f"{url}?{query}" if query else url, content=body, headers=headers)
        await self.house.mails()
        after = await self.house.rows()
        changed = {table for table in after if after[table] != before[table]}
        return answer, changed


@pytest.fixture(scope="module")
def opened(house_files, tmp_path_factory):
    made = Opened(tmp_path_factory.mktemp("bad-input"), house_files)
    on_loop(made, made.start())
    yield made
    on_loop(made, made._context.__aexit__(None, None, None))
    made.loop.close()


def on_loop(opened, work):
    return on_thread(lambda: opened.loop.run_until_complete(work))


def encoded(pairs, junk):
    text = "&".join(f"{quote(name, safe='')}={quote(value, safe='', errors='surrogatepass')}" for name, value in pairs)
    return text + ("&" + quote_from_bytes(junk) if junk else "")


def holds(opened, method, path, query, body, headers):
    answer, changed = on_loop(opened, opened.send(method, path, query, body, headers))
    assert answer.status_code < 500, (answer.status_code, answer.text)
    assert changed <= WRITTEN_BY_LOOKING, (method, path, query, changed)
    if answer.status_code in {301, 302, 303, 307}:
        target = answer.headers["location"]
        assert target.startswith(("/", "https://shop.example/callback?")), target
        assert not target.startswith("//"), target
    assert "Traceback" not in answer.text


bounded = settings(
    max_examples=int(os.environ.get("LIMEN_TEST_EXAMPLES", "30")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@bounded
@given(path=st.sampled_from(PATHS), query=pairs, junk=raw)
@example(path="/authorize", query=[("client_id", "x"), ("client_id", "x")], junk=b"")
@example(path="/logout", query=[("state", "\x00")], junk=b"\xff\xfe")
def test_no_query_breaks_a_page(opened, path, query, junk):
    holds(opened, "GET", path, encoded(query, junk), None, {})


@bounded
@given(path=st.sampled_from(PATHS), form=pairs, junk=raw, content_type=st.sampled_from(TYPES))
@example(path="/journey/{journey}", form=[("csrf", "é"), ("version", "1")], junk=b"", content_type=TYPES[0])
def test_no_form_breaks_a_page(opened, path, form, junk, content_type):
    headers = {"content-type": content_type} if content_type else {}
    holds(opened, "POST", path, "", encoded(form, b"").encode() + (b"&" + junk if junk else b""), headers)


@bounded
@given(form=pairs)
@example(form=[("email", "ann@example.com"), ("password", "\ud7ff")])
@example(form=[("email", "a" * 4000 + "@example.com"), ("password", "p" * 5_000)])
@example(form=[("intent", "choose_account")])
def test_no_form_of_ours_filled_in_strangely_breaks_its_step(opened, form):
    async def fill():
        opened.house.clock.advance(700)  # so that rates are no reason
        page = await opened.walker.authorize(opened.shop[0])
        sent = dict(page.fields) | dict(form) | {"csrf": page.fields["csrf"], "version": page.fields["version"]}
        before = await opened.house.rows()
        answer = await opened.walker.http.post(page.form.action, data=sent)
        await opened.house.mails()
        after = await opened.house.rows()
        return answer, {table for table in after if after[table] != before[table]}

    answer, changed = on_loop(opened, fill())
    assert answer.status_code < 500
    assert changed <= {"audit_records", "audit_segments", "journeys"}  # which is stored with its first answer


@bounded
@given(
    path=st.sampled_from([*(page.path for page in PAGES), "/device", "/approve"]),
    intent=st.sampled_from(INTENTS) | st.text(max_size=20),
    form=pairs,
    query=pairs,
)
def test_no_form_of_whoever_is_signed_in_breaks_a_page(opened, path, intent, form, query):
    """Their own key against forgery is in it, so that it reaches what it is for; it may do that."""

    async def fill():
        opened.house.clock.advance(60)
        page = await opened.eve.get(f"{path}?{encoded(query, b'')}")
        if page.forms and "csrf" in page.form.fields:
            fields = {name: opened.known.get(name, value) for name, value in form}
            sent = {"intent": intent} | page.form.fields | fields | {"csrf": page.form.fields["csrf"]}
            answer = await opened.eve.http.post(page.form.action, data=sent)
        else:
            answer = page.response
        await opened.house.mails()
        return page.status, answer

    shown, answer = on_loop(opened, fill())
    assert shown < 500
    assert answer.status_code < 500, (answer.status_code, answer.text)
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example/sign-up?x=1"},
        {"host": "evil.example#"},
        {"host": "[::1"},
        {"host": ""},
        {"cookie": "__Host-limen-default=\xff\x01; ;=;a"},
        {"cookie": "limen-language=../../etc"},
        {"accept-language": "x" * 5_000},
        {"user-agent": "u" * 20_000},
        {"user-agent": "\xff\xfe"},
        {"sec-fetch-site": "\x7f"},
        {"accept": "application/json;q=é"},
        {"x-forwarded-for": "203.0.113.1, \x00"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_no_header_breaks_a_page(opened, headers):
    sent = {name: value.encode("latin-1") for name, value in headers.items()}
    for path in ("/sign-in", "/authorize", "/account", "/journey/{journey}"):
        holds(opened, "GET", path, "", None, sent)


def test_the_host_header_changes_neither_where_people_are_sent_nor_what_mail_says(opened):
    async def ask():
        http = opened.house.client(headers={"host": "evil.example"})
        answer = await http.get("/sign-up")
        return answer.text

    said = on_loop(opened, ask())
    assert 'action="/journey/' in said
    assert "evil" not in said


@pytest.mark.parametrize("query", [b"client_id=\xff\xfe", b"\x80", b"state=\xc3\x28", "ü=ö".encode()])
def test_bytes_in_a_query_that_no_browser_sends_break_nothing(opened, query):
    async def ask(path):
        sent = []

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "https",
            "path": path, "raw_path": path.encode(), "root_path": "", "query_string": query,
            "headers": [(b"host", b"id.example")], "client": ("192.0.2.7", 1), "server": ("id.example", 443),
        }  # fmt: skip
        await opened.house.app(scope, receive, send)
        return sent[0]["status"]

    for path in ("/authorize", "/logout", "/sign-in"):
        assert on_loop(opened, ask(path)) < 500


@pytest.mark.parametrize(("size", "status"), [(2_000_000, 413), (100_000, 400)])
def test_a_body_that_is_too_long_is_413_and_a_form_that_is_too_long_is_400(opened, size, status):
    async def fill():
        walker = opened.house.walker()
        page = await walker.get("/sign-in")
        return await walker.http.post(page.where, content=b"email=" + b"a" * size, headers={"content-type": TYPES[0]})

    assert on_loop(opened, fill()).status_code == status
