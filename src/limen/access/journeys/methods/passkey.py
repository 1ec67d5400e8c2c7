"""A passkey or a security key as the second factor. It cannot be guessed, so that its tries are not counted."""

from collections.abc import Mapping
from typing import Any

from limen.access.factors.records import FactorKind, keys
from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.methods.method import Method
from limen.access.journeys.owner import entry, with_proof
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.passkeys.proofs import FIELD, REFUSED, Refused, counted, proof_of
from limen.access.journeys.views import Problem, Progress
from limen.access.passkeys.options import request_options
from limen.access.passkeys.site import Site
from limen.access.sessions.records import KEYS

_KINDS = frozenset({FactorKind.PASSKEY, FactorKind.SECURITY_KEY})


def _is_held(facts: Facts) -> bool:
    return bool(keys(facts.factors))


def _verification(facts: Facts) -> str:
    """Return what is asked of the device. Where a key without PIN or biometric was the first factor, that is owed."""
    is_owed = bool(facts.held) and facts.held[0].authenticator in KEYS
    return "required" if is_owed else "preferred"


async def _answer(context: StepContext, form: Mapping[str, str]) -> Progress:
    customer = context.facts.customer
    proof = await proof_of(context, form, _KINDS, _verification(context.facts), discovered=False)
    if isinstance(proof, Refused):
        return _refused(context, proof.refusal.code)
    if customer is None or proof.owner.customer.id != customer.id:
        return _refused(context, "other_customer")
    now = context.parts.clock.now()
    evidence = proof.spoken.credential.evidence(now, user_verified=proof.spoken.user_verified)
    return Progress(with_proof(context, evidence), await counted(context, proof, "second"))


def _refused(context: StepContext, reason: str) -> Progress:
    async def write(unit: JourneyUnit) -> Problem | None:
        unit.record(entry(context, "second_factor.refused", {"method": FIELD}, reason))
        return None

    return Progress(context.journey.state, write, Problem(notice=REFUSED), refused=FIELD)


def _data(context: StepContext) -> dict[str, Any]:
    site = Site.of(context.parts.desk.tenant)
    verification = _verification(context.facts)
    return {"passkey": request_options(site, verification=verification, held=context.facts.keys)}


METHOD = Method(FIELD, _is_held, _answer, data=_data, is_bounded=False)
