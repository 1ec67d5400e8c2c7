"""*I have two accounts*: both are signed in at this browser, both proven afresh, and one goes into the other."""

from dataclasses import dataclass, field
from typing import Final

import msgspec

from limen.access.account.contacts import CHANGED
from limen.access.account.notices import told
from limen.access.account.unit import Owner
from limen.access.journeys.context import Account, StepContext
from limen.access.journeys.facts import live_accounts
from limen.access.journeys.freshness import is_fresh
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.records import Joining, Task
from limen.access.journeys.views import Problem, Progress, problem_of
from limen.access.merging.records import Plan, Wish
from limen.identity.administrators import Actor
from limen.kernel.errors import Conflict, Forbidden, Refusal

NOT_FRESH: Final = Forbidden("other_not_fresh", "the other account's sign-in is too long ago, or too weak")
_GONE: Final = Conflict("other_gone", "nobody else is signed in here any more")


@dataclass(frozen=True, slots=True)
class Pair:
    """The account that is signed in for the journey, the other one, and what a merge of them comes to."""

    other: Account
    plan: Plan
    owner: Account = field(repr=False)


async def pair(context: StepContext, *, this_stays: bool) -> Pair | Refusal:
    """Return the two accounts and the plan, with this or the other one staying; or why they are not merged."""
    parts, journey, customer = context.parts, context.journey, context.facts.customer
    async with parts.read(parts.tenant_id) as unit:
        accounts = await live_accounts(parts, unit, journey.browser_id)
        other = next((one for one in accounts if one.session.sid == journey.state.task.target), None)
        factors = await unit.factors.of_customer(other.customer.id) if other is not None else []
    this = next((one for one in accounts if customer is not None and one.customer.id == customer.id), None)
    if other is None or this is None or other.customer.id == this.customer.id:
        return _GONE
    if not is_fresh(other.session.evidence, factors, parts.clock.now()):
        return NOT_FRESH
    plan = await parts.merging.plan(_wish(this, other, this_stays=this_stays), _actor(context, this))
    return plan if isinstance(plan, Refusal) else Pair(other, plan, this)


async def merged(context: StepContext, *, this_stays: bool) -> Progress:
    """Merge the two in a commit of its own; the journey goes on for the one who stays."""
    parts, state = context.parts, context.journey.state
    found = await pair(context, this_stays=this_stays)
    if isinstance(found, Refusal):
        return Progress(state, problem=problem_of(found))
    if (found.plan.before.version, found.plan.gone.version) != state.joining.seen:
        again = msgspec.structs.replace(state, joining=Joining())  # what was shown is not what would be done
        return Progress(again, problem=problem_of(Conflict("version_changed")))
    done = await parts.merging.merge(
        _wish(found.owner, found.other, this_stays=this_stays), _actor(context, found.owner)
    )
    if isinstance(done, Refusal):
        return Progress(state, problem=problem_of(done))
    vault = await parts.directory.vault_of(done.id)
    if vault is None:
        return Progress(state, problem=Problem(notice="error.stale"))
    tell = told(parts.desk, Owner(done, vault, "", context.request), CHANGED, {"what": "merged"})

    async def write(unit: JourneyUnit) -> Problem | None:
        tell(unit)
        return None

    if this_stays:
        return Progress(msgspec.structs.replace(state, task=Task(), joining=Joining()), write)
    on = state.belonging_to(done.id)
    on = msgspec.structs.replace(on, session_id=found.other.session.id, email=done.profile.email, task=Task())
    return Progress(on, write, vault=vault)


def _wish(this: Account, other: Account, *, this_stays: bool) -> Wish:
    stays, goes = (this, other) if this_stays else (other, this)
    return Wish(stays.customer.id, goes.customer.id, is_proven=True)


def _actor(context: StepContext, this: Account) -> Actor:
    """Return who merges: the customer, who administers nothing by it."""
    return Actor(f"customer:{this.customer.id}", context.request.request_id, frozenset())
