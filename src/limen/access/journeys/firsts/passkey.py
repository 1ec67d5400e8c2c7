"""By passkey: the browser finds one for this site, by autofill or by the button, and no address is typed.

Whoever guesses credential ids guesses 16 random bytes at the least. An id that is not known, or not any more, is
answered like any failure; that the browser may forget it is said where it was made for this tenant.
"""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

import msgspec

from limen.access.factors.records import FactorKind
from limen.access.journeys.context import StepContext
from limen.access.journeys.firsts.first import First
from limen.access.journeys.limits import over_address
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.passkeys.proofs import FIELD, REFUSED, Refused, account_of, counted, proof_of
from limen.access.journeys.views import Problem, Progress
from limen.access.passkeys.options import request_options
from limen.access.passkeys.site import Site
from limen.kernel.events import AuditEntry, Outcome

_KINDS = frozenset({FactorKind.PASSKEY})


async def _answer(context: StepContext, _: str, form: Mapping[str, str]) -> Progress:
    state = context.journey.state
    limited = await over_address(context)
    if limited is not None:
        return Progress(state, problem=limited)
    if not form.get(FIELD):  # the button without script
        return Progress(state, problem=Problem(notice="error.passkey_script"))
    proof = await proof_of(context, form, _KINDS, _site(context).settings.user_verification, discovered=True)
    if isinstance(proof, Refused):
        return _refused(context, proof)
    now = context.parts.clock.now()
    evidence = proof.spoken.credential.evidence(now, user_verified=proof.spoken.user_verified)
    mine = state.belonging_to(proof.owner.customer.id)
    proven = msgspec.structs.replace(mine, email="", evidence=(evidence,), session_id="")
    write = await counted(context, proof, "first")
    return Progress(proven, write, vault=proof.owner.vault, whose=proof.owner.customer)


def _refused(context: StepContext, refused: Refused) -> Progress:
    request, who = context.request, account_of(refused)

    async def write(unit: JourneyUnit) -> Problem | None:
        unit.record(
            AuditEntry(
                event="sign_in.failed",
                outcome=Outcome.REFUSED,
                actor="browser",
                subject=who or context.journey.id,
                reason=refused.refusal.code,
                request_id=request.request_id,
                data={"method": "passkey"},
                personal=request.personal,
            )
        )
        return None

    return Progress(
        context.journey.state, write, Problem(notice=REFUSED, data={"forget": refused.forget}), refused=FIELD
    )


def _site(context: StepContext) -> Site:
    return Site.of(context.parts.desk.tenant)


def _data(context: StepContext) -> dict[str, Any]:
    site = _site(context)
    return {"passkey": request_options(site, verification=site.settings.user_verification), "forget": ""}


FIRST = First("passkey", attrgetter("passkey"), _answer, needs_address=False, data=_data)
