"""The addresses of an account: one more, one less, another in the first place. Whoever calls this has proven them.

Every address of the account is told, with the link *it was not me*, which takes away what was added lately. One that is
taken away is told too, and held for its owner as long as that can be undone; where it was itself added lately it gets
no way back, so that an intruder who is thrown out stays out.
"""

from limen.access.account.contacts import ContactChange, Contacts, done, stored
from limen.access.account.unit import AccountParts, Owner
from limen.access.safety.messages import Words, mail_to
from limen.access.safety.securing import REMOVED
from limen.identity.customers.emails import email_named, with_email, with_other_email, with_primary, without_email
from limen.identity.customers.records import Contact
from limen.kernel.errors import Refusal


class Emails(Contacts):
    """Makes changes of one tenant's customers' addresses ready."""

    async def moved(self, owner: Owner, email: str) -> ContactChange:
        """Return the change by which *email*, just proven, takes the place of the primary address, which goes."""
        before = owner.customer.profile.email
        after = self.after(owner, with_other_email(owner.customer.profile, email, self.now), ends=self.now)
        reader, undo = self.reader(owner), self.undo(owner, "email_changed", before) if self.days else None
        here: Words = {"at": self.now, "account_url": f"{reader.base}/account"}
        tells = (
            mail_to(reader, before, "email_changed", self.words(owner, undo), self.event_id()),
            mail_to(reader, email, "email_moved", here, self.event_id()),
            *stored(undo),
            *self.others(owner, after, "changed", but=(before, email)),
        )
        return await self.change(owner, after, "email.changed", tells, is_held=True)

    async def added(self, owner: Owner, email: str) -> ContactChange | Refusal:
        """Return the change by which *email*, just proven, becomes one more."""
        profile = with_email(owner.customer.profile, Contact(self.new_id(), email, self.now))
        return await self.announced(owner, profile, "email.added", "added")

    async def made_primary(self, owner: Owner, contact_id: str) -> ContactChange | Refusal:
        """Return the change that puts another address of the owner's in the first place."""
        customer = owner.customer
        since = customer.profile.email_since or customer.created_at
        before = Contact(self.new_id(), customer.profile.email, since)
        profile = with_primary(customer.profile, contact_id, before)
        return await self.announced(owner, profile, "email.made_primary", "primary")

    async def removed(self, owner: Owner, contact_id: str) -> ContactChange | Refusal:
        """Return the change that takes an address away, and tells it so."""
        gone = email_named(owner.customer.profile, contact_id)
        profile = without_email(owner.customer.profile, contact_id)
        if isinstance(gone, Refusal):
            return gone
        if isinstance(profile, Refusal):
            return profile
        after = self.after(owner, profile, ends=self.proven_at or self.now)
        is_old = self.is_old(gone.verified_at)
        undo = self.undo(owner, REMOVED, gone.value) if is_old else None
        tells = (
            mail_to(self.reader(owner), gone.value, REMOVED, self.words(owner, undo), self.event_id()),
            *stored(undo),
            *self.others(owner, after, "removed"),
        )
        return await self.change(owner, after, "email.removed", tells, is_held=is_old)


async def remove_email(parts: AccountParts, owner: Owner, contact_id: str) -> Refusal | None:
    """Take an address away; return ``NotFound``, or ``Conflict("version_changed")``, or None if it is done."""
    return await done(parts, owner, await Emails(parts.desk, parts.directory).removed(owner, contact_id))


async def put_first(parts: AccountParts, owner: Owner, contact_id: str) -> Refusal | None:
    """Make an address the primary one; return as :func:`remove_email`."""
    return await done(parts, owner, await Emails(parts.desk, parts.directory).made_primary(owner, contact_id))
