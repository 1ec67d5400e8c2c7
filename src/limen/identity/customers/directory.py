"""The directory: customers unsealed, for whoever may see them.

A customer's key is made before the data it seals, and destroyed to erase it (architecture, *Personal data*).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import msgspec

from limen.identity.customers.identifiers import NORMALISATIONS, kind_of, named_by
from limen.identity.customers.records import (
    ContactIndex,
    Customer,
    CustomerState,
    Profile,
    SealedCustomer,
)
from limen.identity.customers.store import CustomerStore
from limen.identity.keyring import Keyring, SubjectVault, TenantVault
from limen.identity.profiles.records import SEARCHABLE
from limen.identity.profiles.values import stamped
from limen.identity.search.tokens import Searchable
from limen.kernel.clock import Clock, Instant
from limen.kernel.entropy import Entropy, random_token
from limen.kernel.ids import CustomerId, TenantId

_FIELD = "customer.profile"
_profiles = msgspec.json.Decoder(Profile)


@dataclass(frozen=True, slots=True)
class Moves:
    """Which rows of the look-up table a change of a customer adds, and which it leaves behind."""

    added: tuple[ContactIndex, ...] = ()
    left: tuple[ContactIndex, ...] = ()

    async def write(self, unit: "HasCustomers", *, held_until: Instant | None = None) -> ContactIndex | None:
        """Write them; return the one of the *added* that another customer has, or holds: those before it are written.

        What is left is held until then, or is anybody's at once.
        """
        for contact in self.added:
            if not await unit.customers.claim(contact):
                return contact
        for contact in self.left:
            await unit.customers.leave(contact, held_until=held_until)
        return None


class HasCustomers(Protocol):
    """A unit of work that reaches the customers."""

    @property
    def customers(self) -> CustomerStore:
        """Return the tenant's customers."""
        ...


class Directory:
    """Customers of one tenant, sealed and unsealed with the keyring's keys."""

    def __init__(self, tenant_id: TenantId, keyring: Keyring, clock: Clock, entropy: Entropy) -> None:
        """Serve *tenant_id*."""
        self._tenant_id, self._keyring, self._clock, self._entropy = tenant_id, keyring, clock, entropy

    async def email_index(self, email: str) -> bytes:
        """Return the blind index of a normalised address, or of another identifier that was typed in its place."""
        return (await self.vault()).blind(kind_of(email), email)

    async def vault_of(self, customer_id: CustomerId) -> SubjectVault | None:
        """Return the customer's own vault, or None after erasure."""
        return await self._keyring.subject(self._tenant_id, customer_id)

    async def open(self, sealed: SealedCustomer | None, vault: SubjectVault | None = None) -> Customer | None:
        """Unseal a customer; None for nobody, and for one whose key is gone.

        Their *vault* spares asking for the key again, where the same request has asked already.
        """
        if sealed is None:
            return None
        if vault is None or vault.subject_id != sealed.id:
            vault = await self._keyring.subject(self._tenant_id, sealed.id)
        if vault is None:
            return None
        return Customer(
            id=sealed.id,
            subject=sealed.subject,
            profile=vault.read(_FIELD, sealed.id, sealed.sealed_profile, _profiles.decode),
            created_at=sealed.created_at,
            updated_at=sealed.updated_at,
            state=sealed.state,
            valid_after=sealed.valid_after,
            version=sealed.version,
            proof_after=sealed.proof_after,
            seen_on=sealed.seen_on,
        )

    async def prepare(self, profile: Profile) -> tuple[Customer, SubjectVault]:
        """Return a new customer and its vault; the key is durable, the customer is not stored yet."""
        now = self._clock.now()
        customer = Customer(
            id=CustomerId.new(self._clock, self._entropy),
            subject=random_token(self._entropy, 16),
            profile=msgspec.structs.replace(profile, since=stamped({}, {}, profile.said, now), updated_at=now),
            created_at=now,
            updated_at=now,
            state=CustomerState.ACTIVE,
        )
        return customer, await self._keyring.create_subject(self._tenant_id, customer.id)

    async def add(self, unit: HasCustomers, customer: Customer, vault: SubjectVault) -> bool:
        """Store a prepared customer; False if the address is taken (its orphaned key is swept)."""
        return await unit.customers.add(seal(customer, vault), await self.contact(customer))

    async def erase(self, customer_id: CustomerId) -> None:
        """Destroy the customer's key: what it sealed, here or in a backup of the data, is unreadable from now on."""
        await self._keyring.destroy_subject(self._tenant_id, customer_id)

    async def contact(self, customer: Customer) -> ContactIndex:
        """Return the index row of the customer's primary address."""
        return (await self.contacts(customer))[0]

    async def contacts(self, customer: Customer) -> tuple[ContactIndex, ...]:
        """Return every index row of the customer, that of the primary address first."""
        vault = await self.vault()
        found = named_by(customer.profile)
        return tuple(contact(vault, customer.id, kind, text, at or customer.updated_at) for kind, text, at in found)

    async def moves(self, before: Customer, after: Customer) -> Moves:
        """Return what a change of a customer comes to in the look-up table."""
        had = {(one.kind, one.blind): one for one in await self.contacts(before)}
        has = {(one.kind, one.blind): one for one in await self.contacts(after)}
        return Moves(
            tuple(one for key, one in has.items() if key not in had),
            tuple(one for key, one in had.items() if key not in has),
        )

    async def vault(self) -> TenantVault:
        """Return the tenant's vault, for what belongs to no single customer."""
        return await self._keyring.tenant(self._tenant_id)


def contact(vault: TenantVault, customer_id: CustomerId, kind: str, text: str, verified_at: Instant) -> ContactIndex:
    """Return the index row by which *text* finds a customer."""
    blind = vault.blind(kind, text)
    return ContactIndex(kind, blind, vault.index_version, NORMALISATIONS[kind], customer_id, verified_at)


def seal(customer: Customer, vault: SubjectVault) -> SealedCustomer:
    """Return *customer* as it is stored."""
    return SealedCustomer(
        id=customer.id,
        subject=customer.subject,
        sealed_profile=vault.seal(_FIELD, customer.id, msgspec.json.encode(customer.profile)),
        created_at=customer.created_at,
        updated_at=customer.updated_at,
        state=customer.state,
        valid_after=customer.valid_after,
        version=customer.version,
        proof_after=customer.proof_after,
        seen_on=customer.seen_on,
        searchable=Searchable(vault.tenant, partial(searchable_values, customer.profile)),
    )


def searchable_values(profile: Profile) -> Mapping[str, str]:
    """Return what of a profile can be made searchable, by field: texts, and whole numbers in their digits."""
    values = {name: getattr(profile, name) for name in SEARCHABLE}
    attributes = profile.attributes.items()
    return values | {
        name: str(value) for name, value in attributes if isinstance(value, str | int) and not isinstance(value, bool)
    }
