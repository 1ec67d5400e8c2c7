"""A person in a browser without script: forms are filled in, our own redirects followed, everybody else's shown."""

import html
import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2

from limen.experience.rendering import Catalogue
from limen.kernel.encoding import b64url, sha256

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Safari/604.1"
VERIFIER = "a-verifier-of-forty-three-characters-at-least-0"
CHALLENGE = b64url(sha256(VERIFIER.encode()))
MANY_REDIRECTS = 8
VOID = frozenset({"input", "meta", "link", "br", "img", "hr", "path", "circle"})


@dataclass
class Form:
    """A form as a browser would send it: ``buttons`` are sent only by whoever presses them."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.root: dict[str, str] = {}
        self.title = self.h1 = ""
        self.alerts: list[str] = []
        self.errors: dict[str, str] = {}
        self.notices: list[str] = []
        self.links: list[str] = []
        self._open: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        match tag:
            case "html":
                self.root = given
            case "form":
                self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
            case "input" | "textarea" if self.forms and "name" in given:
                if given.get("type") != "checkbox" or "checked" in given:  # else sent only by whoever ticks it
                    self.forms[-1].fields[given["name"]] = given.get("value", "")
            case "button" if self.forms and "name" in given:
                self.forms[-1].buttons.append((given["name"], given.get("value", "")))
            case "a":
                self.links.append(given.get("href", ""))
        if given.get("role") == "alert":
            self.alerts.append("")
        if given.get("role") == "status":
            self.notices.append("")
        if tag not in VOID:
            self._open.append((tag, given))

    def handle_endtag(self, tag: str) -> None:
        if any(tag == one for one, _ in self._open):
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][0] == "textarea" and self.forms:
            lines = data.removeprefix("\n").replace("\n", "\r\n")  # as a browser reads and sends it
            self.forms[-1].fields[self._open[-1][1]["name"]] += lines
        text = data.strip()
        if not text or not self._open:
            return
        if self._open[-1][0] == "title":
            self.title += text
        for tag, given in self._open:
            if tag == "h1":
                self.h1 = f"{self.h1} {text}".strip()
            if given.get("role") == "alert":
                self.alerts[-1] = f"{self.alerts[-1]} {text}".strip()
            if given.get("role") == "status":
                self.notices[-1] = f"{self.notices[-1]} {text}".strip()
            if given.get("id", "").endswith("-error"):
                name = given["id"].removesuffix("-error")
                self.errors[name] = f"{self.errors.get(name, '')} {text}".strip()


class Page:
    """What a browser shows after its own redirects; ``location`` is where it was sent outside of the house."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        self.status = response.status_code
        self.url = str(response.url)
        self.path = response.url.path
        self.headers = response.headers
        self.text = response.text.replace("<wbr>", "")  # where a line may break: nobody reads it
        self.location = response.headers.get("location", "")

    @cached_property
    def _read(self) -> _Reader:
        """What is on the page, read when somebody looks."""
        is_html = self.headers.get("content-type", "").startswith("text/html")
        return _Reader(self.text if is_html else "")

    @property
    def title(self) -> str:
        return self._read.title

    @property
    def h1(self) -> str:
        return self._read.h1

    @property
    def forms(self) -> list[Form]:
        return self._read.forms

    @property
    def links(self) -> list[str]:
        return self._read.links

    @property
    def errors(self) -> dict[str, str]:
        return self._read.errors

    @cached_property
    def notices(self) -> list[str]:
        return [text for text in self._read.notices if text]

    @property
    def alert(self) -> str:
        return " ".join(self._read.alerts).strip()

    @property
    def lang(self) -> str:
        return self._read.root.get("lang", "")

    @property
    def dir(self) -> str:
        return self._read.root.get("dir", "")

    def __repr__(self) -> str:
        return f"<{self.status} {self.path} {self.h1!r} {self.alert!r} {self.notices} {self.location[:60]!r}>"

    @property
    def form(self) -> Form:
        """The form of the main part: the last one."""
        return self.forms[-1]

    @property
    def where(self) -> str:
        """Where the journey of this page goes on, whatever address it began at."""
        if not self.forms:
            return f"/journey/{self.json['journey']}"
        return self.form.action

    @property
    def fields(self) -> dict[str, str]:
        return self.form.fields

    @property
    def answer(self) -> dict[str, str]:
        """The parameters of the redirect to an application."""
        parts = urlsplit(self.location)
        return dict(parse_qsl(f"{parts.query}&{parts.fragment}", keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Walker:
    """A person in a browser of their own, at one tenant."""

    def __init__(self, house: Any, http: httpx2.AsyncClient, prefix: str = "") -> None:
        self.house = house
        self.http = http
        self.prefix = prefix

    # ------------------------------------------------------------------------------------------ the browser

    async def get(self, path: str, **params: str) -> Page:
        """GET *path* (below the tenant's prefix, or absolute) and follow our own redirects."""
        return await self._follow(await self.http.get(self._at(path), params=params or None))

    async def post(self, page: Page, *, form: Form | None = None, **changes: str | None) -> Page:
        """Send the form of *page* with *changes*; None leaves a field out."""
        return await self._follow(await self.raw_post(page, form=form, **changes))

    async def raw_post(self, page: Page, *, form: Form | None = None, **changes: str | None) -> httpx2.Response:
        """As :meth:`post`, without following."""
        form = form or page.form
        sent = {name: value for name, value in {**form.fields, **changes}.items() if value is not None}
        try:
            return await self.http.post(form.action, data=sent)
        finally:
            self.let_a_moment_pass()

    def let_a_moment_pass(self) -> None:
        """Move the house's clock: nobody sends two forms in one instant."""
        self.house.clock.advance(0.001)

    @property
    def cookie(self) -> str:
        """The browser's cookie, as it is now."""
        found = [cookie.value for cookie in self.http.cookies.jar if cookie.name == self.cookie_name]
        return found[-1] or "" if found else ""

    @property
    def cookie_name(self) -> str:
        return f"__Host-limen-{self.prefix.removeprefix('/t/') or 'default'}"

    def carry(self, cookie: str) -> None:
        """Put another cookie in place of the browser's."""
        for one in [cookie for cookie in self.http.cookies.jar if cookie.name == self.cookie_name]:
            self.http.cookies.jar.clear(one.domain, one.path, one.name)
        self.http.cookies.set(self.cookie_name, cookie, domain="id.example", path="/")

    def _at(self, path: str) -> str:
        return path if path.startswith("http") else f"{self.prefix}{path}"

    async def _follow(self, response: httpx2.Response) -> Page:
        base = f"{self.http.base_url.scheme}://{self.http.base_url.host}"
        for _ in range(MANY_REDIRECTS):
            target = response.headers.get("location", "")
            if response.status_code not in {301, 302, 303, 307} or not (target.startswith(("/", base))):
                return Page(response)
            response = await self.http.get(target)
        raise AssertionError(f"redirected in a circle: {target}")

    # ------------------------------------------------------------------------------------------- the journeys

    async def begin_sign_up(self, email: str, password: str, name: str = "Ann Lee") -> Page:
        """Sign up as far as the page that wants the code."""
        page = await self.get("/sign-up")
        return await self.post(page, email=email, password=password, name=name)

    async def sign_up(self, email: str, password: str, name: str = "Ann Lee") -> Page:
        """Sign up, typing the code from the mail."""
        page = await self.begin_sign_up(email, password, name)
        return await self.post(page, code=code_in((await self.house.mails(email))[-1]))

    async def sign_in(self, email: str, password: str, page: Page | None = None) -> Page:
        """Sign in, on *page* or a fresh one."""
        return await self.post(page or await self.get("/sign-in"), email=email, password=password)

    async def begin_recovery(self, email: str) -> Page:
        """Ask for recovery, as far as the page that wants the code."""
        return await self.post(await self.get("/recover"), email=email)

    async def recover(self, email: str, password: str) -> Page:
        """Set a new password by the code from the mail."""
        page = await self.begin_recovery(email)
        page = await self.post(page, code=code_in((await self.house.mails(email))[-1]))
        return await self.post(page, password=password)

    def request(self, client_id: str, **params: str | None) -> dict[str, str]:
        """The parameters of an authorization request; None leaves one out."""
        given: dict[str, str | None] = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": "https://shop.example/callback",
            "scope": "openid profile email offline_access",
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **params,
        }
        return {name: value for name, value in given.items() if value is not None}

    async def authorize(self, client_id: str, **params: str | None) -> Page:
        """Arrive from an application."""
        return await self.get(f"/authorize?{urlencode(self.request(client_id, **params))}")

    async def allow(self, page: Page) -> Page:
        """Allow what the consent page asks for."""
        return await self.post(page, decision="allow")

    async def tokens(self, client: tuple[str, str], page: Page) -> dict[str, Any]:
        """Redeem the code that *page* carries to the application."""
        return await self.token(client, grant_type="authorization_code", code=page.answer["code"],
                                redirect_uri="https://shop.example/callback", code_verifier=VERIFIER)  # fmt: skip

    async def token(self, client: tuple[str, str], **form: str) -> dict[str, Any]:
        """Ask the token endpoint as *client*; the JSON answer, with its ``status``."""
        async with self.house.client() as machine:
            answer = await machine.post(f"{self.prefix}/token", data=form, auth=client)
        return {**answer.json(), "status": answer.status_code}


def says(key: str, locale: str = "en", **values: str) -> str:
    """The words of a message key, to compare a page's words with."""
    return Catalogue.for_locale(locale).text(key, **values)


def code_in(mail: Any) -> str:
    """The six digits in a message."""
    found = re.search(r"^\s+(\d{6})\s*$", mail.text, re.MULTILINE)
    assert found, mail.text
    return found[1]


def link_in(mail: Any) -> str:
    """The link to follow in a message."""
    found = re.search(r"https?://\S+/link/\S+", mail.text)
    assert found, mail.text
    return html.unescape(found[0])
