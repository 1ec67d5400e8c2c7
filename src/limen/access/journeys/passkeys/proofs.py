"""A passkey or a security key speaks in a journey: answer read, key found, signature and counter kept."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec

from limen.access.factors.records import FactorKind, StoredFactor
from limen.access.journeys.context import StepContext
from limen.access.journeys.owner import told
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.views import Problem
from limen.access.passkeys.answers import Answer, Unreadable, read_answer
from limen.access.passkeys.records import Credential, credential_digest, open_credential, seal_credential
from limen.access.passkeys.site import Site
from limen.access.passkeys.verify import Spoken, spoken
from limen.identity.customers.records import SealedCustomer
from limen.identity.keyring import SubjectVault
from limen.kernel.encoding import b64url
from limen.kernel.errors import Invalid, Refusal
from limen.kernel.events import AuditEntry, Event, Outcome

FIELD: Final = "passkey"
"""The form's field that holds the browser's answer, as JSON."""
REFUSED: Final = "error.passkey_refused"
_UNKNOWN: Final = "unknown_credential"


class Owner(msgspec.Struct, frozen=True):
    """Whose key spoke."""

    customer: SealedCustomer
    vault: SubjectVault


class Proof(msgspec.Struct, frozen=True):
    """A key that spoke: whose, which, and what it said."""

    owner: Owner
    factor: StoredFactor
    spoken: Spoken


class Refused(msgspec.Struct, frozen=True):
    """Why an answer counts for nothing. ``forget``: the credential that the browser may forget, as it names it."""

    refusal: Refusal
    owner: Owner | None = None
    forget: str = ""


async def proof_of(
    context: StepContext, form: Mapping[str, str], kinds: frozenset[FactorKind], verification: str, *, discovered: bool
) -> Proof | Refused:
    """Return what the answer in *form* proves: by a key of one of *kinds*, whoever's it is.

    *discovered*: the browser chose the key, and the page had named nobody.
    """
    site = Site.of(context.parts.desk.tenant)
    try:
        answer = read_answer(form.get(FIELD, ""))
    except Unreadable as error:
        return Refused(Invalid("passkey_unreadable", str(error)))
    found = await _found(context, answer)
    if found is None or found[1].kind not in kinds:
        is_ours = found is None and answer.user_handle.startswith(site.tag)
        return Refused(Invalid(_UNKNOWN), forget=b64url(answer.credential_id) if is_ours else "")
    owner, factor = found
    credential = open_credential(owner.vault, factor)
    must_verify = verification == "required"
    said = spoken(site, answer, context.challenge, credential, verification=must_verify, discovered=discovered)
    if isinstance(said, Refusal):
        return Refused(said, owner)
    if not owner.customer.may_sign_in:
        return Refused(Invalid("customer_disabled"), owner)
    return Proof(owner, _as_spoken(owner, factor, said, credential), said)


async def _found(context: StepContext, answer: Answer) -> tuple[Owner, StoredFactor] | None:
    parts = context.parts
    async with parts.read(parts.tenant_id) as unit:
        found = await unit.factors.find_key(credential_digest(answer.credential_id))
    if found is None:
        return None
    factor, customer = found
    vault = await parts.directory.vault_of(customer.id)
    return None if vault is None else (Owner(customer, vault), factor)


def _as_spoken(owner: Owner, factor: StoredFactor, said: Spoken, before: Credential) -> StoredFactor:
    """Return *factor* sealed anew where it tells of its backup what it did not before."""
    if said.credential == before:
        return factor
    return msgspec.structs.replace(factor, sealed=seal_credential(owner.vault, factor.id, said.credential))


async def counted(
    context: StepContext, proof: Proof, method: str
) -> Callable[[JourneyUnit], Awaitable[Problem | None]]:
    """Return what writes that a key spoke. Where its counter went back nothing is proven, and its owner is told."""
    parts, request, now = context.parts, context.request, context.parts.clock.now()
    settings = parts.desk.tenant.settings.passkeys
    may_stop = settings.counter == "allow_synced" and proof.spoken.credential.backup_eligible
    data: dict[str, str | int] = {"factor": str(proof.factor.id), "kind": proof.factor.kind.value}
    went_back = proof.spoken.counter <= proof.factor.last_step and (proof.spoken.counter or proof.factor.last_step)
    customer = await parts.directory.open(proof.owner.customer, proof.owner.vault) if went_back else None
    announce = told(context, customer, proof.owner.vault, "passkey_suspected") if customer is not None else None

    def note(unit: JourneyUnit, outcome: Outcome, reason: str) -> None:
        unit.record(
            AuditEntry(
                event="passkey.counter_went_back",
                outcome=outcome,
                actor="browser",
                subject=proof.factor.customer_id,
                reason=reason,
                request_id=request.request_id,
                data={**data, "method": method},
                personal=request.personal,
            )
        )

    async def write(unit: JourneyUnit) -> Problem | None:
        if await unit.factors.accept_counter(proof.factor, proof.spoken.counter, now, may_stop=may_stop):
            if went_back:
                note(unit, Outcome.SUCCESS, "allowed")
            return None
        note(unit, Outcome.REFUSED, "cloned")
        unit.announce(Event("passkey.counter_went_back", proof.factor.customer_id, data))
        if announce is not None:
            announce(unit)
        return Problem(notice=REFUSED)

    return write


def account_of(refused: Refused) -> str:
    """Return whose key was refused, for the record; empty where nobody's was."""
    return refused.owner.customer.id if refused.owner is not None else ""
