"""The addresses of an account: one more, one less, another in the first place. Whoever calls this has proven them.

Every address of the account is told, with the link *it was not me*, which takes away what was added lately. One that is
taken away is told too, and held for its owner as long as that can be undone; where it was itself added lately it gets
no way back, so that an intruder who is thrown out stays out.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from limen.access.account.notices import told
from limen.access.account.unit import AccountParts, ChangesContacts, Owner
from limen.access.safety.messages import Link, Reader, Tell, Words, mail_to, new_link
from limen.access.safety.records import LinkKind
from limen.access.safety.securing import REMOVED
from limen.access.tokens.desk import Desk
from limen.identity.customers.directory import Directory, Moves, seal
from limen.identity.customers.emails import (
    email_named,
    with_email,
    with_other_email,
    with_primary,
    without_email,
)
from limen.identity.customers.records import Contact, Customer, Profile, SealedCustomer
from limen.kernel.clock import DAY, Instant
from limen.kernel.errors import Conflict, Refusal
from limen.kernel.events import Event
from limen.kernel.ids import ContactId, EventId

CHANGED: Final = "emails_changed"
"""The notice to every address that there is."""


@dataclass(frozen=True, slots=True)
class EmailChange:
    """A change of an owner's addresses, sealed and ready to be written."""

    owner: Owner
    after: Customer
    sealed: SealedCustomer = field(repr=False)
    moves: Moves
    event: str
    tells: tuple[Tell, ...] = field(repr=False)
    held_until: Instant | None = None

    async def write(self, unit: ChangesContacts) -> bool:
        """Write it; False, and nothing written, where an address was taken or the customer changed meanwhile."""
        if not await self.moves.write(unit, held_until=self.held_until):
            return False  # one at the most is added: nothing is before it
        if not await unit.customers.update(self.sealed, self.owner.customer.version):
            for contact in self.moves.added:
                await unit.customers.leave(contact)
            for contact in self.moves.left:
                await unit.customers.claim(contact)
            return False
        held: dict[str, Any] = {} if self.held_until is None else {"held_until": self.held_until}
        unit.announce(Event(self.event, self.after.id, dict(held)))
        changed = {"version": self.after.version, "fields": _fields(self.owner.customer.profile, self.after.profile)}
        unit.announce(Event("customer.updated", self.after.id, changed))
        unit.record(self.owner.entry(self.event, dict(held)))
        for tell in self.tells:
            tell(unit)
        return True


def _fields(before: Profile, after: Profile) -> list[str]:
    names = ("email", "email_verified", "emails")
    return [name for name in names if getattr(before, name) != getattr(after, name)]


@dataclass(frozen=True, slots=True)
class Emails:
    """Prepares changes of one tenant's customers' addresses; keys are asked for here, outside of any unit of work.

    Attributes:
        proven_at: when whoever acts last proved who they are, in a journey that is to go on: where an address goes, no
            proof before that counts any more; 0 for none before now.
    """

    desk: Desk
    directory: Directory
    proven_at: Instant = 0

    async def moved(self, owner: Owner, email: str) -> EmailChange:
        """Return the change by which *email*, just proven, takes the place of the primary address, which goes."""
        after = self._after(owner, with_other_email(owner.customer.profile, email, self._now), ends=self._now)
        reader, days = _reader(self.desk, owner), self._days
        undo = self._undo(reader, "email_changed", owner.customer.profile.email) if days else None
        words = self._words(owner) | {"undo_url": undo.url if undo is not None else ""}
        here: Words = {"at": self._now, "account_url": f"{reader.base}/account"}
        tells = (
            mail_to(reader, owner.customer.profile.email, "email_changed", words, self._event_id()),
            mail_to(reader, email, "email_moved", here, self._event_id()),
            *_stored(undo),
            *self._others(owner, after, "changed", but=(owner.customer.profile.email, email)),
        )
        return await self._change(owner, after, "email.changed", tells, is_held=True)

    async def added(self, owner: Owner, email: str) -> EmailChange | Refusal:
        """Return the change by which *email*, just proven, becomes one more."""
        contact = Contact(str(ContactId.new(self.desk.clock, self.desk.entropy)), email, self._now)
        profile = with_email(owner.customer.profile, contact)
        if isinstance(profile, Refusal):
            return profile
        after = self._after(owner, profile)
        return await self._change(owner, after, "email.added", self._others(owner, owner.customer, "added"))

    async def made_primary(self, owner: Owner, contact_id: str) -> EmailChange | Refusal:
        """Return the change that puts another address of the owner's in the first place."""
        customer, now = owner.customer, self._now
        since = customer.profile.email_since or customer.created_at
        before = Contact(str(ContactId.new(self.desk.clock, self.desk.entropy)), customer.profile.email, since)
        profile = with_primary(customer.profile, contact_id, before, now)
        if isinstance(profile, Refusal):
            return profile
        after = self._after(owner, profile)
        return await self._change(owner, after, "email.made_primary", self._others(owner, customer, "primary"))

    async def removed(self, owner: Owner, contact_id: str) -> EmailChange | Refusal:
        """Return the change that takes an address away, and tells it so."""
        gone, profile = (find(owner.customer.profile, contact_id) for find in (email_named, without_email))
        if not isinstance(profile, Profile) or not isinstance(gone, Contact):
            return profile if isinstance(profile, Refusal) else Conflict("version_changed")
        after = self._after(owner, profile, ends=self.proven_at or self._now)
        reader = _reader(self.desk, owner)
        is_old = bool(self._days) and gone.verified_at < self._now - self._days * DAY
        undo = self._undo(reader, REMOVED, gone.value) if is_old else None
        words = self._words(owner) | {"undo_url": undo.url if undo is not None else ""}
        tells = (
            mail_to(reader, gone.value, REMOVED, words, self._event_id()),
            *_stored(undo),
            *self._others(owner, after, "removed"),
        )
        return await self._change(owner, after, "email.removed", tells, is_held=is_old)

    @property
    def _now(self) -> Instant:
        return self.desk.clock.now()

    @property
    def _days(self) -> int:
        return self.desk.tenant.settings.recovery.undo_days

    def _event_id(self) -> EventId:
        return EventId.new(self.desk.clock, self.desk.entropy)

    def _after(self, owner: Owner, profile: Profile, ends: Instant = 0) -> Customer:
        """Return the customer with *profile*; what a journey proved before *ends* counts no more."""
        customer = owner.customer
        return replace(customer.with_profile(profile, self._now), proof_after=max(customer.proof_after, ends))

    async def _change(
        self, owner: Owner, after: Customer, event: str, tells: Iterable[Tell], *, is_held: bool = False
    ) -> EmailChange:
        moves = await self.directory.moves(owner.customer, after)
        held_until = self._now + self._days * DAY if is_held and self._days else None
        return EmailChange(owner, after, seal(after, owner.vault), moves, event, tuple(tells), held_until)

    def _undo(self, reader: Reader, about: str, address: str) -> Link:
        clock, entropy = self.desk.clock, self.desk.entropy
        return new_link(reader, LinkKind.UNDO_EMAIL, about, clock, entropy, days=self._days, address=address)

    def _words(self, owner: Owner) -> Words:
        recover = f"{_reader(self.desk, owner).base}/recover"
        return {"at": self._now, "device": owner.request.user_agent, "recover_url": recover}

    def _others(self, owner: Owner, whose: Customer, what: str, but: tuple[str, ...] = ()) -> tuple[Tell, ...]:
        """Return what tells the addresses of *whose*, *but* some, what happened."""
        to = tuple(address for address in whose.profile.addresses if address not in but)
        return (told(self.desk, owner, CHANGED, {"what": what}, to),) if to else ()


def _stored(link: Link | None) -> tuple[Tell, ...]:
    return () if link is None else (lambda unit: unit.mail_link(link.row),)


def _reader(desk: Desk, owner: Owner) -> Reader:
    return Reader(owner.customer, owner.vault, owner.request.locale, desk.tenant)


async def remove_email(parts: AccountParts, owner: Owner, contact_id: str) -> Refusal | None:
    """Take an address away; return ``NotFound``, or ``Conflict("version_changed")``, or None if it is done."""
    return await _done(parts, owner, await Emails(parts.desk, parts.directory).removed(owner, contact_id))


async def put_first(parts: AccountParts, owner: Owner, contact_id: str) -> Refusal | None:
    """Make an address the primary one; return as :func:`remove_email`."""
    return await _done(parts, owner, await Emails(parts.desk, parts.directory).made_primary(owner, contact_id))


async def _done(parts: AccountParts, owner: Owner, change: EmailChange | Refusal) -> Refusal | None:
    if isinstance(change, Refusal):
        return change
    async with parts.begin(parts.tenant_id) as unit:
        unit.seal_with(owner.vault)
        return None if await change.write(unit) else Conflict("version_changed")
