"""A change of what names an account, an address, a number or a user name: made ready, then written in one commit."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from limen.access.account.notices import told
from limen.access.account.unit import AccountParts, ChangesContacts, Owner
from limen.access.safety.messages import Link, Reader, Tell, Words, new_link
from limen.access.safety.records import LinkKind
from limen.access.safety.texts import Text, send
from limen.access.tokens.desk import Desk
from limen.identity.customers.directory import Directory, Moves, seal
from limen.identity.customers.records import Customer, Profile, SealedCustomer
from limen.kernel.clock import DAY, Instant
from limen.kernel.errors import Conflict, Refusal
from limen.kernel.events import Event
from limen.kernel.ids import ContactId, EventId

CHANGED: Final = "identifiers_changed"
"""The notice to every address that there is."""


@dataclass(frozen=True, slots=True)
class ContactChange:
    """A change of an owner's identifiers, sealed and ready to be written."""

    owner: Owner
    after: Customer
    sealed: SealedCustomer = field(repr=False)
    moves: Moves
    event: str
    tells: tuple[Tell, ...] = field(repr=False)
    held_until: Instant | None = None
    goodbye: Text | None = field(default=None, repr=False)

    async def write(self, unit: ChangesContacts) -> Conflict | None:
        """Write it, or nothing.

        Returns:
            None if it is done; ``Conflict("taken")`` where somebody else has what is added, or holds it;
            ``Conflict("version_changed")`` where the customer changed meanwhile.
        """
        # First: from here on nobody else moves what names the customer, and what was read of it is known to stand.
        if not await unit.customers.update(self.sealed, self.owner.customer.version):
            return Conflict("version_changed")
        if await self.moves.write(unit, held_until=self.held_until) is not None:
            before = seal(self.owner.customer, self.owner.vault)  # one at the most is added: no move is before it
            await unit.customers.update(before, self.after.version)
            return Conflict("taken")
        held: dict[str, Any] = {} if self.held_until is None else {"held_until": self.held_until}
        unit.announce(Event(self.event, self.after.id, dict(held)))
        fields = self.after.profile.changed_from(self.owner.customer.profile)
        changed = {"version": self.after.version, "fields": fields}
        unit.announce(Event("customer.updated", self.after.id, changed))
        unit.record(self.owner.entry(self.event, dict(held)))
        for tell in self.tells:
            tell(unit)
        await send(unit, self.goodbye, self.after.updated_at)
        return None


@dataclass(frozen=True, slots=True)
class Contacts:
    """Makes changes of one tenant's customers ready; keys are asked for here, outside of any unit of work.

    Attributes:
        proven_at: when whoever acts last proved who they are, in a journey that is to go on: where an identifier goes,
            no proof before that counts any more; 0 for none before now.
        texts: whether there is anybody who carries short messages.
    """

    desk: Desk
    directory: Directory
    proven_at: Instant = 0
    texts: bool = False

    @property
    def now(self) -> Instant:
        """Return the present instant."""
        return self.desk.clock.now()

    @property
    def days(self) -> int:
        """Return for how many days a change can be undone."""
        return self.desk.tenant.settings.recovery.undo_days

    def is_old(self, verified_at: Instant) -> bool:
        """Tell whether something was the account's for longer than changes can be undone."""
        return bool(self.days) and verified_at < self.now - self.days * DAY

    def new_id(self) -> str:
        """Return an identifier for one more address or number."""
        return str(ContactId.new(self.desk.clock, self.desk.entropy))

    def event_id(self) -> EventId:
        """Return an identifier for a message."""
        return EventId.new(self.desk.clock, self.desk.entropy)

    def after(self, owner: Owner, profile: Profile, ends: Instant = 0) -> Customer:
        """Return the customer with *profile*; what a journey proved before *ends* counts no more."""
        customer = owner.customer
        return msgspec.structs.replace(
            customer.with_profile(profile, self.now), proof_after=max(customer.proof_after, ends)
        )

    async def change(
        self, owner: Owner, after: Customer, event: str, tells: Iterable[Tell], *, is_held: bool = False
    ) -> ContactChange:
        """Return the change to *after*; what is left behind is held while it can be undone, if it *is_held*."""
        moves = await self.directory.moves(owner.customer, after)
        held_until = self.now + self.days * DAY if is_held and self.days else None
        return ContactChange(owner, after, seal(after, owner.vault), moves, event, tuple(tells), held_until)

    async def announced(
        self, owner: Owner, profile: Profile | Refusal, event: str, what: str, *, ends: Instant = 0
    ) -> ContactChange | Refusal:
        """Return the change to *profile*, unless it is refused, of which every address that there was is told."""
        if isinstance(profile, Refusal):
            return profile
        tells = self.others(owner, owner.customer, what)
        return await self.change(owner, self.after(owner, profile, ends), event, tells)

    def reader(self, owner: Owner) -> Reader:
        """Return who is told."""
        return Reader(owner.customer, owner.vault, owner.request.locale, self.desk.tenant)

    def undo(self, owner: Owner, about: str, address: str) -> Link:
        """Return a link that gives the account back to *address*."""
        clock, entropy = self.desk.clock, self.desk.entropy
        return new_link(self.reader(owner), LinkKind.UNDO_EMAIL, about, clock, entropy, days=self.days, address=address)

    def words(self, owner: Owner, undo: Link | None) -> Words:
        """Return what a notice with an undo link says."""
        recover, url = f"{self.reader(owner).base}/recover", undo.url if undo is not None else ""
        return {"at": self.now, "device": owner.request.user_agent, "recover_url": recover, "undo_url": url}

    def others(
        self, owner: Owner, whose: Customer, what: str, but: tuple[str, ...] = (), *, phone: str = ""
    ) -> tuple[Tell, ...]:
        """Return what tells the addresses of *whose*, *but* some, what happened; its link brings *phone* back."""
        to = tuple(address for address in whose.profile.addresses if address not in but)
        return (told(self.desk, owner, CHANGED, {"what": what}, to, phone=phone),) if to else ()


def stored(link: Link | None) -> tuple[Tell, ...]:
    """Return what stores a link, if there is one."""
    return () if link is None else (lambda unit: unit.mail_link(link.row),)


async def done(parts: AccountParts, owner: Owner, change: ContactChange | Refusal) -> Refusal | None:
    """Write a change in a unit of its own; return why it is not done."""
    if isinstance(change, Refusal):
        return change
    async with parts.begin(parts.tenant_id) as unit:
        unit.seal_with(owner.vault)
        return await change.write(unit)
