"""Walks Limen's sign-in pages over HTTP, as a script for the load engine.

GET /authorize leads to a journey page; its forms are read and posted with their hidden fields and cookies until the
redirect carries a code. Nothing here knows the order of the pages.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from bench.limen.forms import Form, choose_form
from bench.load.http import Response, form_request, request_bytes
from bench.load.scripts import Ask, Script, json_body
from bench.request import REDIRECT_URI, VERIFIER, authorization_request

_MAX_STEPS = 16
_ON = frozenset({200, 302, 303})
_MOVED = frozenset({302, 303})


@dataclass(frozen=True, slots=True)
class Site:
    """Where Limen is and which client signs people in."""

    origin: str
    basic: str
    client_id: str = "bench-web"
    redirect_uri: str = REDIRECT_URI

    def authorize_url(self) -> str:
        """Return the authorization request."""
        return f"{self.origin}/authorize?{urlencode(authorization_request(self.client_id))}"


@dataclass(frozen=True, slots=True)
class Person:
    """A customer who can sign in."""

    email: str
    password: str = field(repr=False)


class WalkError(Exception):
    """The pages did not lead where they should; the text names the last one."""


class _Browser:
    """One person's cookies and the address they are at."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.url = site.authorize_url()
        self._cookies: dict[str, str] = {}

    def get(self) -> bytes:
        return request_bytes("GET", self._target(), self._headers())

    def post(self, form: Form, values: dict[str, str]) -> bytes:
        self.url = urljoin(self.url, form.action) if form.action else self.url
        headers = {**self._headers(), "Origin": self.site.origin}
        return form_request(self._target(), headers, urlencode(values).encode())

    def take(self, response: Response) -> None:
        for cookie in response.header_values("set-cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name.strip()] = value
        if response.status in _MOVED:
            self.url = urljoin(self.url, response.header_values("location")[0])

    def _target(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"

    def _headers(self) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers = {"Host": urlsplit(self.site.origin).netloc, "Accept": "text/html", "User-Agent": "limen-bench"}
        return {**headers, "Cookie": cookies} if cookies else headers


def _filled(form: Form, person: Person) -> dict[str, str]:
    values = dict(form.fields)
    for name, kind in form.kinds.items():
        if kind == "password":
            values[name] = person.password
        elif kind == "email" or name in {"email", "identifier", "username"}:
            values[name] = person.email
    button = form.agreeing_button()
    return {**values, button[0]: button[1]} if button else values


def to_code(site: Site, person: Person, *, stop_at_password: bool) -> Generator[Ask, Response, str]:
    """Sign *person* in and return the code, or "" right after the password was accepted.

    Only the password's answer counts as work done; the rest of the walk is the way there.
    """
    browser = _Browser(site)
    request, is_password = browser.get(), False
    for _ in range(_MAX_STEPS):
        response = yield Ask(request, counted=is_password, good=_MOVED if is_password else _ON)
        browser.take(response)
        if is_password and stop_at_password:
            return ""
        if browser.url.startswith(site.redirect_uri):
            return parse_qs(urlsplit(browser.url).query).get("code", [""])[0]
        if response.status in _MOVED:
            request, is_password = browser.get(), False
            continue
        form = choose_form(response.text())
        if form is None:
            message = f"no form leads on from {urlsplit(browser.url).path} (status {response.status})"
            raise WalkError(message)
        is_password = form.asks_password()
        request = browser.post(form, _filled(form, person))
    message = f"no code after {_MAX_STEPS} pages; last at {urlsplit(browser.url).path}"
    raise WalkError(message)


class SigningIn:
    """Password sign-ins, one after another, each by another customer with fresh cookies."""

    renews = True

    def __init__(self, site: dict[str, str], people: list[list[str]]) -> None:
        """Take the site's fields and (e-mail, password) pairs as they came through JSON."""
        self._site = Site(**site)
        self._people = [Person(*pair) for pair in people]

    def script(self, index: int) -> Script:
        """Return one sign-in, up to the accepted password."""
        yield from to_code(self._site, self._people[index % len(self._people)], stop_at_password=True)

    def state(self) -> list[str]:
        """Return nothing: sessions are left to expire."""
        return []


class Harvesting:
    """Whole sign-ins that end at the token endpoint, to collect refresh tokens."""

    renews = True

    def __init__(self, site: Site, people: list[Person], wanted: int) -> None:
        """Collect *wanted* tokens, going round the people."""
        self._site = site
        self._people = people
        self._wanted = wanted
        self._tokens: list[str] = []

    def script(self, index: int) -> Script | None:
        """Return one whole sign-in, or None once enough were begun."""
        return self._collect(index) if index < self._wanted else None

    def _collect(self, index: int) -> Script:
        code = yield from to_code(self._site, self._people[index % len(self._people)], stop_at_password=False)
        body = urlencode(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self._site.redirect_uri,
                "code_verifier": VERIFIER,
            }
        )
        headers = {"Host": urlsplit(self._site.origin).netloc, "Authorization": self._site.basic}
        response = yield Ask(form_request("/token", headers, body.encode()))
        self._tokens.append(str(json_body(response)["refresh_token"]))

    def state(self) -> list[str]:
        """Return the refresh tokens."""
        return self._tokens
