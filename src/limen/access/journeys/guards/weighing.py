"""What risk says of a proof that is no password: of a passkey, of a mailed code or its link, and of a recovery.

A password is weighed where it is compared (:mod:`.doubts`), with what the guards counted of it. Here a journey goes
from nobody to somebody, and what follows is decided before it is committed. What is denied looks like a wrong answer.

What a signed-in customer asks to change is weighed when that begins: more is asked for before it goes on.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from limen.access.factors.records import second_steps
from limen.access.journeys.context import StepContext
from limen.access.journeys.guards.doubts import asked_by_mail
from limen.access.journeys.guards.risks import RISK, Judged, judged, note, settled, sighting
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.passkeys.proofs import REFUSED
from limen.access.journeys.records import JourneyState, Path
from limen.access.journeys.tasks import HARMLESS
from limen.access.journeys.views import Problem, Progress, Write
from limen.access.sessions.records import HARDWARE_KEY, KEYS, MAILBOX, SOFTWARE_KEY
from limen.identity.customers.records import Customer
from limen.identity.keyring import SubjectVault
from limen.kernel.errors import Throttled
from limen.kernel.ids import CustomerId

_PROOFS: Final[Mapping[str, str]] = {MAILBOX: "mailbox", HARDWARE_KEY: "key", SOFTWARE_KEY: "key"}
PUT_OFF: Final = 600


async def weighed(context: StepContext, progress: Progress) -> Progress:
    """Return *progress* with what follows from its risk, where it is a first proof that nothing weighed yet."""
    before, after = context.journey.state, progress.state
    if context.parts.judge.is_off or not _is_first(context, progress) or after.path is Path.SIGN_UP:
        return progress
    of = after.evidence[0].authenticator
    if of not in _PROOFS:
        return progress
    who = await _who(context, progress)
    if who is None:
        return progress
    customer, vault = who
    shown = msgspec.structs.replace(context.journey, state=after)  # with what the page told in this very form
    seen = msgspec.structs.replace(sighting(context.parts, shown, context.request), proof=_PROOFS[of])
    is_recovery = after.path is Path.RECOVER
    risk = await judged(context, (customer.id, vault), seen, "recovery" if is_recovery else "sign_in")
    if risk is None:
        return progress
    if not await _has_more(context, customer.id, of, risk):
        risk = risk.without_more()
    await settled(context, risk)
    if risk.does("deny"):
        return _denied(context, before, of, customer.id, risk)
    return await _followed(context, progress, (customer, vault), risk)


async def weighed_task(context: StepContext) -> tuple[JourneyState, Write | None] | Throttled:
    """Return the state of a journey that changes something, with the doubt that its risk leaves, and what is recorded.

    What is denied is put off, as whoever asks too often is.
    """
    state, customer, vault = context.journey.state, context.facts.customer, context.facts.vault
    if context.parts.judge.is_off or state.task.kind in HARMLESS or customer is None or vault is None:
        return state, None
    # Whoever acts in a session holds its cookie, theirs or not: that proves nothing here.
    seen = msgspec.structs.replace(sighting(context.parts, context.journey, context.request), device=None)
    risk = await judged(context, (customer.id, vault), seen, "factor_change")
    if risk is None:
        return state, None
    await settled(context, risk)
    if risk.does("deny"):
        async with context.parts.begin(context.parts.tenant_id) as unit:
            await note(context.parts.judge, unit, customer.id, risk, context.request)
        return Throttled("throttled", RISK, retry_after=PUT_OFF)

    async def write(unit: JourneyUnit) -> Problem | None:
        await note(context.parts.judge, unit, customer.id, risk, context.request)
        return None

    return msgspec.structs.replace(state, doubt=risk.doubt(state.doubt, "")), write


def _is_first(context: StepContext, progress: Progress) -> bool:
    """Tell whether a journey goes from nobody to somebody: whoever is known already proves no first factor."""
    before, after = context.journey.state, progress.state
    if progress.problem is not None or not after.customer_id or not after.evidence or before.evidence:
        return False
    return not (before.customer_id == after.customer_id and context.facts.is_proven)


async def _who(context: StepContext, progress: Progress) -> tuple[Customer, SubjectVault] | None:
    parts, customer_id = context.parts, CustomerId(progress.state.customer_id)
    vault, sealed = progress.vault or await parts.directory.vault_of(customer_id), progress.whose
    if sealed is None:
        async with parts.read(parts.tenant_id) as unit:
            sealed = await unit.customers.get(customer_id)
    customer = await parts.directory.open(sealed, vault)
    return None if customer is None or vault is None else (customer, vault)


async def _has_more(context: StepContext, customer_id: CustomerId, of: str, risk: Judged) -> bool:
    """Tell whether something else can be asked for: beside a key the mailbox, beside a mailbox a second factor."""
    if of in KEYS:
        return risk.decision.level != "phishing_resistant"  # that is what it was
    async with context.parts.read(context.parts.tenant_id) as unit:
        return bool(second_steps(await unit.factors.of_customer(customer_id)))


async def _followed(
    context: StepContext, progress: Progress, owner: tuple[Customer, SubjectVault], risk: Judged
) -> Progress:
    """Return *progress* with the doubt that risk left in its journey, and with what was decided on record."""
    state = progress.state
    of = state.evidence[0].authenticator
    sent, announce = (None, None)
    if risk.does("challenge") and of in KEYS:
        sent, announce = await asked_by_mail(context, *owner)
    second = state.second if sent is None else msgspec.structs.replace(state.second, mailed=sent)

    async def write(unit: JourneyUnit) -> Problem | None:
        problem = await progress.write(unit) if progress.write is not None else None
        if problem is None:
            await note(context.parts.judge, unit, owner[0].id, risk, context.request)
            if announce is not None:
                announce(unit)
        return problem

    doubt = risk.doubt(state.doubt, of)
    state = msgspec.structs.replace(state, doubt=doubt, second=second)
    return msgspec.structs.replace(progress, state=state, write=write, habits=risk.kept)


def _denied(context: StepContext, before: JourneyState, of: str, customer_id: CustomerId, risk: Judged) -> Progress:
    """Return what a wrong answer would be told; a code has one try less."""
    sent = before.challenge
    problem = Problem(notice=REFUSED) if of in KEYS else Problem({"code": "error.code_invalid"})
    if sent is not None:
        before = msgspec.structs.replace(
            before, challenge=msgspec.structs.replace(sent, tries_left=max(0, sent.tries_left - 1))
        )

    async def write(unit: JourneyUnit) -> Problem | None:
        await note(context.parts.judge, unit, customer_id, risk, context.request)
        return None

    return Progress(before, write, problem, link_hash=context.journey.link_hash, refused=of)
