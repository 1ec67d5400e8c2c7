"""Links in mail. A GET never consumes, verifies or signs in: mail scanners fetch links (security, *Links in mail*).

Where the journey began, a confirmed link is as good as its code. Anywhere else it shows, after a POST, the code to
type where the journey began; it never makes a session there.
"""

from dataclasses import dataclass

from limen.access.clients.redirect_uris import places_behind
from limen.access.journeys.context import StepContext
from limen.access.journeys.dispatcher import Journeys, Opened, Shown
from limen.access.journeys.messages.mailed import purpose
from limen.access.journeys.safekeeping import open_journey
from limen.access.journeys.steps.verify_email import proven
from limen.access.sessions.records import Browser
from limen.kernel.clock import SECOND, Instant
from limen.kernel.context import RequestContext
from limen.kernel.encoding import link_hash
from limen.kernel.errors import Expired, Refusal
from limen.kernel.events import AuditEntry
from limen.kernel.ids import BrowserId

_LONGEST_TOKEN = 64
_SPENT = Expired("link_spent", "unknown, used, replaced or expired")


@dataclass(frozen=True, slots=True)
class LinkView:
    """What a link is for. ``is_here``: it was opened in the browser where its journey began.

    ``leads_to`` is where the application that the journey serves is answered, and where else it is registered to be;
    empty elsewhere, and without one.
    """

    purpose: str
    is_here: bool
    user_agent: str
    asked_at: Instant
    leads_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownCode:
    """The code to type where the journey began."""

    code: str
    expires_seconds: int


def _places(opened: Opened) -> tuple[str, ...]:
    ask, client = opened.facts.request, opened.facts.client
    return places_behind(ask.redirect_uri, client.document) if ask is not None and client is not None else ()


class Links:
    """The links of one tenant's journeys."""

    def __init__(self, journeys: Journeys) -> None:
        """Serve the links of *journeys*."""
        self._journeys = journeys

    async def look(self, token: str, browser_id: BrowserId | None) -> LinkView | Refusal:
        """Say what a link is for; nothing changes."""
        opened = await self._find(token)
        if isinstance(opened, Refusal):
            return opened
        state, sent = opened.journey.state, opened.journey.state.challenge
        asked_at = sent.sent_at if sent is not None else opened.journey.created_at
        what = purpose(self._journeys.parts, state)
        is_here = _is_here(opened, browser_id)
        return LinkView(what, is_here, state.user_agent, asked_at, _places(opened) if is_here else ())

    async def follow(
        self, token: str, browser: Browser | None, request: RequestContext
    ) -> tuple[Opened, Shown] | ShownCode | Refusal:
        """Confirm a link: prove the address where the journey began, show the code elsewhere."""
        opened = await self._find(token)
        if isinstance(opened, Refusal):
            return opened
        if browser is not None and _is_here(opened, browser.id):
            opened = opened.by(browser)
            context = StepContext(self._journeys.parts, opened.journey, opened.vault, opened.facts, request)
            return opened, await self._journeys.prove(opened, await proven(context), request)
        return await self._show_code(opened, request)

    async def _show_code(self, opened: Opened, request: RequestContext) -> ShownCode | Refusal:
        parts, sent = self._journeys.parts, opened.journey.state.challenge
        if sent is None or not sent.code:
            return _SPENT
        async with parts.begin(parts.tenant_id) as unit:
            unit.record(
                AuditEntry(
                    event="code.shown_elsewhere",
                    actor="browser",
                    subject=opened.journey.id,
                    request_id=request.request_id,
                    personal=request.personal,
                )
            )
        return ShownCode(sent.code, max(0, sent.expires_at - parts.clock.now()) // SECOND)

    async def _find(self, token: str) -> Opened | Refusal:
        parts = self._journeys.parts
        if not 0 < len(token) <= _LONGEST_TOKEN:
            return _SPENT
        now = parts.clock.now()
        async with parts.read(parts.tenant_id) as unit:
            sealed = await unit.journeys.find_link(link_hash(token))
        if sealed is None or sealed.finished_at is not None or sealed.expires_at <= now:
            return _SPENT
        found = await open_journey(parts.keyring, parts.tenant_id, sealed)
        if found is None:
            return _SPENT
        sent = found[0].state.challenge
        if sent is None or sent.expires_at <= now or not sent.code:
            return _SPENT
        return await self._journeys.open_for(*found)


def _is_here(opened: Opened, browser_id: BrowserId | None) -> bool:
    """Tell whether a journey began in this browser; one that began in an application did so in none."""
    return opened.journey.browser_id == browser_id and not opened.journey.state.client
