"""A tab of a real browser that holds every page it sees to what all pages must be.

Nobody else is asked for anything, the browser's console stays silent (a breach of the content security policy would
speak there), axe-core finds nothing, the page fits its window, and it weighs little.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import BrowserContext, ConsoleMessage, Locator, Page, Request, Response, WebError, expect

from tests.support import node, parts, places
from tests.support.chromium import MILLISECONDS
from tests.support.running import Running
from tests.support.visitor import visiting
from tests.support.waiting import until
from tests.support.walker import code_in, link_in

HEAVIEST = 50_000
"""Bytes of a page with all that it loads, uncompressed."""
MOST_REQUESTS = 3
_STATUS = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")
_VIOLATIONS = """options => axe.run(document, options).then(found => found.violations.map(
    one => [one.id, one.help, one.nodes.map(where => where.target.join(" ") + ": " + where.failureSummary)]))"""
_LOOKS = """() => {
    const body = document.body.outerHTML.replace(/(value|href|action|nonce|id|for|aria-controls)="[^"]*"|[0-9]+/g, "");
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const built = body.replace(/<nav class="languages"[^]*?<\\/nav>/, "").replace(/>[^<]*[^<\\s][^<]*/g, ">words");
    return [
        built.replace(/(aria-label|title|placeholder|alt)="[^"]+"/g, "$1"),
        [innerWidth, dark, document.documentElement.lang, document.title !== "", body].join(),
    ];
}"""
"""How a page is built, whatever its words; and how it looks."""
_OPTIONS = {"preload": False, "resultTypes": ["violations"]}
ON_LOOKS = {**_OPTIONS, "runOnly": {"type": "rule", "values": [
    "color-contrast", "document-title", "html-has-lang", "html-lang-valid", "link-in-text-block", "meta-viewport",
    "scrollable-region-focusable", "target-size", "valid-lang"]}}  # fmt: skip
"""What of axe-core depends on dress and language; its other rules ask how a page is built."""


@dataclass
class Load:
    """One page and what came with it; ``bytes`` are uncompressed."""

    url: str
    requests: list[Request] = field(default_factory=list)


def axe() -> str:
    """Return axe-core, to be put into a page."""
    folder = node.package("axe-core")
    if folder is None:
        parts.missing("node packages", node.HINT)
    return (folder / "axe.min.js").read_text()


class Tab:
    """One page of a browser, and what was noticed while it was used."""

    def __init__(self, context: BrowserContext, page: Page, house: Running, *, script: bool = True) -> None:
        self.context = context
        self.page = page
        self.house = house
        self.script = script
        self.complaints: list[str] = []
        self.loads: list[Load] = []
        self._load_of: dict[Request, Load] = {}
        page.on("request", self._asked)
        page.on("requestfinished", self._came)
        page.on("console", self._spoke)
        context.on("weberror", self._broke)

    @classmethod
    async def open(cls, context: BrowserContext, house: Running, *, script: bool = True) -> "Tab":
        """Open a tab in *context*; nothing is cached, so that each page shows its whole weight."""
        page = await context.new_page()
        page.set_default_timeout(MILLISECONDS)
        session = await context.new_cdp_session(page)
        await session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        return cls(context, page, house, script=script)

    async def another(self) -> "Tab":
        """Open a second tab in the same browser."""
        return await Tab.open(self.context, self.house, script=self.script)

    # --------------------------------------------------------------------------------------- what it notices

    def _asked(self, request: Request) -> None:
        ours = (self.house.url + "/", self.house.shop + "/")
        if not request.url.startswith(ours):
            self.complaints.append(f"asked a stranger: {request.url}")
        if request.is_navigation_request():
            self.loads.append(Load(request.url))
        if self.loads:
            self._load_of[request] = self.loads[-1]

    def _came(self, request: Request) -> None:
        load = self._load_of.pop(request, None)  # of the page that asked, though another may be asked for by now
        if load is not None and request.redirected_to is None:
            load.requests.append(request)

    def _spoke(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not _STATUS.match(message.text):
            self.complaints.append(f"console: {message.text}")

    def _broke(self, error: WebError) -> None:
        self.complaints.append(f"script: {error.error}")

    # ------------------------------------------------------------------------------------------- what it does

    async def go(self, path: str) -> None:
        """Open *path* of Limen's, or a whole address."""
        await self.page.goto(path if path.startswith("http") else self.house.url + path)

    async def fill(self, **fields: str) -> None:
        """Type into the fields of the main form, by their names."""
        for name, text in fields.items():
            await self.page.locator(f"main [name={name}]").fill(text)

    async def press(self, name: str = "", value: str = "") -> None:
        """Press the main button, or the one that carries *name* and *value*, and wait for what it leads to."""
        wanted = f"button[name={name}][value='{value}']" if name else "button.button--wide[type=submit]:not([name])"
        async with self.page.expect_navigation(wait_until="commit"):
            await self.page.locator(f"main {wanted}, header {wanted}").first.click()

    @property
    def heading(self) -> Locator:
        """The page's one first heading."""
        return self.page.locator("h1")

    async def sees(self, heading: str | re.Pattern[str], *, status: str = "") -> None:
        """Wait for the page with this *heading*, and hold it to account; *status* is said on error pages."""
        await expect(self.heading).to_have_text(heading)
        if status:
            await expect(self.page.locator("main")).to_contain_text(status)
        await self.hold_to_account()

    async def hold_to_account(self) -> None:
        """See that the present page is as all pages must be."""
        await self.page.wait_for_load_state("load")
        where = self.page.url
        if self.script:
            await self._ask_axe(where)
            assert not await self._overflows(), f"wider than its window: {where}"
        if where.startswith(self.house.url):
            await self._weigh()
        assert not self.complaints, f"at {where}: {self.complaints}"

    async def _ask_axe(self, where: str) -> None:
        """Ask once for each page as it looks: two tests that see the same one learn nothing from a second answer."""
        built, looks = (places.once("sound", text) for text in await self.page.evaluate(_LOOKS))
        if built.exists() and looks.exists():
            return
        await self.page.evaluate(axe())
        found = await self.page.evaluate(_VIOLATIONS, ON_LOOKS if built.exists() else _OPTIONS)
        assert found == [], f"axe-core at {where}: {found}"
        built.touch()
        looks.touch()

    async def _overflows(self) -> bool:
        return bool(
            await self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        )

    async def _weigh(self) -> None:
        load = self.loads[-1]
        await until(lambda: load.requests)  # that it has come may be told after what it led to
        weight = 0
        for request in load.requests:
            weight += await _weight(await request.response())
        asked = [request.url for request in load.requests if not request.url.startswith("data:")]
        assert 0 < weight <= HEAVIEST, f"{load.url} weighs {weight} bytes"
        assert len(asked) <= MOST_REQUESTS, f"{load.url} makes the requests {asked}"

    # ---------------------------------------------------------------------------------------------- the mail

    async def open_mail(self, to: str) -> Locator:
        """Open the newest message to *to* in the development mailbox; return its text."""
        row = self.page.locator("a.row", has_text=to).first
        await until(self.house.is_idle)  # it comes by way of the outbox, and an older one may be there already
        await self.go("/dev/mailbox")
        await row.click()
        text = self.page.locator(".letterbody")
        await expect(text).to_be_visible()
        return text

    async def letter(self, to: str) -> str:
        """Return the newest message to *to*, read elsewhere: how the mailbox looks is seen on every page's round."""
        await until(self.house.is_idle)
        async with visiting(self.house.url) as reader:
            return (await reader.mails(to))[-1]

    async def code_for(self, address: str) -> str:
        """Return the code in the newest message to *address*."""
        return code_in(await self.letter(address))

    async def link_for(self, address: str) -> str:
        """Return the link in the newest message to *address*."""
        return link_in(await self.letter(address))


# ------------------------------------------------------------------------------------------------- several steps

NAME, PASSWORD = "Ada Brook", "plum lantern quarry sixteen"


async def has_account(tab: Tab, email: str, language: str = "en", prefix: str = "") -> None:
    """Sign up beside the browser, and hand it the session: how a browser does is seen in other tests."""
    async with visiting(tab.house.url, prefix, user_agent=_PERSON, accept_language=language) as person:
        page = await person.sign_up(email, PASSWORD, NAME)
        assert page.path.startswith(f"{prefix}/account"), page
        kept = [{"name": one.name, "value": one.value, "path": one.path} for one in person.http.cookies.jar]
    await tab.context.add_cookies([{**one, "domain": "localhost", "httpOnly": True} for one in kept])


async def sign_up(tab: Tab, email: str, name: str = NAME) -> None:
    """From the sign-up form to the end of the journey, by the code."""
    await tab.fill(name=name, email=email, password=PASSWORD)
    await tab.press()
    await expect(tab.page.locator("[name=code]")).to_be_visible()
    await tab.fill(code=await tab.code_for(email))
    await tab.press()


_PERSON = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
"""What a browser with a person before it calls itself: one that says it has no head is asked for more."""


PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
ARABIC: dict[str, Any] = {"locale": "ar", "color_scheme": "dark", **PHONE}
"""The dress that differs in everything: right to left, dark, narrow."""


def settings(**more: Any) -> dict[str, Any]:
    """Return the settings of a browser context in English, with *more*; pages stand at once, unless they may move."""
    usual = {"locale": "en-GB", "viewport": {"width": 1280, "height": 900}, "user_agent": _PERSON}
    return {**usual, "reduced_motion": "reduce", **more}


async def _weight(response: Response | None) -> int:
    """Return a response's bytes: as declared, since the browser may have dropped a page it has left."""
    if response is None:
        return 0
    declared = await response.header_value("content-length")
    return int(declared) if declared is not None else len(await response.body())
