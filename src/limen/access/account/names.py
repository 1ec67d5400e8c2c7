"""The numbers and the user name of an account. Every address is told of what changes, with the link *it was not me*.

A number that is taken away is told so itself, and comes back by that link while it is held.
"""

from dataclasses import replace
from typing import Final

import msgspec

from limen.access.account.contacts import ContactChange, Contacts, done
from limen.access.account.unit import AccountParts, Owner
from limen.access.safety.texts import text_to
from limen.identity.customers.numbers import phone_named, with_first_phone, with_phone, without_phone
from limen.identity.customers.records import Contact
from limen.identity.customers.usernames import allowed_username
from limen.kernel.errors import Conflict, Refusal
from limen.trust.limits import Limit

NAMES: Final = Limit(20, 3_600, "username")
"""How often a name may be tried for one account: each answer tells whether it is taken."""
_TAKEN: Final = Conflict("username_taken", fields={"username": "username.taken"})


class Names(Contacts):
    """Makes changes of one tenant's customers' numbers and user names ready."""

    async def added_phone(self, owner: Owner, number: str) -> ContactChange | Refusal:
        """Return the change by which *number*, just proven, becomes one more."""
        profile = with_phone(owner.customer.profile, Contact(self.new_id(), number, self.now))
        return await self.announced(owner, profile, "phone.added", "phone_added")

    async def first_phone(self, owner: Owner, contact_id: str) -> ContactChange | Refusal:
        """Return the change that puts another number of the owner's in the first place."""
        profile = with_first_phone(owner.customer.profile, contact_id)
        return await self.announced(owner, profile, "phone.made_primary", "phone_primary")

    async def removed_phone(self, owner: Owner, contact_id: str) -> ContactChange | Refusal:
        """Return the change that takes a number away."""
        gone = phone_named(owner.customer.profile, contact_id)
        profile = without_phone(owner.customer.profile, contact_id)
        if isinstance(gone, Refusal):
            return gone
        if isinstance(profile, Refusal):
            return profile
        after = self.after(owner, profile, ends=self.proven_at or self.now)
        is_held = self.is_old(gone.verified_at)
        tells = self.others(owner, after, "phone_removed", phone=gone.value if is_held else "")
        change = await self.change(owner, after, "phone.removed", tells, is_held=is_held)
        clock, entropy = self.desk.clock, self.desk.entropy
        goodbye = text_to(self.reader(owner), gone.value, "number_gone", clock, entropy) if self.texts else None
        return replace(change, goodbye=goodbye)

    async def named(self, owner: Owner, typed: str, *, is_told: bool = True) -> ContactChange | Refusal:
        """Return the change to another user name, or to none where *typed* is empty.

        Returns:
            ``Invalid`` by field where it will not do, or the tenant does not allow it.
        """
        name = allowed_username(typed, self.desk.tenant.settings.sign_in.usernames)
        if isinstance(name, Refusal):
            return name
        if name == owner.customer.profile.username:
            return Conflict("username_same", fields={"username": "username.same"})
        after = self.after(owner, msgspec.structs.replace(owner.customer.profile, username=name))
        tells = self.others(owner, owner.customer, "username") if is_told else ()
        return await self.change(owner, after, "username.changed", tells, is_held=True)


async def remove_phone(parts: AccountParts, owner: Owner, contact_id: str) -> Refusal | None:
    """Take a number away; return ``NotFound``, or ``Conflict("version_changed")``, or None if it is done."""
    names = Names(parts.desk, parts.directory, texts=parts.texts)
    return await done(parts, owner, await names.removed_phone(owner, contact_id))


async def put_phone_first(parts: AccountParts, owner: Owner, contact_id: str) -> Refusal | None:
    """Make a number the primary one; return as :func:`remove_phone`."""
    return await done(parts, owner, await Names(parts.desk, parts.directory).first_phone(owner, contact_id))


async def rename(parts: AccountParts, owner: Owner, typed: str) -> Refusal | None:
    """Change the user name; return ``Invalid`` by field, ``Conflict("username_taken")`` or ``("version_changed")``."""
    refusal = await done(parts, owner, await Names(parts.desk, parts.directory).named(owner, typed))
    return _TAKEN if refusal is not None and refusal.code == "taken" else refusal
