"""The merge itself: planned from what is there, then done in one commit that proves that nothing moved in between."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Final, Protocol

import msgspec

from limen.access.account.store import AccountStore
from limen.access.factors.records import FactorKind
from limen.access.factors.store import FactorStore
from limen.access.merging.joining import carried, joined, unknown
from limen.access.merging.records import Plan, Wish
from limen.access.merging.store import MergeStore
from limen.access.safety.messages import Tell, Tells
from limen.access.safety.store import RecoveryStore
from limen.identity.administrators import Actor, AdministratorStore
from limen.identity.consents.records import OAUTH, ConsentDecision, ConsentRecord, Decision
from limen.identity.consents.store import ConsentLedger
from limen.identity.credentials.store import PasswordStore
from limen.identity.customers.directory import Directory, seal
from limen.identity.customers.records import Customer, Profile, SealedCustomer
from limen.identity.customers.store import CustomerStore, LimitsOf
from limen.identity.customers.unit import EndsSessions
from limen.identity.customers.validation import validate
from limen.identity.keyring import SubjectVault
from limen.identity.profiles.claims import SAID, claim_access
from limen.identity.profiles.records import ProfileSettings, Who
from limen.identity.profiles.schema import wrong_attributes
from limen.identity.profiles.values import access, brought_up
from limen.identity.rights.store import RequestStore
from limen.kernel.clock import DAY, Clock
from limen.kernel.contention import retried
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import ContactId, RecordId, TenantId
from limen.kernel.units import RecordsAudit, TellsCaches

HELD_DAYS: Final = 30
"""So long the address of the one who went is nobody else's."""
_STRONG: Final = frozenset({FactorKind.TOTP, FactorKind.PASSKEY, FactorKind.SECURITY_KEY, FactorKind.PHONE})
_GONE: Final = NotFound("customer_not_found")
_CHANGED: Final = Conflict("version_changed")
METHOD: Final = "merge"
_NOTHING: Final = Profile()


class _RollBack(Exception):
    """Nothing of this unit may stay."""


class MergeUnit(RecordsAudit, Tells, TellsCaches, Protocol):
    """A unit of work that reaches all that hangs on a customer."""

    @property
    def customers(self) -> CustomerStore:
        """Return the tenant's customers."""
        ...

    @property
    def merges(self) -> MergeStore:
        """Return who was merged into whom."""
        ...

    @property
    def passwords(self) -> PasswordStore:
        """Return their passwords."""
        ...

    @property
    def factors(self) -> FactorStore:
        """Return their factors."""
        ...

    @property
    def recoveries(self) -> RecoveryStore:
        """Return their recovery requests."""
        ...

    @property
    def account(self) -> AccountStore:
        """Return what hangs on their accounts."""
        ...

    @property
    def processing_limits(self) -> LimitsOf:
        """Return what limits what may be done with their data."""
        ...

    @property
    def privacy_requests(self) -> RequestStore:
        """Return what they asked for by right."""
        ...

    @property
    def consents(self) -> ConsentLedger:
        """Return their decisions."""
        ...

    @property
    def sessions(self) -> EndsSessions:
        """Return their sessions."""
        ...

    @property
    def administrators(self) -> AdministratorStore:
        """Return who of them administers."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[MergeUnit]]
Telling = Callable[[Customer, SubjectVault], Tell]
"""Makes what the one who stays is told, as the merge leaves them, sealed under their key."""


@dataclass(frozen=True, slots=True)
class Merging:
    """Merges customers of one tenant."""

    tenant_id: TenantId
    begin: Begin
    reading: Begin
    directory: Directory
    clock: Clock
    entropy: Entropy
    profiles: ProfileSettings

    async def plan(self, wish: Wish, actor: Actor) -> Plan | Refusal:
        """Return what the merge comes to; nothing is changed.

        Returns:
            ``NotFound``, ``Forbidden``, ``Invalid("invalid_merge")`` by field, or a ``Conflict``:
            ``merge_administers``, ``merge_disabled``, ``merge_limited`` (by a legal hold, or a restriction),
            ``merge_pending`` (a recovery, a deletion or a privacy request is under way), ``merge_would_weaken``.
        """
        async with self.reading(self.tenant_id) as unit:
            return await self._planned(unit, wish, actor)

    async def merge(
        self,
        wish: Wish,
        actor: Actor,
        *,
        expected_version: int | None = None,
        seen: str = "",
        telling: Telling | None = None,
    ) -> Customer | Refusal:
        """Merge; return the one who stays. Refused as :meth:`plan`, or where either changed meanwhile.

        *seen* is the digest of the plan that was shown: it is refused where the merge comes to something else by now,
        which a factor, a consent or an application can do without a new version of either. What *telling* makes for
        the one who stays leaves in the same commit: no merge without its notice.
        """
        planned = await self.plan(wish, actor)
        if isinstance(planned, Refusal):
            return planned
        is_other = expected_version is not None and planned.before.version != expected_version
        if is_other or (seen and planned.digest != seen):
            return _CHANGED
        vault = await self.directory.vault_of(wish.stays)
        if vault is None:
            return _GONE
        try:
            sealed = seal(planned.after, vault)
            tell = telling(planned.after, vault) if telling is not None else None
            refusal = await retried(lambda: self._commit(planned, sealed, actor, tell), self.clock)
        except _RollBack:
            return _CHANGED
        if refusal is not None:
            return refusal
        await self.directory.erase(wish.goes)
        return planned.after

    async def _commit(self, planned: Plan, sealed: SealedCustomer, actor: Actor, tell: Tell | None) -> Refusal | None:
        both = planned.before.id, planned.gone.id
        async with self.begin(self.tenant_id) as unit:
            await unit.merges.lock(both)  # before anything of theirs: others begin with them too
            stays, goes = [await unit.customers.get(one) for one in both]
            if stays is None or goes is None or goes.version != planned.gone.version:
                return _CHANGED
            refusal = await self._refused(unit, stays, goes, actor)  # as everything is now
            if refusal is not None:
                return refusal
            withdrawn, ends = await _settled(unit, planned.before, planned.gone)
            if (_named(withdrawn), ends) != (planned.withdrawn, planned.ends):
                return _CHANGED
            if not await unit.customers.update(sealed, planned.before.version):
                return _CHANGED
            await self._done(unit, planned, actor)
            if tell is not None:
                tell(unit)
        return None

    async def _planned(self, unit: MergeUnit, wish: Wish, actor: Actor) -> Plan | Refusal:
        if wish.stays == wish.goes:
            return Invalid("invalid_merge", "one and the same", {"from": "merge.same"})
        stays = await self.directory.open(await unit.customers.get(wish.stays))
        goes = await self.directory.open(await unit.customers.get(wish.goes))
        if stays is None or goes is None:
            return _GONE
        return await self._refused(unit, stays, goes, actor) or await self._joined(unit, stays, goes, wish)

    async def _refused(
        self, unit: MergeUnit, stays: Customer | SealedCustomer, goes: Customer | SealedCustomer, actor: Actor
    ) -> Refusal | None:
        role = await unit.administrators.role(stays.id)
        if actor.scopes is not None and not actor.may_change(role):
            return Forbidden("beyond_your_authority", "the customer administers more than the actor")
        if await unit.administrators.role(goes.id) is not None:
            return Conflict("merge_administers")
        if not stays.is_active or not goes.is_active:
            return Conflict("merge_disabled")
        for one in (stays, goes):
            if await unit.processing_limits.kinds(one.id):
                return Conflict("merge_limited")
            if await unit.recoveries.open_of(one.id) is not None or await unit.account.deletion(one.id) is not None:
                return Conflict("merge_pending")
        if any(not request.is_over for request in await unit.privacy_requests.of_customer(goes.id)):
            return Conflict("merge_pending")  # the person lives on: nobody would answer it
        strong = [{f.kind for f in await unit.factors.of_customer(one.id)} & _STRONG for one in (stays, goes)]
        return Conflict("merge_would_weaken") if strong[1] and not strong[0] else None

    async def _joined(self, unit: MergeUnit, stays: Customer, goes: Customer, wish: Wish) -> Plan | Refusal:
        ours, theirs = self._current(stays), self._current(goes)
        theirs = self._offered(theirs, "customer" if wish.is_proven else "administrator")
        wrong = unknown(theirs.profile, wish.take)
        if wrong:
            return Invalid("invalid_merge", "nothing to take", {"take": "merge.nothing_to_take"})
        made = joined(ours.profile, theirs.profile, wish.take)
        refused = validate(made.profile, self.profiles, ours.profile)
        if refused is not None:
            return refused
        now = self.clock.now()
        profile, more = made.profile, tuple[str, ...]()
        if wish.is_proven and stays.profile.email_verified:  # else whoever proves that address has the account
            profile, more = carried(profile, goes.profile, self._new_id, now)
        after = stays.with_profile(profile, now)
        withdrawn, ends = await _settled(unit, stays, goes)
        moves = await self.directory.moves(stays, after)
        filled = (*made.filled, *more)
        return Plan(stays, after, goes, filled, made.taken, made.kept, _named(withdrawn), ends, moves)

    def _new_id(self) -> str:
        return str(ContactId.new(self.clock, self.entropy))

    def _current(self, customer: Customer) -> Customer:
        attributes = brought_up(self.profiles, customer.profile.attributes)
        return msgspec.structs.replace(
            customer, profile=msgspec.structs.replace(customer.profile, attributes=attributes)
        )

    def _offered(self, customer: Customer, who: Who) -> Customer:
        """Return *customer* with what may be taken over: what *who* acts may write, and attributes that fit."""
        values = customer.profile.attributes
        wrong = wrong_attributes(self.profiles, values)
        fit = {
            name: value
            for name, value in values.items()
            if name not in wrong and access(self.profiles, name, who) == "write"
        }
        profile = msgspec.structs.replace(customer.profile, attributes=fit)
        kept = [name for name in SAID if claim_access(self.profiles, name, who) != "write"]
        profile = msgspec.structs.replace(profile, **{name: getattr(_NOTHING, name) for name in kept})
        return msgspec.structs.replace(customer, profile=profile)

    async def _done(self, unit: MergeUnit, plan: Plan, actor: Actor) -> None:
        stays, goes, now = plan.after, plan.gone, self.clock.now()
        for one in _stricter(await unit.consents.latest(stays.id), await unit.consents.latest(goes.id)):
            record = await unit.consents.append(RecordId.new(self.clock, self.entropy), one, now)
            told = {"purpose": one.purpose, "items": one.items, "party": one.party, "record": record.id}
            unit.announce(Event("consent.withdrawn", stays.id, {**told, "version": one.version}))
            unit.record(
                AuditEntry("consent.withdrawn", actor=actor.name, subject=stays.id, client=one.party, data=told)
            )
        await unit.sessions.end_all(goes.id, now)  # first: the caches must hear of each family
        await unit.merges.hold_addresses(goes.id, stays.id, now + HELD_DAYS * DAY)
        if await plan.moves.write(unit) is not None:
            raise _RollBack  # what was just held for the one who stays is theirs
        await unit.merges.remember(goes.id, stays.id, now)
        await unit.sessions.forget_browsers(goes.id, now)
        if not await unit.customers.delete(goes.id):
            raise _RollBack  # a hold was set in this moment
        unit.change("subject", f"{goes.subject}:{now}")
        data = {"from": goes.id, "from_subject": goes.subject, "version": stays.version, **plan.facts}
        entry = AuditEntry(
            "customer.merged", actor=actor.name, subject=stays.id, request_id=actor.request_id, data=data
        )
        unit.record(entry)
        unit.announce(Event("customer.merged", stays.id, data))
        unit.announce(Event("customer.deleted", goes.id, {"merged_into": stays.id}))  # whose delivery finishes erasure


async def _settled(unit: MergeUnit, stays: Customer, goes: Customer) -> tuple[list[ConsentDecision], dict[str, int]]:
    """Return what the one who stays allows no more, and how much ends with the one who goes."""
    withdrawn = _stricter(await unit.consents.latest(stays.id), await unit.consents.latest(goes.id))
    ends = {
        "factors": len(await unit.factors.of_customer(goes.id)),
        "applications": len(await unit.account.parties(goes.id)),
        "passwords": int(await unit.passwords.get(goes.id) is not None),
    }
    return withdrawn, ends


def _named(withdrawn: Sequence[ConsentDecision]) -> list[tuple[str, str]]:
    return [(one.purpose, one.party) for one in withdrawn]


def _stricter(ours: Sequence[ConsentRecord], theirs: Sequence[ConsentRecord]) -> list[ConsentDecision]:
    """Return the withdrawals that make the one who stays allow no more than the one who goes did."""
    said = {(one.decision.purpose, one.decision.party): one.decision.decision for one in theirs}
    return [
        replace(one.decision, decision=Decision.WITHDRAWN, method=METHOD, expires_at=0, confirmed_age=0, age_from="")
        for one in ours
        if one.decision.purpose != OAUTH  # applications of the one who stays stay theirs
        and one.decision.decision is Decision.GIVEN
        and said.get((one.decision.purpose, one.decision.party)) in {Decision.REFUSED, Decision.WITHDRAWN}
    ]
