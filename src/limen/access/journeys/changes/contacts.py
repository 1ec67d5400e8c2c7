"""Another address, or one more, proven where the journey began; and what becomes of those, and of numbers and names.

An address that is somebody else's, or held for whoever left it lately, is never proven here: its mail has no code.
While it is held nobody else can sign up with it or move to it, so that an undo never finds it taken (pre-hijacking).
"""

from dataclasses import replace

import msgspec

from limen.access.account.contacts import ContactChange
from limen.access.account.emails import Emails
from limen.access.account.names import Names
from limen.access.account.unit import Owner
from limen.access.journeys.context import StepContext
from limen.access.journeys.owner import owner, with_proof
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.records import JourneyState, Task
from limen.access.journeys.tasks import ADD_EMAIL, FIRST_NUMBER, MAKE_PRIMARY, REMOVE_EMAIL, REMOVE_IDENTITY
from limen.access.journeys.views import Problem, Progress, problem_of
from limen.access.linking.link import Identities
from limen.access.sessions.records import MAILBOX, Evidence
from limen.kernel.errors import Refusal


async def moved(context: StepContext) -> Progress:
    """Make the address that the journey has just proven the customer's: in the place of the first, or one more."""
    state, parts = context.journey.state, context.parts
    if context.facts.customer is None or not context.facts.is_proven:
        return Progress(state, problem=Problem(notice="error.stale"), link_hash=context.journey.link_hash)
    acting, emails = await _owner(context), Emails(parts.desk, parts.directory)
    change: ContactChange | Refusal
    if state.task.kind == ADD_EMAIL:
        change = await emails.added(acting, state.email)
    else:
        change = await emails.moved(acting, state.email)
    proven = with_proof(context, Evidence(MAILBOX, parts.clock.now()))
    return _written(msgspec.structs.replace(proven, challenge=None), change)


async def listed(context: StepContext) -> Progress:
    """Put the address or number that the task names first, or take it away."""
    state, parts = context.journey.state, context.parts
    proven_at = max((piece.at for piece in state.evidence), default=0)  # a session goes on without one
    acting = await _owner(context)
    emails = Emails(parts.desk, parts.directory, proven_at)
    names = Names(parts.desk, parts.directory, proven_at, texts=bool(parts.settings.sms_ceiling))
    prepare = {
        MAKE_PRIMARY: emails.made_primary,
        REMOVE_EMAIL: emails.removed,
        FIRST_NUMBER: names.first_phone,
        REMOVE_IDENTITY: Identities(parts.desk, parts.directory, proven_at).unlinked,
    }.get(state.task.kind, names.removed_phone)
    return _written(state, await prepare(acting, state.task.target))


async def number_added(context: StepContext, number: str) -> Progress:
    """Make the number whose code was just typed one of the customer's; who has it already is told to nobody else."""
    parts = context.parts
    change = await Names(parts.desk, parts.directory).added_phone(await _owner(context), number)
    return _written(context.journey.state, change, Problem({"code": "error.phone_taken"}))


async def named(context: StepContext, typed: str) -> Progress:
    """Change the user name."""
    state, parts = context.journey.state, context.parts
    change = await Names(parts.desk, parts.directory).named(await _owner(context), typed, is_told=bool(state.task))
    if isinstance(change, Refusal):
        return Progress(state, problem=replace(problem_of(change), values={"username": typed}))
    return _written(state, change, Problem({"username": "username.taken"}, values={"username": typed}))


async def _owner(context: StepContext) -> Owner:
    customer, vault = owner(context)
    return Owner(customer, vault, "", context.request, context.journey.state.client)


def _written(state: JourneyState, change: ContactChange | Refusal, taken: Problem | None = None) -> Progress:
    """Return the progress of *change*; *taken* is the problem where somebody else has what it adds."""
    done = msgspec.structs.replace(state, task=Task(), second=msgspec.structs.replace(state.second, new_phone=None))
    if isinstance(change, Refusal):
        return Progress(msgspec.structs.replace(done, challenge=None), problem=problem_of(change))

    async def write(unit: JourneyUnit) -> Problem | None:
        refused = await change.write(unit)
        if refused is None:
            return None
        return taken if taken is not None and refused.code == "taken" else Problem(notice="error.stale")

    return Progress(done, write)
