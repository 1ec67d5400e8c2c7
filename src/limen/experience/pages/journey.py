"""The pages of a journey: begin one, show its step, take its form, follow its link."""

from msgspec.structs import replace

from limen.access.http import HotResponse
from limen.access.journeys.arrival import Arrived
from limen.access.journeys.begun import Begun
from limen.access.journeys.dispatcher import Opened, Proven
from limen.access.journeys.links import Links, LinkView, ShownCode
from limen.access.journeys.records import JourneyState, Path
from limen.access.journeys.views import Problem
from limen.experience.pages.devices import describe_device
from limen.experience.pages.errors import refused, wants_json
from limen.experience.pages.steps import allow_return, is_shown_at_once, show, started
from limen.experience.pages.visit import Visit
from limen.kernel.errors import Forbidden, NotFound, Refusal
from limen.kernel.ids import JourneyId

_UNKNOWN = NotFound("journey_elsewhere", "no such journey here")
_OTHER_TOKEN = Problem(notice="error.csrf", status=403)
PATHS = {"/sign-in": Path.SIGN_IN, "/sign-up": Path.SIGN_UP, "/recover": Path.RECOVER}


async def begin(visit: Visit) -> HotResponse:
    """Begin a journey that leads to the account page."""
    path = PATHS[visit.path]
    if path is Path.SIGN_UP and not visit.desk.tenant.settings.sign_up_open:
        return refused(visit, Forbidden("sign_up_closed", "sign-up is closed"))
    return started(visit, await visit.begin(JourneyState(path=path), may_wait=is_shown_at_once(visit)))


async def journey(visit: Visit) -> HotResponse:
    """Show the step that is due, or give it its form."""
    name, _, begun = visit.request.names["journey"].partition(".")
    journey_id = JourneyId.parse(name)
    opened = await _opened(visit, journey_id, begun) if journey_id is not None else None
    if journey_id is None or opened is None:
        return _stale(visit, journey_id) or refused(visit, _UNKNOWN)
    if isinstance(opened, Refusal):
        return _over(visit, opened)
    if visit.request.method != "POST":
        return show(visit, journey_id, opened)
    form = await visit.form(journey_id)
    if isinstance(form, Refusal):
        if form.code != "csrf":
            return refused(visit, form)
        # Signing in elsewhere in this browser changed its secret, and with it the token: nothing is lost by it.
        return show(visit, journey_id, replace(opened, problem=_OTHER_TOKEN), posted=True)
    shown = await visit.journeys.submit(opened, form, visit.context)
    if isinstance(shown, Refusal):
        looks_again = _stale(visit, journey_id) if shown.code == _UNKNOWN.code else None
        return looks_again or _over(visit, shown)
    if isinstance(shown, Arrived) and shown.target is not None and shown.target.is_posted:
        allow_return(visit, opened.facts)
    return show(visit, journey_id, shown, posted=True)


async def _opened(visit: Visit, journey_id: JourneyId, text: str) -> Opened | Refusal | None:
    """Prove the browser and open its journey in one unit; None where the cookie proves no browser.

    *text* bears the journey where it has only begun.
    """
    if visit.shown_cookie is None:
        return None
    async with visit.parts.read(visit.journey_parts.tenant_id) as unit:
        await visit.prove(unit)
        browser = visit.browser or visit.newcomer
        if browser is None:
            return None
        begun = Begun(text, visit.newcomer) if text else None
        is_shown, agent = visit.request.method != "POST", visit.context.user_agent
        return await visit.journeys.open(journey_id, browser, unit, begun, agent, is_shown=is_shown)


def _stale(visit: Visit, journey_id: JourneyId | None) -> HotResponse | None:
    """Send a form whose cookie proves nothing to look again, or return None.

    Of a form that was sent twice the first may have changed the cookie while the second was on its way.
    """
    if journey_id is None or visit.request.method != "POST" or visit.shown_cookie is None or wants_json(visit.request):
        return None
    return visit.go(visit.path)


def _over(visit: Visit, refusal: Refusal) -> HotResponse:
    """Return the way on where this very browser has finished the journey."""
    if refusal.code == "journey_done" and not wants_json(visit.request):
        return visit.go("/account")
    return refused(visit, refusal)


async def link(visit: Visit) -> HotResponse:
    """Show what a mailed link is for; only a POST confirms it."""
    token = visit.request.names["token"]
    scope = f"link:{token}"
    links = Links(visit.journeys)
    browser_id = visit.browser.id if visit.browser is not None else None
    if visit.request.method != "POST":
        seen = await links.look(token, browser_id)
        return refused(visit, seen) if isinstance(seen, Refusal) else _link_page(visit, seen, token, scope)
    form = await visit.form(scope)
    if isinstance(form, Refusal):
        return refused(visit, form)
    followed = await links.follow(token, visit.browser, visit.context)
    if isinstance(followed, Refusal):
        return refused(visit, followed)
    if isinstance(followed, ShownCode):
        return visit.page("link_code.html", {"code": followed.code, "expires_seconds": followed.expires_seconds})
    return _followed(visit, *followed)


def _followed(visit: Visit, opened: Opened, shown: object) -> HotResponse:
    if isinstance(shown, Refusal | Arrived):
        return show(visit, opened.journey.id, shown)
    if isinstance(shown, Proven):
        visit.fresh_cookie = shown.cookie
    return visit.go(f"/journey/{opened.journey.id}")


def _link_page(visit: Visit, seen: LinkView, token: str, scope: str) -> HotResponse:
    visit.allow_form_target(*seen.leads_to)  # its form may be the last of the journey
    context = {
        "action": f"{visit.prefix}/link/{token}",
        "csrf": visit.csrf(scope),
        "purpose": seen.purpose,
        "device": describe_device(seen.user_agent),
        "asked": seen.asked_at,
    }
    return visit.page("link.html" if seen.is_here else "link_elsewhere.html", context)
