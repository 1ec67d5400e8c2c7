"""*I have two accounts*: both are signed in at this browser, both proven afresh, and one goes into the other.

A sign-in is not enough: what is merged cannot be parted again, so the mail of both is read first, a code from each. An
account whose address was put in its place lately does not go, since whoever had the address before can still have it
back.
"""

from dataclasses import dataclass, field
from typing import Final

import msgspec

from limen.access.account.contacts import CHANGED
from limen.access.account.notices import told
from limen.access.account.unit import Owner
from limen.access.journeys.context import Account, StepContext
from limen.access.journeys.facts import live_accounts
from limen.access.journeys.freshness import is_fresh
from limen.access.journeys.limits import over_second_factor
from limen.access.journeys.messages.sent_codes import checked, mailed_to
from limen.access.journeys.records import Challenge, Joining, JourneyState, Task
from limen.access.journeys.views import Problem, Progress, problem_of
from limen.access.merging.records import Plan, Wish
from limen.access.safety.messages import Tell
from limen.identity.administrators import Actor
from limen.identity.customers.records import Customer
from limen.identity.keyring import SubjectVault
from limen.kernel.clock import DAY
from limen.kernel.errors import Conflict, Forbidden, Refusal

NOT_FRESH: Final = Forbidden("other_not_fresh", "the other account's sign-in is too long ago, or too weak")
FIELD: Final = "code"
_GONE: Final = Conflict("other_gone", "nobody else is signed in here any more")
_UNDOABLE: Final = Conflict("merge_undoable", "its address was changed lately, and that can be undone")


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
    goes = other if this_stays else this
    if _may_be_undone(context, goes.customer):
        return _UNDOABLE
    plan = await parts.merging.plan(_wish(this, other, this_stays=this_stays), _actor(context, this))
    return plan if isinstance(plan, Refusal) else Pair(other, plan, this)


async def code_sent(context: StepContext) -> Progress:
    """Mail a code to the address that is to be read next, whichever of the two accounts has it."""
    state = context.journey.state
    joining, email = state.joining, state.joining.unread
    found = await pair(context, this_stays=joining.stays == "this")
    if isinstance(found, Refusal):
        return Progress(state, problem=problem_of(found))
    whose = next((one.customer for one in (found.other, found.owner) if one.customer.profile.email == email), None)
    vault = await context.parts.directory.vault_of(whose.id) if whose is not None else None
    if whose is None or vault is None:
        return _chosen_anew(state)
    before = joining.sent if joining.to == email else None

    def settle(sent: Challenge) -> JourneyState:
        return msgspec.structs.replace(state, joining=msgspec.structs.replace(joining, to=email, sent=sent))

    return await mailed_to(context, (whose, vault), "merge_code", before, settle)


async def code_typed(context: StepContext, typed: str) -> Progress:
    """Compare the code that was sent to the address that is to be read next."""
    state = context.journey.state
    joining = state.joining
    limited = await over_second_factor(context, "merge")
    if limited is not None:
        return Progress(state, problem=limited)
    sent = joining.sent if joining.to == joining.unread else None

    def settle(counted: Challenge) -> JourneyState:
        return msgspec.structs.replace(state, joining=msgspec.structs.replace(joining, sent=counted))

    wrong = checked(context, sent, typed, settle, FIELD)
    if wrong is not None:
        return wrong
    read = msgspec.structs.replace(joining, read=(*joining.read, joining.unread), to="", sent=None)
    return Progress(msgspec.structs.replace(state, joining=read))


async def merged(context: StepContext, *, this_stays: bool) -> Progress:
    """Merge the two in a commit of its own; the journey goes on for the one who stays."""
    parts, state = context.parts, context.journey.state
    found = await pair(context, this_stays=this_stays)
    if isinstance(found, Refusal):
        return Progress(state, problem=problem_of(found))
    if found.plan.digest != state.joining.seen:
        return _chosen_anew(state)  # what was shown is not what would be done
    goes = found.plan.gone.profile.email

    def telling(stays: Customer, vault: SubjectVault) -> Tell:
        to = tuple(dict.fromkeys((*stays.profile.addresses, goes)))
        return told(parts.desk, Owner(stays, vault, "", context.request), CHANGED, {"what": "merged"}, to)

    wish = _wish(found.owner, found.other, this_stays=this_stays)
    done = await parts.merging.merge(wish, _actor(context, found.owner), seen=found.plan.digest, telling=telling)
    if isinstance(done, Refusal):
        return Progress(state, problem=problem_of(done))
    if this_stays:
        return Progress(msgspec.structs.replace(state, task=Task(), joining=Joining()))
    vault = await parts.directory.vault_of(done.id)
    if vault is None:
        return Progress(state, problem=Problem(notice="error.stale"))
    on = state.belonging_to(done.id)
    on = msgspec.structs.replace(on, session_id=found.other.session.id, email=done.profile.email, task=Task())
    return Progress(on, vault=vault)


def _chosen_anew(state: JourneyState) -> Progress:
    again = msgspec.structs.replace(state, joining=state.joining.not_chosen())
    return Progress(again, problem=problem_of(Conflict("version_changed")))


def _may_be_undone(context: StepContext, goes: Customer) -> bool:
    """Tell whether an address that was the account's before could still have it back, which a merge would end."""
    days = context.parts.desk.tenant.settings.recovery.undo_days
    return bool(days) and goes.profile.email_since > context.parts.clock.now() - days * DAY


def _wish(this: Account, other: Account, *, this_stays: bool) -> Wish:
    stays, goes = (this, other) if this_stays else (other, this)
    return Wish(stays.customer.id, goes.customer.id, is_proven=True)


def _actor(context: StepContext, this: Account) -> Actor:
    """Return who merges: the customer, who administers nothing by it."""
    return Actor(f"customer:{this.customer.id}", context.request.request_id, frozenset())
