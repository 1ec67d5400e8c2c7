"""Making administrators from the command line: by a link, or by address."""

from limen.app.basis import Basis
from limen.identity.administrators import SYSTEM, Role
from limen.identity.credentials.hashing import PasswordHasher
from limen.identity.credentials.policy import policy_of
from limen.identity.credentials.pool import HashPool
from limen.identity.credentials.settings import Argon2Parameters, PoolSettings
from limen.identity.customers.addresses import parse_email
from limen.identity.customers.directory import Directory
from limen.identity.customers.identifiers import EMAIL
from limen.identity.customers.management import CustomerAdministration, NewCustomer
from limen.identity.customers.records import Profile
from limen.identity.setup import FIRST_ADMINISTRATOR, LINK_LIFE, role_in
from limen.identity.tenants.records import Tenant
from limen.kernel.encoding import link_hash
from limen.kernel.entropy import random_token
from limen.kernel.errors import Refusal
from limen.kernel.events import AuditEntry
from limen.kernel.ids import CustomerId


async def setup_link(basis: Basis, tenant: Tenant) -> str:
    """Store a fresh one-time link by its hash and return its URL."""
    token = random_token(basis.entropy)
    async with basis.storage.database.begin(tenant.id) as unit:
        await unit.setup_links.add(link_hash(token), FIRST_ADMINISTRATOR, basis.clock.now() + LINK_LIFE)
        unit.record(AuditEntry("setup_link.made", data={"purpose": FIRST_ADMINISTRATOR}))
    return f"{tenant.issuer}/setup/{token}"


async def appoint(basis: Basis, tenant: Tenant, email: str) -> Role | Refusal:
    """Make whoever has the address *email* an administrator: of all tenants, where *tenant* is the default one.

    Whoever has no account gets one without a password, and sets it by recovery, which proves the address.

    Returns:
        The role, or ``Invalid("invalid_email")``.
    """
    address = parse_email(email)
    if isinstance(address, Refusal):
        return address
    customer_id = await _customer(basis, tenant, address)
    if isinstance(customer_id, Refusal):
        return customer_id
    role = role_in(tenant)
    async with basis.storage.database.begin(tenant.id) as unit:
        await unit.administrators.appoint(customer_id, role.value, basis.clock.now())
        unit.record(AuditEntry("administrator.appointed", subject=customer_id, data={"role": role.value}))
    return role


async def find(basis: Basis, tenant: Tenant, address: str) -> CustomerId | None:
    """Return who has the normalised *address*."""
    index = await administration(basis, tenant).directory.email_index(address)
    async with basis.storage.database.read(tenant.id) as unit:
        found = await unit.customers.find_by_contact(EMAIL, index)
    return found.id if found is not None else None


def administration(basis: Basis, tenant: Tenant) -> CustomerAdministration:
    """Return what may be done with the customers of *tenant*."""
    database = basis.storage.database
    return CustomerAdministration(
        tenant.id,
        database.begin,
        database.read,
        Directory(tenant.id, basis.keyring, basis.clock, basis.entropy),
        PasswordHasher(Argon2Parameters(), HashPool(PoolSettings(threads=1), basis.clock), basis.entropy),
        policy_of(tenant.settings.password_preset),
        basis.clock,
        tenant.settings.profile,
    )


async def _customer(basis: Basis, tenant: Tenant, address: str) -> CustomerId | Refusal:
    found = await find(basis, tenant, address)
    if found is not None:
        return found
    new = NewCustomer(Profile(email=address, email_verified=True))
    made = await administration(basis, tenant).create(new, SYSTEM)
    return made if isinstance(made, Refusal) else made.id
