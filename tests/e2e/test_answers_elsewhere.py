"""Answers that a browser carries to applications: posted forms, and frames in which they sign out."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from playwright.async_api import Browser

from tests.e2e.tab import Tab, settings, sign_up
from tests.integration.tokens.kit import claims
from tests.support.ports import free_port
from tests.support.running import Running, limen
from tests.support.waiting import PATIENCE
from tests.support.walker import CHALLENGE, VERIFIER

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]
SECRET = "a-secret-of-the-shop-that-is-long-enough-to-be-one"
FRAME_OF = """address => new Promise(told => {
    addEventListener("securitypolicyviolation", event => told(event.effectiveDirective));
    const frame = document.createElement("iframe");
    frame.onload = () => setTimeout(() => told("loaded"), 0);
    frame.src = address;
    document.body.append(frame);
})"""
"""Frames a stranger; returns the directive that forbids it."""


@dataclass
class Party:
    """An application: an origin of its own, and what came there."""

    url: str
    heard: list[tuple[str, str, dict[str, str], str]] = field(default_factory=list)
    """Method, path, parameters, cookies."""
    onward: str = ""
    """Where it sends the browser once it has its answer."""

    def of(self, path: str) -> list[tuple[str, dict[str, str], str]]:
        """Return method, parameters and cookies of what came to *path*."""
        return [(method, given, cookies) for method, at, given, cookies in self.heard if at == path]


class Door(BaseHTTPRequestHandler):
    """Takes everything, and keeps what came."""

    def __init__(self, party: Party, *rest: object) -> None:
        self.party = party
        super().__init__(*rest)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self._take(urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._take(self.rfile.read(int(self.headers["content-length"])).decode())

    def _take(self, parameters: str) -> None:
        path = urlsplit(self.path).path
        self.party.heard.append((self.command, path, dict(parse_qsl(parameters)), self.headers.get("cookie", "")))
        onward = self.party.onward if path == "/callback" else ""
        self.send_response(303 if onward else 200)
        if onward:
            self.send_header("location", onward)
        self.send_header("content-type", "text/html")
        self.send_header("set-cookie", "application=known; Path=/; SameSite=Lax")
        self.end_headers()
        self.wfile.write(b"" if onward else f"<title>{path}</title><h1>{self.command}</h1>".encode())

    def log_message(self, format: str, *_args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Party, Party, Party]]:
    """Three origins: two applications, of which one is of another site than Limen, and a stranger."""
    with ExitStack() as stack:
        made = []
        for host in ("localhost", "127.0.0.1", "localhost"):
            party = Party(f"http://{host}:{free_port()}")
            where = urlsplit(party.url)
            server = ThreadingHTTPServer(("127.0.0.1", where.port or 0), partial(Door, party))
            Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            made.append(party)
        yield made[0], made[1], made[2]


def policy(headers: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the directives of a page's content security policy."""
    directives = [part.split() for part in headers["content-security-policy"].split(";")]
    return {name: sources for name, *sources in directives}


@pytest.fixture(scope="module")
def tenant(sqlite_house: Running, served: tuple[Party, Party, Party]) -> str:
    """A tenant with both applications; its issuer."""
    house = sqlite_house
    clients = [
        {
            "client_id": f"party-{number}",
            "secret": {"env": "LIMEN_SECRET_PARTY"},
            "redirect_uris": [f"{party.url}/callback"],
            "client_uri": f"{served[1].url}/",
            "post_logout_redirect_uris": [f"{party.url}/gone"],
            "frontchannel_logout_uri": f"{party.url}/bye",
            "frontchannel_logout_session_required": True,
            "require_consent": False,
        }
        for number, party in enumerate(served[:2])
    ]
    broker = {"client_id": "party-broker", "callback_leads_on": True, "secret": {"env": "LIMEN_SECRET_PARTY"},
              "redirect_uris": [f"{served[0].url}/callback"], "require_consent": False}  # fmt: skip
    clients.append(broker)
    document = {"version": 1, "tenant": {"slug": "elsewhere", "name": "Elsewhere"}, "clients": clients}
    (house.folder / "elsewhere.yaml").write_text(json.dumps(document))
    more = {"LIMEN_ISSUER": house.url, "LIMEN_DATA_DIR": str(house.folder / "data"), "LIMEN_SECRET_PARTY": SECRET,
            "LIMEN_INSECURE_HTTP": "true"}  # fmt: skip
    limen("apply", "elsewhere.yaml", folder=house.folder, more=more)
    return f"{house.url}/t/elsewhere"


@pytest.fixture
def parties(served: tuple[Party, Party, Party]) -> tuple[Party, Party, Party]:
    """The origins, which have heard nothing yet."""
    for party in served:
        party.heard.clear()
        party.onward = ""
    return served


@dataclass
class Person:
    """A customer's browser, and what its console complained of."""

    tab: Tab
    tenant: str
    parties: tuple[Party, Party, Party]
    complaints: list[str]

    async def ask(self, number: int, **more: str) -> None:
        """Go to the authorization endpoint for one of the applications."""
        asked = {"client_id": f"party-{number}", "redirect_uri": f"{self.parties[number].url}/callback",
                 "response_type": "code", "state": "s", "scope": "openid", "code_challenge": CHALLENGE,
                 "code_challenge_method": "S256", **more}  # fmt: skip
        await self.tab.page.goto(f"{self.tenant}/authorize?{urlencode(asked)}")

    async def redeem(self, number: int, code: str) -> dict[str, Any]:
        """Redeem *code* as the application does."""
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER,
                "redirect_uri": f"{self.parties[number].url}/callback"}  # fmt: skip
        async with httpx2.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
            answer = await http.post(f"{self.tenant}/token", data=form, auth=(f"party-{number}", SECRET))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def at(self, party: Party, path: str) -> None:
        """Wait until the browser shows a page of an application."""
        await self.tab.page.wait_for_url(f"{party.url}{path}**")
        assert self.complaints == []


OpenPerson = Callable[..., Awaitable[Person]]


@pytest.fixture
async def arriving(
    browser: Browser, house: Running, tenant: str, parties: tuple[Party, Party, Party], email: str
) -> AsyncIterator[OpenPerson]:
    """A way for a customer to sign up at an application's asking, in a browser of their own with *more* settings."""
    async with AsyncExitStack() as stack:

        async def arrive(number: int, asked: dict[str, str], **more: object) -> Person:
            context = await browser.new_context(**settings(**more))
            stack.push_async_callback(context.close)
            tab = await Tab.open(context, house, script=more.get("java_script_enabled", True) is True)
            person = Person(tab, tenant, parties, [])
            tab.page.on("console", lambda said: person.complaints.append(said.text) if said.type == "error" else None)
            await person.ask(number, **asked)
            await tab.press("intent", "sign_up")
            await sign_up(tab, email)
            return person

        yield arrive


async def test_form_post_reaches_the_application_by_itself_and_it_may_send_the_browser_elsewhere(
    arriving: OpenPerson, parties: tuple[Party, Party, Party]
):
    parties[0].onward = f"{parties[2].url}/welcome"
    person = await arriving(0, {"response_mode": "form_post"})
    await person.at(parties[2], "/welcome")
    [(method, given, _)] = parties[0].of("/callback")
    assert (method, given["state"], given["iss"]) == ("POST", "s", person.tenant)
    assert "id_token" in await person.redeem(0, given["code"])
    assert given["code"] not in person.tab.page.url


async def test_form_post_is_a_button_without_script_and_its_jwt_is_signed_for_the_application(
    arriving: OpenPerson, parties: tuple[Party, Party, Party]
):
    person = await arriving(1, {"response_mode": "form_post.jwt"}, java_script_enabled=False)
    await person.tab.sees("One moment")
    assert parties[1].heard == []
    await person.tab.press()
    await person.at(parties[1], "/callback")
    [(method, given, _)] = parties[1].of("/callback")
    assert (method, set(given)) == ("POST", {"response"})
    async with httpx2.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
        keys = KeySet.import_key_set((await http.get(f"{person.tenant}/jwks")).json())
    said = jwt.decode(given["response"], keys).claims
    assert (said["iss"], said["aud"], said["state"]) == (person.tenant, "party-1", "s")
    assert "id_token" in await person.redeem(1, said["code"])


async def test_a_callback_that_leads_on_to_a_stranger_is_reached_by_a_page_and_once(
    arriving: OpenPerson, parties: tuple[Party, Party, Party]
):
    parties[0].onward = f"{parties[2].url}/welcome"
    person = await arriving(0, {"client_id": "party-broker"}, java_script_enabled=False)
    await person.at(parties[2], "/welcome")
    [(method, given, _)] = parties[0].of("/callback")
    assert (method, set(given)) == ("GET", {"code", "state", "iss"})
    await person.tab.page.go_back()  # the page that led there is no place to come back to
    assert person.tab.page.url.startswith(person.tenant)
    assert len(parties[0].of("/callback")) == 1


async def test_signing_out_loads_the_frames_of_all_that_took_part_and_of_nobody_else(
    arriving: OpenPerson, parties: tuple[Party, Party, Party]
):
    parties[0].onward = f"{parties[1].url}/welcome"  # its other origin, which is registered
    person = await arriving(0, {})
    await person.at(parties[1], "/welcome")
    token = (await person.redeem(0, parties[0].of("/callback")[0][1]["code"]))["id_token"]
    await person.ask(1)  # signed in already
    await person.at(parties[1], "/callback")
    sids = [
        claims(one)["sid"]
        for one in (token, (await person.redeem(1, parties[1].of("/callback")[0][1]["code"]))["id_token"])
    ]
    page = person.tab.page
    back = urlencode({"id_token_hint": token, "post_logout_redirect_uri": f"{parties[0].url}/gone", "state": "x"})
    answer = await page.goto(f"{person.tenant}/logout?{back}")
    assert answer is not None
    assert policy(answer.headers)["frame-src"] == [party.url for party in parties[:2]]
    assert await page.evaluate(FRAME_OF, f"{parties[2].url}/bye") == "frame-src"
    await person.tab.page.wait_for_url(f"{parties[0].url}/gone?state=x")
    for party, sid in zip(parties[:2], sids, strict=True):
        [(method, given, cookies)] = party.of("/bye")
        assert (method, given) == ("GET", {"iss": person.tenant, "sid": sid})
        # A frame of another site gets no cookies: by `sid` alone it can tell whom to sign out.
        assert ("application=known" in cookies) == (party is parties[0])
    assert parties[2].heard == []
