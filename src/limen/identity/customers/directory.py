"""The directory: customers unsealed, for whoever may see them.

A customer's key is made before the data it seals, and destroyed to erase it (architecture, *Personal data*).
"""

from collections.abc import Mapping
from typing import Protocol

import msgspec

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
from limen.kernel.clock import Clock
from limen.kernel.entropy import Entropy, random_token
from limen.kernel.ids import CustomerId, TenantId

EMAIL = "email"
EMAIL_NORMALISATION = "email-nfkc-casefold-1"
_FIELD = "customer.profile"
_profiles = msgspec.json.Decoder(Profile)


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
        """Return the blind index of a normalised address."""
        return (await self.vault()).blind(EMAIL, email)

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
            profile=_profiles.decode(vault.unseal(_FIELD, sealed.id, sealed.sealed_profile)),
            created_at=sealed.created_at,
            updated_at=sealed.updated_at,
            state=sealed.state,
            valid_after=sealed.valid_after,
            version=sealed.version,
            proof_after=sealed.proof_after,
        )

    async def prepare(self, profile: Profile) -> tuple[Customer, SubjectVault]:
        """Return a new customer and its vault; the key is durable, the customer is not stored yet."""
        now = self._clock.now()
        customer = Customer(
            id=CustomerId.new(self._clock, self._entropy),
            subject=random_token(self._entropy, 16),
            profile=msgspec.structs.replace(profile, since=stamped({}, {}, profile.attributes, now)),
            created_at=now,
            updated_at=now,
            state=CustomerState.ACTIVE,
        )
        return customer, await self._keyring.create_subject(self._tenant_id, customer.id)

    async def add(self, unit: HasCustomers, customer: Customer, vault: SubjectVault) -> bool:
        """Store a prepared customer; False if the address is taken (its orphaned key is swept)."""
        return await unit.customers.add(seal(customer, vault), await self.contact(customer))

    async def update(self, unit: HasCustomers, customer: Customer, expected_version: int) -> bool:
        """Replace a customer, the address included.

        False if it changed meanwhile, is erased, or the address is taken.
        """
        vault = await self.vault_of(customer.id)
        if vault is None or not await unit.customers.update(seal(customer, vault), expected_version):
            return False
        return await unit.customers.move_contact(await self.contact(customer))

    async def erase(self, customer_id: CustomerId) -> None:
        """Destroy the customer's key: what it sealed, here or in a backup of the data, is unreadable from now on."""
        await self._keyring.destroy_subject(self._tenant_id, customer_id)

    async def contact(self, customer: Customer) -> ContactIndex:
        """Return the index row of the customer's address."""
        vault = await self.vault()
        return ContactIndex(
            kind=EMAIL,
            blind=vault.blind(EMAIL, customer.profile.email),
            index_version=vault.index_version,
            normalisation=EMAIL_NORMALISATION,
            customer_id=customer.id,
            verified_at=customer.updated_at,
        )

    async def vault(self) -> TenantVault:
        """Return the tenant's vault, for what belongs to no single customer."""
        return await self._keyring.tenant(self._tenant_id)


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
        searchable=Searchable(vault.tenant, searchable_values(customer.profile)),
    )


def searchable_values(profile: Profile) -> Mapping[str, str]:
    """Return what of a profile can be made searchable, by field: texts, and whole numbers in their digits."""
    values = {name: getattr(profile, name) for name in SEARCHABLE}
    attributes = profile.attributes.items()
    return values | {
        name: str(value) for name, value in attributes if isinstance(value, str | int) and not isinstance(value, bool)
    }
