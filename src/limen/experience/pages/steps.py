"""Showing a step: as a page, or as versioned JSON for native applications."""

from msgspec.structs import replace

from limen.access.clients.redirect_uris import places_behind
from limen.access.http import HotResponse
from limen.access.journeys.arrival import Arrived
from limen.access.journeys.context import Facts
from limen.access.journeys.dispatcher import Opened, Proven, Shown
from limen.access.journeys.views import SCHEMA, StepView
from limen.experience.pages.answers import as_json, retrying
from limen.experience.pages.errors import refused, wants_json
from limen.experience.pages.refusals import Recast, recast
from limen.experience.pages.visit import Visit
from limen.experience.rendering.renderer import Build
from limen.kernel.errors import Refusal
from limen.kernel.ids import JourneyId

_FIRST = frozenset({"sign_in", "sign_up", "recover"})
"""Steps that know nobody yet: where nothing was typed and no work is asked for, their page is the same for all."""


def is_shown_at_once(visit: Visit) -> bool:
    """Tell whether a journey that begins now is answered with a page, which can bear it until somebody answers.

    HEAD is as GET here: what is shown of the answer changes nothing of what is stored.
    """
    return visit.request.method != "POST" and not wants_json(visit.request)


def started(visit: Visit, begun: Opened | Arrived | Refusal) -> HotResponse:
    """Return the answer where a journey began: its first step, at once where the browser asked by GET."""
    if isinstance(begun, Refusal):
        return refused(visit, begun)
    if isinstance(begun, Arrived):
        return arrived(visit, begun)
    journey_id = begun.journey.id
    if visit.request.method == "POST":  # a page that was posted for cannot be looked at again without posting again
        return visit.go(f"/journey/{journey_id}")
    return show(visit, journey_id, begun)


def show(visit: Visit, journey_id: JourneyId, shown: Shown, *, posted: bool = False) -> HotResponse:
    """Return the answer for what the dispatcher showed. After a good POST the browser is sent to GET the next step."""
    if isinstance(shown, Refusal):
        return refused(visit, shown)
    if isinstance(shown, Arrived):
        return arrived(visit, shown)
    if isinstance(shown, Proven):
        visit.cookie = visit.fresh_cookie = shown.cookie  # the tokens of this answer's forms are bound to the new one
        shown = shown.opened
    is_json = wants_json(visit.request)
    if posted and shown.problem is None and not is_json:
        return visit.go(f"/journey/{journey_id}")
    view = visit.journeys.view_of(shown, visit.context)
    if is_json:
        return told(visit, journey_id, view)
    allow_return(visit, shown.facts)
    return _page(visit, journey_id, view)


def told(visit: Visit, journey_id: JourneyId, view: StepView) -> HotResponse:
    """Return a step as versioned JSON."""
    step = {name: getattr(view, name) for name in view.__struct_fields__ if name != "begun"}
    body = {"schema": SCHEMA, "journey": journey_id, "csrf": visit.csrf(journey_id), "step": step}
    return visit.dress(retrying(as_json(body, view.status), view.retry_after))


def _page(visit: Visit, journey_id: JourneyId, view: StepView) -> HotResponse:
    """Return a step as a page."""
    here = f"{visit.prefix}/journey/{journey_id}"  # wherever the journey began, it goes on there
    here = f"{here}.{view.begun}" if view.begun else here
    form = {"action": here, "here": here, "csrf": visit.csrf(journey_id), "challenge": view.challenge}
    view = replace(view, challenge="", begun="")  # new each time, while the rest of a first page is the same for all
    if view.data.get("captcha"):
        visit.request.policy.allow_widget(view.data["captcha"]["sources"])
    template = f"steps/{view.name}.html"
    if _is_everybodys(view):
        return retrying(visit.page(template, {"view": view}, view.status, fresh=form), view.retry_after)
    again = recast(view)
    if again is not None:
        build = _shown_again(again)
        page = visit.page(template, {"view": again.kept}, view.status, fresh={**form, **again.fresh}, build=build)
        return retrying(page, view.retry_after)
    return retrying(visit.page(template, {**form, "view": view}, view.status), view.retry_after)


def _is_everybodys(shown: StepView) -> bool:
    """Tell whether nothing on the page but its form is anybody's in particular."""
    if any(shown.values.values()):
        return False
    if shown.name == "second_factor":  # a mailbox, a number and a key are somebody's; one app is asked for as another
        return bool(shown.data["method"] == "code")
    return shown.name in _FIRST and not shown.data.get("proof")


def _shown_again(again: Recast) -> Build:
    return lambda values: {**values, "view": again.view(values)}


def arrived(visit: Visit, end: Arrived) -> HotResponse:
    """Return the answer at the end of a journey: on to the application, or to the account page."""
    if end.cookie is not None:
        visit.fresh_cookie = end.cookie
    if wants_json(visit.request):
        location = end.target.location if end.target is not None and not end.target.is_posted else None
        answered = {"answered": end.answered} if end.answered else {}
        return visit.dress(as_json({"schema": SCHEMA, "step": None, "location": location, **answered}))
    if end.answered:
        return visit.page("device_done.html", {"approved": end.answered == "approved", "client_name": end.client_name})
    if end.target is None:
        return visit.go(end.back or "/account")
    return visit.deliver(end.target, end.client_name, by_page=end.by_page)


def allow_return(visit: Visit, facts: Facts) -> None:
    """Let the form of a step lead on to the application that the journey serves, and that to where it is registered.

    Chromium holds every redirect behind a form to the page's policy: a callback at one origin may send the browser on
    to another of the same application.
    """
    if facts.request is None or facts.client is None:
        return
    visit.allow_form_target(*places_behind(facts.request.redirect_uri, facts.client.document))
