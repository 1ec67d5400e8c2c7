"""What an administrator does with customers, whatever the interface: make, read, change, disable, sign out, erase.

Keys, hashes and look-ups in the key store are asked for outside the unit of work, whose write lock nobody should wait
for; the version in the final UPDATE proves that nothing moved in between.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

import msgspec

from limen.identity.administrators import Actor
from limen.identity.credentials.breaches import NO_CORPUS, BreachGuard
from limen.identity.credentials.choose import Known, choose_password
from limen.identity.credentials.context import context_words
from limen.identity.credentials.hashing import PasswordHasher
from limen.identity.credentials.policy import PasswordPolicy
from limen.identity.credentials.records import seal_password
from limen.identity.customers.addresses import parse_email
from limen.identity.customers.directory import Directory, seal
from limen.identity.customers.identifiers import EMAIL, IDENTITY, NUMBER, USERNAME
from limen.identity.customers.records import (
    HOLD,
    RESTRICTION,
    ContactIndex,
    Customer,
    CustomerState,
    Profile,
    SealedCustomer,
)
from limen.identity.customers.unit import CustomerUnit
from limen.identity.customers.usernames import allowed_username
from limen.identity.customers.validation import CODE, normalised, validate
from limen.identity.profiles.claims import not_theirs
from limen.identity.profiles.records import ProfileSettings, Who
from limen.identity.profiles.values import beyond, brought_up, withheld
from limen.kernel.clock import Clock
from limen.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from limen.kernel.events import EVENTS, AuditEntry, Event
from limen.kernel.ids import CustomerId, TenantId
from limen.kernel.secret import Secret

Begin = Callable[[TenantId], AbstractAsyncContextManager[CustomerUnit]]
Facts = dict[str, Any]
_GONE = NotFound("customer_not_found")
_CHANGED = Conflict("version_changed")
_HELD = Conflict("legal_hold")
_TAKEN: Mapping[str, Conflict] = {
    EMAIL: Conflict("email_taken", fields={"email": "email.taken"}),
    USERNAME: Conflict("username_taken", fields={"username": "username.taken"}),
    NUMBER: Conflict("phone_taken", fields={"phone": "phone.taken"}),
    IDENTITY: Conflict("identity_taken"),
}


class _Taken(Exception):
    """An identifier is somebody else's, perhaps since this moment: nothing of this unit may stay."""

    def __init__(self, kind: str) -> None:
        """Say which *kind* it is of."""
        super().__init__(kind)
        self.refusal = _TAKEN[kind]


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """A customer to be made. Without a password the customer sets one by recovery."""

    profile: Profile = field(repr=False)
    password: Secret | None = None


@dataclass(frozen=True, slots=True)
class CustomerAdministration:
    """One tenant's customers, as its administrators see them.

    Attributes:
        granted: the scopes of the application that writes in its customer's place; None where nobody does.
    """

    tenant_id: TenantId
    begin: Begin
    reading: Begin
    directory: Directory
    hasher: PasswordHasher
    policy: PasswordPolicy
    clock: Clock
    profiles: ProfileSettings = field(default_factory=ProfileSettings)
    breaches: BreachGuard = NO_CORPUS
    usernames: str = "off"
    granted: frozenset[str] | None = None

    async def create(self, new: NewCustomer, actor: Actor) -> Customer | Refusal:
        """Make a customer. Its address counts as verified only where the profile says so.

        Returns:
            ``Invalid`` by field, ``Conflict("email_taken")``, or ``Unavailable`` when too many passwords wait.
        """
        profile = self._parsed(new.profile, Profile(), actor)
        if isinstance(profile, Refusal):
            return profile
        hashed = await self._hash(new.password, profile) if new.password is not None else None
        if isinstance(hashed, Refusal):
            return hashed
        customer, vault = await self.directory.prepare(profile)
        stored = seal_password(vault, customer.id, hashed, customer.created_at) if hashed is not None else None
        contacts = await self.directory.contacts(customer)
        try:
            async with self.begin(self.tenant_id) as unit:
                await _add(unit, seal(customer, vault), contacts)
                if stored is not None:
                    await unit.passwords.put(stored)
                data = {"method": "administrator", "password": stored is not None}
                _tell(unit, "customer.registered", customer, actor, data)
        except _Taken as taken:
            await self.directory.erase(customer.id)  # nothing was sealed under it that anybody keeps
            return taken.refusal
        return customer

    async def read(self, customer_id: CustomerId) -> Customer | NotFound:
        """Return one customer, unsealed."""
        async with self.reading(self.tenant_id) as unit:
            sealed = await unit.customers.get(customer_id)
        return await self.directory.open(sealed) or _GONE

    async def list(self, *, after: str = "", limit: int = 50) -> "tuple[list[Customer], str]":
        """Return up to *limit* customers behind *after*, oldest first, and where to go on (empty at the end)."""
        async with self.reading(self.tenant_id) as unit:
            page = await unit.customers.list(after=after, limit=limit + 1)
        following = page[limit - 1].id if len(page) > limit else ""
        opened = [await self.directory.open(sealed) for sealed in page[:limit]]
        return [customer for customer in opened if customer is not None], following

    async def update(
        self,
        customer_id: CustomerId,
        change: Callable[[Profile], Profile | Refusal],
        actor: Actor,
        *,
        expected_version: int | None = None,
        sent: Iterable[str] = (),
    ) -> Customer | Refusal:
        """Replace a profile by what *change* makes of it. Another address is unverified unless *change* says otherwise.

        *sent* names what the actor wrote down, each attribute as ``attributes.NAME``. What of it is not theirs to write
        is refused whatever it says, the value that is there already too: guesses are not to be told from each other.

        Returns:
            The customer as it is now (the same version if nothing changed), what *change* refuses, ``NotFound``,
            ``Forbidden``, ``Invalid`` by field, ``Conflict("version_changed")`` or ``Conflict("email_taken")``.
        """
        kept = withheld(self.profiles, sent, self._who(actor))

        def changed(customer: Customer) -> Customer | Refusal:
            if kept:
                return Invalid(CODE, ", ".join(kept), kept)
            before = brought_up(self.profiles, customer.profile.attributes)
            current = msgspec.structs.replace(customer.profile, attributes=before)
            wanted = change(current)
            profile = wanted if isinstance(wanted, Refusal) else self._parsed(wanted, current, actor)
            if isinstance(profile, Refusal):
                return profile
            return customer if profile == customer.profile else customer.with_profile(profile, self.clock.now())

        return await self._replace(customer_id, changed, actor, expected_version)

    async def disable(self, customer_id: CustomerId, actor: Actor) -> Customer | Refusal:
        """Bar a customer from signing in; every session and token ends."""

        def changed(customer: Customer) -> Customer:
            return customer.disabled(self.clock.now()) if customer.may_sign_in else customer

        return await self._replace(customer_id, changed, actor, None)

    async def enable(self, customer_id: CustomerId, actor: Actor) -> Customer | Refusal:
        """Let a customer sign in again; to their account alone, where their data is restricted."""
        async with self.reading(self.tenant_id) as unit:
            limits = await unit.processing_limits.kinds(customer_id)
        state = CustomerState.RESTRICTED if RESTRICTION in limits else CustomerState.ACTIVE

        def changed(customer: Customer) -> Customer:
            return customer if customer.may_sign_in else customer.enabled(self.clock.now(), state)

        return await self._replace(customer_id, changed, actor, None)

    async def sign_out_everywhere(self, customer_id: CustomerId, actor: Actor) -> Customer | Refusal:
        """End every session and token of a customer."""

        def changed(customer: Customer) -> Customer:
            return customer.signed_out_everywhere(self.clock.now())

        return await self._replace(customer_id, changed, actor, None)

    async def delete(
        self, customer_id: CustomerId, actor: Actor, *, expected_version: int | None = None
    ) -> Refusal | None:
        """Erase a customer: the rows in one commit, then the key.

        Killed between the two, the key is an orphan. It is found again by whoever asks a second time (``NotFound``, yet
        the key goes), by the event ``customer.deleted``, which the outbox delivers at least once
        (:meth:`finish_erasure`), and by the keyring's sweep.
        """
        async with self.begin(self.tenant_id) as unit:
            customer = await unit.customers.get(customer_id)
            refusal = None if customer is None else await _not_allowed(unit, customer_id, actor)
            if customer is not None and refusal is None:
                if expected_version is not None and customer.version != expected_version:
                    return _CHANGED
                now = self.clock.now()
                if HOLD in await unit.processing_limits.kinds(customer_id):
                    return _HELD
                await unit.sessions.end_all(customer_id, now)  # first: the caches must hear of each family
                await unit.sessions.forget_browsers(customer_id, now)
                if not await unit.customers.delete(customer_id):
                    return _HELD  # a hold was set in this moment
                unit.change("subject", f"{customer.subject}:{now}")
                _tell(unit, "customer.deleted", customer, actor, {})
        if refusal is not None:
            return refusal
        await self.finish_erasure(customer_id)
        return None if customer is not None else _GONE

    async def finish_erasure(self, customer_id: CustomerId) -> None:
        """Destroy the key of a customer whose rows are gone; may be repeated."""
        await self.directory.erase(customer_id)

    def _parsed(self, profile: Profile, before: Profile, actor: Actor) -> Profile | Refusal:
        profile = normalised(profile)
        email = parse_email(profile.email)
        if isinstance(email, Refusal):
            return email
        who = self._who(actor)
        wrong = beyond(self.profiles, before.attributes, profile.attributes, who)
        places = {f"attributes.{name}": code for name, code in wrong.items()}
        places |= not_theirs(self.profiles, msgspec.structs.asdict(before), msgspec.structs.asdict(profile), who)
        refused = validate(profile, self.profiles, before)
        if refused is not None or places:
            broken = refused.violations if refused is not None else ()
            broken = tuple(one for one in broken if one.field not in places)  # of what is not theirs, no more is told
            places = dict(refused.fields if refused is not None else {}) | places
            return Invalid(CODE, ", ".join(places), places, violations=broken)
        emails = tuple(one for one in profile.emails if one.value != email)
        is_same = profile.username == before.username
        username = before.username if is_same else allowed_username(profile.username, self.usernames)
        if isinstance(username, Refusal):
            return username
        since = profile.email_since if email == before.email else self.clock.now()
        return msgspec.structs.replace(profile, email=email, email_since=since, emails=emails, username=username)

    def _who(self, actor: Actor) -> Who:
        if self.granted is not None:
            return self.granted
        return "customer" if actor.name.startswith("customer:") else "administrator"

    async def _hash(self, password: Secret, profile: Profile) -> str | Refusal:
        words, known = context_words(*profile.called), Known(self.breaches, emails=profile.addresses)
        outcome = await choose_password(password.reveal(), words, self.policy, self.hasher, known)
        return outcome if isinstance(outcome, str) else outcome.refusal

    async def _replace(
        self,
        customer_id: CustomerId,
        change: Callable[[Customer], Customer | Refusal],
        actor: Actor,
        expected_version: int | None,
    ) -> Customer | Refusal:
        async with self.reading(self.tenant_id) as unit:
            sealed = await unit.customers.get(customer_id)
            refusal = await _not_allowed(unit, customer_id, actor) if sealed is not None else None
        customer = await self.directory.open(sealed)
        if customer is None or refusal is not None:
            return refusal or _GONE
        if expected_version is not None and customer.version != expected_version:
            return _CHANGED
        changed = change(customer)
        if isinstance(changed, Refusal) or changed is customer:
            return changed
        try:
            return await self._store(customer, changed, actor)
        except _Taken as taken:
            return taken.refusal

    async def _store(self, before: Customer, after: Customer, actor: Actor) -> Customer | Refusal:
        vault = await self.directory.vault_of(after.id)
        if vault is None:
            return _GONE
        moves = await self.directory.moves(before, after)
        if moves.left:  # whoever just proved what names the customer no longer has proven nothing
            after = msgspec.structs.replace(after, proof_after=max(after.proof_after, after.updated_at))
        sealed = seal(after, vault)
        async with self.begin(self.tenant_id) as unit:
            refusal = await _not_allowed(unit, after.id, actor)
            if refusal is not None:
                return refusal
            if not await unit.customers.update(sealed, before.version):
                return _CHANGED
            taken = await moves.write(unit)
            if taken is not None:
                raise _Taken(taken.kind)
            await _tell_change(unit, before, after, actor)
        return after


async def _add(unit: CustomerUnit, sealed: SealedCustomer, contacts: Sequence[ContactIndex]) -> None:
    if not await unit.customers.add(sealed, contacts[0]):
        raise _Taken(contacts[0].kind)
    for contact in contacts[1:]:
        if not await unit.customers.claim(contact):
            raise _Taken(contact.kind)


async def _not_allowed(unit: CustomerUnit, customer_id: CustomerId, actor: Actor) -> Forbidden | None:
    if actor.scopes is None or actor.may_change(await unit.administrators.role(customer_id)):
        return None
    return Forbidden("beyond_your_authority", "the customer administers more than the actor")


async def _tell_change(unit: CustomerUnit, before: Customer, after: Customer, actor: Actor) -> None:
    data: Facts = {"fields": after.profile.changed_from(before.profile), "state": after.state.value}
    name = _deed(before, after)
    if name in {"customer.disabled", "customer.signed_out"}:
        data["sessions"] = await unit.sessions.end_all(after.id, after.valid_after)
        unit.change("subject", f"{after.subject}:{after.valid_after}")
        unit.announce(Event("session.ended", subject=after.id, data={"all": True}))
    _tell(unit, name, after, actor, data)


def _deed(before: Customer, after: Customer) -> str:
    """Return what happened between the two, as the audit log calls it."""
    if after.state is not before.state:
        return "customer.enabled" if after.may_sign_in else "customer.disabled"
    return "customer.signed_out" if after.profile == before.profile else "customer.updated"


def _tell(unit: CustomerUnit, name: str, customer: Customer | SealedCustomer, actor: Actor, data: Facts) -> None:
    data = {"version": customer.version, **data}
    unit.record(AuditEntry(event=name, actor=actor.name, subject=customer.id, request_id=actor.request_id, data=data))
    unit.announce(Event(name if name in EVENTS else "customer.updated", subject=customer.id, data=data))
