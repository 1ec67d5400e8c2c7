"""The use cases: finding out what follows from an assertion, linking, taking away, reclaiming."""

from dataclasses import dataclass
from typing import Final

import msgspec

from limen.access.account.contacts import ContactChange, Contacts, done
from limen.access.account.unit import AccountParts, AccountUnit, Owner
from limen.access.linking.records import Assertion, Met, Way
from limen.identity.customers.directory import Moves, seal
from limen.identity.customers.identifiers import EMAIL, IDENTITY, identity_key
from limen.identity.customers.identities import LONGEST_LABEL, is_identity, with_identity, without_identity
from limen.identity.customers.records import Customer, Identity, SealedCustomer
from limen.kernel.clock import MINUTE, Instant
from limen.kernel.errors import Conflict, Forbidden, Invalid, Refusal
from limen.kernel.events import Event

FRESH: Final = 10 * MINUTE
"""How long ago the sign-in may be behind which an identity is linked."""
_STALE: Final = Forbidden("stale_sign_in", "linking needs a fresh sign-in to the account")
_INVALID: Final = Invalid("invalid_identity", "no issuer, or no subject", {"identity": "identity.invalid"})


class _Refused(Exception):
    """Nothing of this unit may stay."""

    def __init__(self, refusal: Refusal) -> None:
        """Say why."""
        super().__init__(refusal.code)
        self.refusal = refusal


class Identities(Contacts):
    """Makes changes of one tenant's customers' identities elsewhere ready."""

    async def linked(self, owner: Owner, said: Assertion) -> ContactChange | Refusal:
        """Return the change that links an identity to the owner's account."""
        profile = with_identity(owner.customer.profile, self.identity(said))
        return await self.announced(owner, profile, "identity.linked", "identity_linked")

    async def unlinked(self, owner: Owner, identity_id: str) -> ContactChange | Refusal:
        """Return the change that takes an identity away. The address always recovers: it is never the last way in."""
        profile = without_identity(owner.customer.profile, identity_id)
        ends = self.proven_at or self.now
        return await self.announced(owner, profile, "identity.unlinked", "identity_unlinked", ends=ends)

    def identity(self, said: Assertion) -> Identity:
        """Return what is kept of an assertion."""
        return Identity(self.new_id(), said.issuer, said.subject, self.now, said.label[:LONGEST_LABEL])


@dataclass(frozen=True, slots=True)
class Linking:
    """One tenant's customers, as other issuers speak of them."""

    parts: AccountParts

    async def meet(self, said: Assertion) -> Met | Invalid:
        """Return what follows from an assertion; nothing is changed."""
        if not is_identity(said.issuer, said.subject):
            return _INVALID
        parts, vault = self.parts, await self.parts.directory.vault()
        identity = vault.blind(IDENTITY, identity_key(said.issuer, said.subject))
        address = vault.blind(EMAIL, said.email) if said.email and said.email_verified else None
        async with parts.reading(parts.tenant_id) as unit:
            known = await unit.customers.find_by_contact(IDENTITY, identity)
            owner = await unit.customers.find_by_contact(EMAIL, address) if address is not None else None
            is_taken = address is not None and await unit.customers.is_taken(EMAIL, address)
        if known is not None:
            return Met(Way.KNOWN, await parts.directory.open(known))
        customer = await parts.directory.open(owner)
        if customer is not None:
            return Met(Way.SIGN_IN if _has_proven(customer, said.email) else Way.RECLAIM, customer)
        # Held for whoever left it lately, it is nobody's to begin an account with.
        return Met(Way.NEW if address is not None and not is_taken else Way.UNPROVEN)

    async def link(self, owner: Owner, said: Assertion, proven_at: Instant) -> Refusal | None:
        """Link an identity to the account that its owner signed in to at *proven_at*, with all that it asks for.

        Whose the address is that the issuer names does not matter here: the owner has proven both sides.

        Returns:
            None if it is done; ``Forbidden("stale_sign_in")``, ``Invalid``, or a ``Conflict``: ``identity_yours``,
            ``too_many_identities``, ``identity_taken``, ``version_changed``.
        """
        if not is_identity(said.issuer, said.subject):
            return _INVALID
        if self.parts.clock.now() - proven_at > FRESH:
            return _STALE
        return _why(await done(self.parts, owner, await self._identities.linked(owner, said)))

    async def unlink(self, owner: Owner, identity_id: str) -> Refusal | None:
        """Take an identity away from the owner's account, whose sign-in is fresh."""
        return await done(self.parts, owner, await self._identities.unlinked(owner, identity_id))

    async def reclaim(self, owner: Owner, said: Assertion) -> Refusal | None:
        """Give an account that nobody has proven to the owner of its address: its credentials go first, all of them.

        Whoever made it may have done so to wait for that owner. The profile stays; who can come in is the owner alone.

        Returns:
            None if it is done, ``Forbidden("not_reclaimable")`` where the address is proven or is not the one that is
            vouched for, or ``Conflict``.
        """
        customer = owner.customer
        if not said.email_verified or said.email != customer.profile.email or customer.profile.email_verified:
            return Forbidden("not_reclaimable", "the address is proven, or another")
        now = self.parts.clock.now()
        profile = msgspec.structs.replace(
            customer.profile,
            email_verified=True,
            email_since=now,
            emails=(),
            phones=(),
            username="",
            identities=(self._identities.identity(said),),
        )
        after = msgspec.structs.replace(customer.with_profile(profile, now), valid_after=now, proof_after=now)
        moves, sealed = await self.parts.directory.moves(customer, after), seal(after, owner.vault)
        try:
            async with self.parts.begin(self.parts.tenant_id) as unit:
                unit.seal_with(owner.vault)
                await self._strip(unit, owner, after, sealed, moves)
        except _Refused as refused:
            return refused.refusal
        return None

    async def _strip(
        self, unit: AccountUnit, owner: Owner, after: Customer, sealed: SealedCustomer, moves: Moves
    ) -> None:
        """Store the customer, end everything by which somebody could come in, and tell of it.

        The links in notices that went out before were mailed to whoever made the account, and lead it back to them.
        """
        if not await unit.customers.update(sealed, owner.customer.version):
            raise _Refused(Conflict("version_changed"))
        if await moves.write(unit) is not None:
            raise _Refused(Conflict("identity_taken"))
        await unit.passwords.remove(after.id)
        await unit.factors.remove_since(after.id, 0)
        await unit.factors.replace_codes(after.id, ())
        await unit.sessions.end_all(after.id, after.valid_after)
        await unit.links.void_since(after.id, 0, after.valid_after)
        await unit.account.keep_from_deletion(after.id)
        unit.change("subject", f"{after.subject}:{after.valid_after}")
        data: dict[str, object] = {"version": after.version}
        unit.announce(Event("account.reclaimed", after.id, dict(data)))
        unit.record(owner.entry("account.reclaimed", data))

    @property
    def _identities(self) -> Identities:
        return Identities(self.parts.desk, self.parts.directory)


def _has_proven(customer: Customer, email: str) -> bool:
    return email != customer.profile.email or customer.profile.email_verified


def _why(refusal: Refusal | None) -> Refusal | None:
    return Conflict("identity_taken") if refusal is not None and refusal.code == "taken" else refusal
