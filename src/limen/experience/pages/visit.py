"""One visit: which tenant, which browser, which language; and how its answers are made."""

import hmac
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import msgspec

from limen.access.http import HotResponse, PageRequest, parse_form
from limen.access.journeys.arrival import Arrived
from limen.access.journeys.dispatcher import Opened
from limen.access.journeys.parts import JourneyParts, JourneyUnit
from limen.access.journeys.records import JourneyState
from limen.access.oauth.response import ResponseTarget
from limen.access.sessions.cookies import BrowserCookie, new_browser, newcomer, read_cookie
from limen.access.sessions.records import Browser
from limen.experience.pages.answers import Header, html, in_header, redirect, saying
from limen.experience.pages.parts import PageParts, PageUnit, TenantPages
from limen.experience.rendering import Brand, named, negotiate_locale, spoken
from limen.experience.rendering.renderer import Build
from limen.identity.tenants.records import Tenant
from limen.kernel.context import RequestContext
from limen.kernel.errors import Invalid, Refusal
from limen.kernel.languages import wanted
from limen.trust.bots.agents import Sent, signed_by

MAX_FORM = 64 * 1024
LONGEST_QUERY = 8_000
"""What is passed on in a URL of ours; the edge takes a little more."""
LANGUAGE_COOKIE = "limen-language"
_YEAR = 31_536_000


class Visit:
    """A request with its tenant resolved and its browser proven.

    Attributes:
        request: it; ``path`` is its path below the tenant's prefix, which is ``prefix``.
        parts: what all pages share.
        tenant: the tenant's own parts.
        context: what is handed down of the request.
        locale: the language to answer in.
        wished: the languages that it named itself, separated by spaces.
        desk: the tenant's token desk.
        journey_parts: what its journeys are made of.
        journeys: its dispatcher.
        shown_cookie: the cookie of ours that came along, whether or not it still proves anything.
        browser: None until a cookie proves one.
        newcomer: a browser that was given its cookie and has answered nothing yet: it is not stored.
        cookie: the cookie that does.
        fresh_cookie: what the answer sets in its place.
    """

    __slots__ = (
        "browser", "context", "cookie", "desk", "fresh_cookie", "journey_parts", "journeys", "locale", "newcomer",
        "parts", "path", "prefix", "request", "shown_cookie", "tenant", "wished",
    )  # fmt: skip

    def __init__(
        self, request: PageRequest, parts: PageParts, tenant: TenantPages, context: RequestContext, wished: str = ""
    ) -> None:
        """Begin with nobody proven."""
        self.request, self.path, self.parts, self.tenant = request, request.path, parts, tenant
        self.context, self.locale, self.wished = context, context.locale, wished
        self.journeys, self.journey_parts = tenant.journeys, tenant.journeys.parts
        self.desk = self.journey_parts.desk
        self.prefix = self.desk.tenant.prefix
        self.shown_cookie = read_cookie(request.cookies.get(tenant.cookie, ""))
        self.browser: Browser | None = None
        self.newcomer: Browser | None = None
        self.cookie: BrowserCookie | None = None
        self.fresh_cookie: BrowserCookie | None = None

    async def parameters(self) -> str | Refusal:
        """Return the raw query of a GET, or the raw form of a POST, not to be trusted."""
        if self.request.method != "POST":
            return self.request.query
        body = await self.request.body()
        checked = parse_form(body[: MAX_FORM + 1], self.request.headers.get("content-type"))
        return checked if isinstance(checked, Refusal) else body.decode()

    async def prove(self, unit: PageUnit) -> None:
        """Find the browser that the cookie proves, as *unit* sees it."""
        cookie = self.shown_cookie
        if cookie is None:
            return
        browser = await unit.sessions.browser(cookie.id)
        if cookie.proves(browser):
            self.browser, self.cookie = browser, cookie
        elif browser is None:
            self.newcomer = newcomer(cookie, self.tenant.newcomers, self.journey_parts.clock.now())
            self.cookie = cookie if self.newcomer is not None else None

    async def is_proven(self, unit: JourneyUnit) -> bool:
        """Tell whether the cookie proves its browser still, as *unit* sees it: who signs in changes its secret."""
        return self.cookie is not None and self.cookie.proves(await unit.sessions.browser(self.cookie.id))

    def speak(self, wished: Sequence[str]) -> None:
        """Answer from here on in the best of the *wished* languages (``ui_locales``) that there are words for.

        Those of a query are heard before anything is read; those of a form, a request object or a pushed request here.
        """
        if not wished:
            return
        chosen = " ".join(wished)[:512]
        self.wished = f"{self.wished} {chosen}"
        accepted = (self.request.headers.get("accept-language") or "")[:512]
        self.locale = negotiate_locale(accepted, spoken(self.desk.tenant.settings.locales), chosen)
        self.context = msgspec.structs.replace(self.context, locale=self.locale, languages=wanted(accepted, chosen))

    @property
    def is_stripped(self) -> bool:
        """Tell whether this is a POST without our cookie, which browsers leave out where it comes from elsewhere.

        A new cookie would replace the one that they hold, and sign everybody out; a redirect brings it along
        (``SameSite=Lax``, RFC 6265bis §5.6.7.1).
        """
        return self.request.method == "POST" and self.cookie is None

    async def ensure_browser(self) -> Browser:
        """Return this browser, made known to us if it was not."""
        if self.browser is None:
            browser = self._welcomed()
            async with self.parts.begin(self.journey_parts.tenant_id) as unit:
                await unit.sessions.add_browser(browser)
            self.browser, self.newcomer = browser, None
        return self.browser

    def _welcomed(self) -> Browser:
        """Return this browser, which is not stored: the one that was given a cookie, or a new one that is given one."""
        if self.newcomer is None:
            parts = self.journey_parts
            self.newcomer, self.cookie = new_browser(parts.clock, parts.entropy, self.tenant.newcomers)
            self.fresh_cookie = self.cookie
        return self.newcomer

    async def begin(self, state: JourneyState, *, may_wait: bool = False) -> Opened | Arrived | Refusal:
        """Begin a journey here; a browser that was not known to us is stored with it.

        Neither need be stored where the page that is shown now *may* bear them until it is answered.
        """
        browser = self.browser or self._welcomed()
        return await self.journeys.begin(state, browser, self.context, newcomer=self.newcomer, may_wait=may_wait)

    def csrf(self, scope: str) -> str:
        """Return the token for forms of *scope*, bound to this browser's present secret."""
        who = f"{self.cookie.id}.{self.cookie.secret}" if self.cookie is not None else ""
        return self.tenant.csrf.digest(f"{who}\n{scope}".encode()).hex()[:40]

    async def form(self, scope: str) -> dict[str, str] | Refusal:
        """Return the posted form, if it comes from a page of ours.

        The token proves it; ``Sec-Fetch-Site`` refuses earlier where a browser sends it.
        """
        if self.request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return Invalid("csrf", "cross-site post")
        body = await self.request.body()
        form = parse_form(body[: MAX_FORM + 1], self.request.headers.get("content-type"))
        if isinstance(form, Refusal):
            return form
        if not hmac.compare_digest(form.get("csrf", "").encode(), self.csrf(scope).encode()):
            return Invalid("csrf", "the form's token does not fit this browser")
        return form

    def page(
        self,
        template: str,
        context: Mapping[str, Any],
        status: int = 200,
        *,
        fresh: Mapping[str, str] | None = None,
        build: Build = dict,
    ) -> HotResponse:
        """Return a rendered page; *fresh* is what is new each time, where the rest is nobody's in particular.

        *build* makes of it what the template is given of it: itself, unless it stands inside something else.
        """
        tenant = self.desk.tenant
        base: dict[str, Any] = {
            "brand": brand_of(tenant),
            "prefix": self.prefix,
            "nonce": self.request.policy.nonce,
            "languages": named(spoken(tenant.settings.locales)),
        }
        if fresh is None:
            text = self.parts.renderer.render(template, self.locale, {**base, **context})
        else:
            values = {"nonce": base.pop("nonce"), **fresh}
            text = self.parts.renderer.render_fresh(template, self.locale, {**base, **context}, values, build)
        return self.dress(html(text, status))

    def go(self, path: str) -> HotResponse:
        """Return a redirect to one of our own pages, below the tenant's prefix."""
        return self.dress(redirect(f"{self.prefix}{path}"))

    def deliver(self, target: ResponseTarget, client_name: str = "", *, by_page: bool = False) -> HotResponse:
        """Return an answer to an application: a redirect, or a page whose form posts it, or one that leads there."""
        if not target.is_posted:
            return self.leave(target.location, client_name, by_page=by_page)
        self.allow_form_target(target.url)
        self.request.policy.allow_handing_on(target.url)
        fields = {"action": target.url, "fields": target.fields, "client_name": client_name}
        return self.page("form_post.html", fields)

    def leave(self, location: str, client_name: str, *, by_page: bool) -> HotResponse:
        """Return a redirect to an application; behind a form a page that leads there, where it must be *by_page*.

        Chromium holds every redirect behind a form to the policy of its page, and none behind a page (ADR 0038).
        """
        if not by_page or self.request.method != "POST":
            return self.dress(redirect(location))
        page = self.page("handed_on.html", {"continue_url": location, "client_name": client_name})
        return saying(page, ("refresh", f"0;url={in_header(location)}"))  # without script; the link says the same

    def allow_form_target(self, *uris: str) -> None:
        """Let this page's form lead to *uris*, where a policy can name their origins."""
        for uri in uris:
            try:
                self.request.policy.allow_form_target(uri)
            except ValueError:
                continue

    def dress(self, answer: HotResponse) -> HotResponse:
        """Return *answer* with the cookies that changed during this visit."""
        cookies: list[Header] = []
        if self.fresh_cookie is not None:
            lasts = self.desk.lifetimes.session_absolute
            cookies.append(self._cookie(self.tenant.cookie, self.fresh_cookie.text(), lasts))
        if self.wished:
            wished = self.wished.lower().replace("_", "-").split()
            if any(f"{tag}-".startswith(f"{self.locale.lower()}-") for tag in wished):
                cookies.append(self._cookie(LANGUAGE_COOKIE, self.locale, _YEAR))
        return saying(answer, *cookies) if cookies else answer

    def _cookie(self, name: str, value: str, seconds: int) -> Header:
        # Written here: names and values of ours need no quoting, which is most of the framework's work.
        secure = "; Secure" if self.parts.secure_cookies else ""
        return "set-cookie", f"{name}={value}; HttpOnly; Max-Age={seconds}; Path=/; SameSite=lax{secure}"


def cookie_name(tenant: Tenant, *, secure: bool) -> str:
    """Return the cookie's name; ``__Host-`` binds it to this host and to https (RFC 6265bis §4.1.3.2)."""
    return f"{'__Host-' if secure else ''}limen-{tenant.slug}"


def brand_of(tenant: Tenant) -> Brand:
    """Return the tenant's look."""
    branding = tenant.settings.branding
    return _brand(tenant.name, branding.accent, branding.logo_url)


@lru_cache(maxsize=256)
def _brand(name: str, accent: str, logo_url: str) -> Brand:
    return Brand(name=name, accent=accent, logo_url=logo_url)


def _signed_by(request: PageRequest, parts: PageParts, journeys: JourneyParts) -> str:
    """Return the agent that signed *request* to the issuer's host, or nothing."""
    if parts.agents is None:
        return ""

    def header(name: str) -> str:
        return ", ".join(value.strip() for value in request.headers.get_all(name.lower()))

    path = request.arrival.prefix + request.path
    sent = Sent(urlsplit(journeys.desk.issuer).netloc, header, request.method, path)
    return signed_by(sent, parts.agents(), journeys.clock.now())


async def arrive_at(request: PageRequest, parts: PageParts, *, proves: bool = True) -> Visit | None:
    """Resolve tenant, browser and language of *request*; None where no active tenant answers.

    Where it *proves* no browser, the page does so in the unit that it begins anyway: :meth:`Visit.prove`.
    """
    arrival, headers = request.arrival, request.headers
    tenant = await parts.tenant(arrival.prefix)
    if tenant is None:
        return None
    journeys = tenant.journeys.parts
    record = journeys.desk.tenant
    asked = request.parameter("ui_locales")[:512] if "ui_locales" in request.query else ""
    chosen = (asked or request.cookies.get(LANGUAGE_COOKIE, ""))[:512]
    accepted = (headers.get("accept-language") or "")[:512]
    context = RequestContext(
        request_id=arrival.request_id,
        address=arrival.address,
        user_agent=(headers.get("user-agent") or "")[:400],
        locale=negotiate_locale(accepted, spoken(record.settings.locales), chosen),
        languages=wanted(accepted, chosen),
        signed_by=_signed_by(request, parts, journeys) if headers.get("signature-input") is not None else "",
        gpc=record.settings.privacy.gpc and headers.get("sec-gpc") == "1",
    )
    visit = Visit(request, parts, tenant, context, asked)
    if proves and visit.shown_cookie is not None:
        async with parts.read(record.id) as unit:
            await visit.prove(unit)
    return visit
