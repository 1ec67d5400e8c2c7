"""Somebody proved the mailbox and has lost every second factor: a wait begins, goes on, or is over.

``data.phase`` tells the parts apart: ask, waiting, ready.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.owner import entry, owner, told
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.records import JourneyState, Path, Second
from limen.access.journeys.second_factors import ASK
from limen.access.journeys.views import Problem, Progress, StepView
from limen.access.safety.records import Asker, RecoveryRequest, RequestState
from limen.access.safety.waiting import begin, begun
from limen.access.sessions.records import MAILBOX, Evidence
from limen.identity.customers.directory import seal
from limen.kernel.events import Event


def due(state: JourneyState, facts: Facts) -> bool:
    """Tell whether this is about lost factors: where nobody says otherwise, what is ready goes on."""
    if state.path is not Path.RECOVER or facts.second_factor != ASK:
        return False
    is_ready = facts.recovery is not None and facts.recovery.is_ready
    return state.second.lost == "yes" or (is_ready and state.second.lost != "no")


def view(context: StepContext) -> StepView:
    """Show how it stands."""
    request, settings = context.facts.recovery, context.parts.desk.tenant.settings.recovery
    data: dict[str, Any] = {"phase": _phase(request), "days": settings.waiting_days, "ready_at": None}
    if request is not None and not request.is_ready:
        data |= {"days": request.notices_left, "ready_at": request.ready_at}
    return StepView("lost_factors", context.journey.version, data=data)


def _phase(request: RecoveryRequest | None) -> str:
    if request is None:
        return "ask"
    return "ready" if request.is_ready else "waiting"


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Begin the wait, go on after it, or go back to the second factor."""
    state, request = context.journey.state, context.facts.recovery
    if form.get("intent") == "back":
        return Progress(msgspec.structs.replace(state, second=msgspec.structs.replace(state.second, lost="no")))
    if request is None:
        return await _begin(context)
    return await _complete(context, request) if request.is_ready else Progress(state)


async def _begin(context: StepContext) -> Progress:
    state, parts = context.journey.state, context.parts
    if not parts.desk.tenant.settings.recovery.waiting_days:  # switched off meanwhile
        second = msgspec.structs.replace(state.second, lost="no")
        return Progress(msgspec.structs.replace(state, second=second), problem=Problem(notice="error.invalid"))
    customer, vault = owner(context)
    came = context.request
    asker = Asker(came.user_agent, came.address, state.locale)
    new = begun(parts.safety, customer, vault, asker, context.facts.factors)
    note = entry(context, "recovery.requested", {"request": new.request.id, "ready_at": new.request.ready_at})

    async def write(unit: JourneyUnit) -> Problem | None:
        await begin(unit, new, note)
        return None

    return Progress(state, write)


async def _complete(context: StepContext, request: RecoveryRequest) -> Progress:
    """Remove what was lost; everything that stands ends with it."""
    state, parts = context.journey.state, context.parts
    customer, vault = owner(context)
    now = parts.clock.now()
    sealed, done = seal(customer.signed_out_everywhere(now), vault), request.closed(RequestState.DONE, now)
    announce = told(context, customer, vault, "recovery_completed")

    async def write(unit: JourneyUnit) -> Problem | None:
        if not await unit.recoveries.advance(done, request):
            return Problem(notice="error.stale")  # cancelled, or used in another tab
        if not await unit.customers.update(sealed, customer.version):
            await unit.recoveries.advance(request, done)
            return Problem(notice="error.stale")
        removed = await unit.factors.remove_since(customer.id, 0)
        await unit.sessions.end_all(customer.id, now)
        unit.change("subject", f"{customer.subject}:{now}")
        data: dict[str, str | int] = {"request": request.id, "factors": removed}
        unit.announce(Event("recovery.completed", customer.id, dict(data)))
        unit.record(entry(context, "recovery.completed", data))
        announce(unit)
        return None

    # The proof is what all this rested on: it counts from here, since nothing from before does.
    return Progress(msgspec.structs.replace(state, second=Second(), evidence=(Evidence(MAILBOX, now),)), write)
