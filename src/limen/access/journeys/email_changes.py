"""Another address, or one more, proven where the journey began; and what becomes of those that there are.

An address that is somebody else's, or held for whoever left it lately, is never proven here: its mail has no code.
While it is held nobody else can sign up with it or move to it, so that an undo never finds it taken (pre-hijacking).
"""

import msgspec

from limen.access.account.emails import EmailChange, Emails
from limen.access.account.unit import Owner
from limen.access.journeys.context import StepContext
from limen.access.journeys.factor_changes import owner, with_proof
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.records import JourneyState, Task
from limen.access.journeys.tasks import ADD_EMAIL, MAKE_PRIMARY
from limen.access.journeys.views import Problem, Progress, problem_of
from limen.access.sessions.records import MAILBOX, Evidence
from limen.kernel.errors import Refusal


async def moved(context: StepContext) -> Progress:
    """Make the address that the journey has just proven the customer's: in the place of the first, or one more."""
    state, parts = context.journey.state, context.parts
    if context.facts.customer is None or not context.facts.is_proven:
        return Progress(state, problem=Problem(notice="error.stale"), link_hash=context.journey.link_hash)
    acting, emails = await _owner(context), Emails(parts.desk, parts.directory)
    change: EmailChange | Refusal
    if state.task.kind == ADD_EMAIL:
        change = await emails.added(acting, state.email)
    else:
        change = await emails.moved(acting, state.email)
    done = with_proof(context, Evidence(MAILBOX, parts.clock.now()))
    return _written(msgspec.structs.replace(done, challenge=None), change)


async def listed(context: StepContext) -> Progress:
    """Put the address that the task names first, or take it away."""
    state, parts = context.journey.state, context.parts
    proven_at = max((piece.at for piece in context.facts.held), default=0)
    acting, emails = await _owner(context), Emails(parts.desk, parts.directory, proven_at)
    prepare = emails.made_primary if state.task.kind == MAKE_PRIMARY else emails.removed
    return _written(state, await prepare(acting, state.task.target))


async def _owner(context: StepContext) -> Owner:
    customer, vault = await owner(context)
    return Owner(customer, vault, "", context.request)


def _written(state: JourneyState, change: EmailChange | Refusal) -> Progress:
    done = msgspec.structs.replace(state, task=Task())
    if isinstance(change, Refusal):
        return Progress(msgspec.structs.replace(done, challenge=None), problem=problem_of(change))

    async def write(unit: JourneyUnit) -> Problem | None:
        return None if await change.write(unit) else Problem(notice="error.stale")

    return Progress(done, write)
