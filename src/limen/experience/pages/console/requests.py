"""Privacy requests: the board, by deadline, and one of them with what was said and what can be done."""

import re
from typing import Any, Final

from limen.access.http import HotResponse
from limen.experience.pages.console.here import Administering, administered
from limen.experience.pages.errors import refused
from limen.experience.pages.parts import PageUnit
from limen.experience.pages.visit import Visit
from limen.identity.administrators import Actor
from limen.identity.rights.records import ACTIONS, PrivacyRequest, PrivacyRequestId, RequestState
from limen.identity.rights.requests import LONGEST, Requests
from limen.kernel.clock import DAY, Instant
from limen.kernel.errors import Invalid, NotFound, Refusal
from limen.kernel.ids import CustomerId

ROWS: Final = 20
_ID: Final = re.compile(PrivacyRequestId.pattern())
_PATH: Final = "/admin/privacy"
_PROBLEMS: Final = {"privacy_request_over": "error.board_over", "version_changed": "error.stale"}


@administered
async def privacy_requests(visit: Visit, _who: Administering) -> HotResponse:
    """Show who waits for an answer, the most urgent first, or what became of the others."""
    is_open, seen = visit.request.parameter("state") != "over", visit.request.parameter("after")
    async with visit.parts.read(visit.journey_parts.tenant_id) as unit:
        store = unit.privacy_requests
        last = await store.get(PrivacyRequestId(seen)) if _ID.fullmatch(seen) else None
        place = (last.due_at, str(last.id)) if last is not None else (0, "")
        found = await store.board(is_open=is_open, after=place, limit=ROWS + 1)
        rows = [await _row(visit, unit, one) for one in found[:ROWS]]
    here = f"{visit.prefix}{_PATH}" + ("" if is_open else "?state=over")
    more = f"{here}{'?' if is_open else '&'}after={found[ROWS - 1].id}" if len(found) > ROWS else None
    context = {
        "requests": rows,
        "is_open": is_open,
        "open_url": f"{visit.prefix}{_PATH}",
        "over_url": f"{visit.prefix}{_PATH}?state=over",
        "first_url": here if last is not None else None,
        "more_url": more,
        "home_url": f"{visit.prefix}/admin",
    }
    return visit.page("console/requests.html", context)


@administered
async def privacy_request(visit: Visit, who: Administering) -> HotResponse:
    """Show one request with what was said; move it on."""
    name = visit.request.names["request"]
    if not _ID.fullmatch(name):
        return refused(visit, NotFound("privacy_request_not_found"))
    request_id, typed, problem = PrivacyRequestId(name), "", ""
    if visit.request.method == "POST":
        form = await visit.form(f"privacy:{request_id}")
        if isinstance(form, Refusal):
            return refused(visit, form)
        typed = form.get("answer", "").replace("\r\n", "\n").strip()
        moved = await _move(visit, request_id, form.get("intent", ""), typed, who.actor)
        if not isinstance(moved, str):
            return refused(visit, moved) if isinstance(moved, NotFound) else visit.go(f"{_PATH}/{request_id}")
        problem = moved
    return await _one(visit, request_id, typed, problem)


async def _move(
    visit: Visit, request_id: PrivacyRequestId, intent: str, answer: str, actor: Actor
) -> PrivacyRequest | NotFound | str:
    """Do what a button says; return what is wrong as a message key, where it can be mended here."""
    if intent not in ACTIONS:
        return "error.invalid"
    moved = await _use(visit).move(request_id, ACTIONS[intent], answer, actor)
    if isinstance(moved, Invalid):
        return "error.privacy_words_invalid"
    if isinstance(moved, Refusal) and not isinstance(moved, NotFound):
        return _PROBLEMS.get(moved.code, "error.invalid")
    return moved


async def _one(visit: Visit, request_id: PrivacyRequestId, typed: str, problem: str) -> HotResponse:
    use, now = _use(visit), visit.journey_parts.clock.now()
    found = await use.get(request_id)
    if isinstance(found, NotFound):
        return refused(visit, found)
    said = await use.said(found)
    async with visit.parts.read(visit.journey_parts.tenant_id) as unit:
        row = await _row(visit, unit, found)
    may = ("start" if found.moved(RequestState.WORKING, now) else "", "extend" if found.extended(now) else "")
    context = {
        "action": f"{visit.prefix}{_PATH}/{request_id}",
        "csrf": visit.csrf(f"privacy:{request_id}"),
        "problem": problem,
        "one": row,
        "words": said.words,
        "answer": said.answer,
        "typed": typed[:LONGEST],
        "longest": LONGEST,
        "may": [] if found.is_over else [*filter(None, may), "complete", "refuse", "withdraw"],
        "back_url": f"{visit.prefix}{_PATH}",
    }
    return visit.page("console/request.html", context, 400 if problem else 200)


async def _row(visit: Visit, unit: PageUnit, request: PrivacyRequest) -> dict[str, Any]:
    now = visit.journey_parts.clock.now()
    return {
        "url": f"{visit.prefix}{_PATH}/{request.id}",
        "kind": request.kind.value,
        "state": request.state.value,
        "law": request.law.value,
        "asked_by": "customer" if request.asked_by == "customer" else "administrator",
        "customer_url": f"{visit.prefix}/admin/customers/{request.customer_id}",
        "who": await _who(visit, unit, request.customer_id),
        "created_at": request.created_at,
        "due_at": request.due_at,
        "is_overdue": request.is_overdue(now),
        "days": _days(request.due_at, now),
        "extended_at": request.extended_at,
        "closed_at": request.closed_at,
    }


async def _who(visit: Visit, unit: PageUnit, customer_id: CustomerId) -> str:
    """Return the address of whoever asks; nothing of somebody erased."""
    customer = await visit.journey_parts.directory.open(await unit.customers.get(customer_id))
    return customer.profile.email if customer is not None else ""


def _days(due_at: Instant, now: Instant) -> int:
    """Return how many whole days are left, or passed since."""
    return abs(due_at - now) // DAY


def _use(visit: Visit) -> Requests:
    parts = visit.journey_parts
    return Requests(parts.tenant_id, visit.parts.begin, visit.parts.read, parts.keyring, parts.clock, parts.entropy)
