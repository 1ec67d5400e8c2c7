"""Merging another account into a customer's: what it comes to is shown first, and then done as shown or not at all."""

from typing import Any, Final

from limen.access.http import HotResponse
from limen.access.merging.merge import HELD_DAYS
from limen.access.merging.records import Plan, Wish
from limen.experience.pages.console.customers import ID, finding, opened
from limen.experience.pages.console.here import Administering, administered
from limen.experience.pages.errors import refused
from limen.experience.pages.visit import Visit
from limen.identity.customers.find import Asked, Searched
from limen.identity.customers.records import Customer
from limen.kernel.clock import DAY, SECOND
from limen.kernel.errors import NotFound, Refusal
from limen.kernel.ids import CustomerId

_UNKNOWN: Final = NotFound("customer_not_found")
_PROBLEMS: Final = {
    "customer_not_found": "error.search_value",
    "invalid_search": "error.search_value",
    "invalid_merge": "error.joining_same",
    "beyond_your_authority": "error.joining_beyond",
    "merge_administers": "error.joining_administers",
    "merge_disabled": "error.joining_disabled",
    "merge_limited": "error.joining_limited",
    "merge_pending": "error.joining_pending",
    "merge_would_weaken": "error.joining_weaker",
    "version_changed": "error.stale",
}


@administered
async def merging(visit: Visit, who: Administering) -> HotResponse:
    """Ask who goes, show what the merge comes to, and do it."""
    stays = await opened(visit)
    if isinstance(stays, NotFound):
        return refused(visit, stays)
    if visit.request.method != "POST":
        return _page(visit, stays)
    form = await visit.form(_scope(stays))
    if isinstance(form, Refusal):
        return refused(visit, form)
    typed = form.get("other", "")[:256].strip()
    wish = await _wish(visit, who, stays, typed)
    plan = wish if isinstance(wish, Refusal) else await visit.journey_parts.merging.plan(wish, who.actor)
    if isinstance(wish, Refusal) or isinstance(plan, Refusal):
        return _page(visit, stays, typed, plan)
    if form.get("intent") != "merge":
        return _page(visit, stays, typed, plan)
    if form.get("seen") != plan.digest:
        return _page(visit, stays, typed, plan, "error.stale")  # what was shown is not what would be done
    done = await visit.journey_parts.merging.merge(wish, who.actor, seen=plan.digest)
    return _page(visit, stays, typed, done) if isinstance(done, Refusal) else visit.go(f"/admin/customers/{done.id}")


async def _wish(visit: Visit, who: Administering, stays: Customer, typed: str) -> Wish | Refusal:
    """Return who is to go, whom an identifier or an address names: a look at an address is on record."""
    if ID.fullmatch(typed):
        return Wish(stays.id, CustomerId(typed))
    found = await finding(visit).find(Asked(Searched("email", typed)), who.actor, 1)
    if isinstance(found, Refusal):
        return found
    return Wish(stays.id, found.customers[0].id) if found.customers else _UNKNOWN


def _page(
    visit: Visit, stays: Customer, typed: str = "", found: Plan | Refusal | None = None, problem: str = ""
) -> HotResponse:
    plan = found if isinstance(found, Plan) else None
    if isinstance(found, Refusal):
        problem = _PROBLEMS.get(found.code, "error.joining_unfit")
    here = f"{visit.prefix}/admin/customers/{stays.id}"
    context = {
        "action": f"{here}/merge",
        "csrf": visit.csrf(_scope(stays)),
        "problem": problem,
        "stays": _named(plan.before if plan is not None else stays),
        "goes": _named(plan.gone) if plan is not None else None,
        "typed": typed,
        "seen": plan.digest if plan is not None else "",
        "plan": plan.facts if plan is not None else None,
        "held_seconds": HELD_DAYS * DAY // SECOND,
        "back_url": here,
    }
    return visit.page("console/merge.html", context, 400 if problem else 200)


def _named(one: Customer) -> dict[str, Any]:
    return {"id": one.id, "name": one.profile.name, "email": one.profile.email, "created_at": one.created_at}


def _scope(stays: Customer) -> str:
    return f"merge:{stays.id}"
