"""Making administrators from the command line: by a link, or by address."""

from typing import Final

from limen.app.basis import Basis
from limen.experience.pages.administration import FIRST_ADMINISTRATOR
from limen.identity.administrators import SYSTEM, Role
from limen.identity.credentials.hashing import PasswordHasher
from limen.identity.credentials.policy import PRESETS
from limen.identity.credentials.pool import HashPool
from limen.identity.credentials.settings import Argon2Parameters, PoolSettings
from limen.identity.customers.addresses import parse_email
from limen.identity.customers.directory import EMAIL, Directory
from limen.identity.customers.management import CustomerAdministration, NewCustomer
from limen.identity.customers.records import Profile
from limen.identity.tenants.records import DEFAULT_SLUG, Tenant
from limen.kernel.clock import HOUR
from limen.kernel.encoding import sha256
from limen.kernel.entropy import random_token
from limen.kernel.errors import Refusal
from limen.kernel.events import AuditEntry
from limen.kernel.ids import CustomerId

LINK_LIFE: Final = 24 * HOUR


async def setup_link(basis: Basis, tenant: Tenant) -> str:
    """Store a fresh one-time link by its hash and return its URL."""
    token = random_token(basis.entropy)
    async with basis.storage.database.begin(tenant.id) as unit:
        await unit.setup_links.add(sha256(token.encode()), FIRST_ADMINISTRATOR, basis.clock.now() + LINK_LIFE)
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
    role = Role.PLATFORM if tenant.slug == DEFAULT_SLUG else Role.TENANT
    async with basis.storage.database.begin(tenant.id) as unit:
        await unit.administrators.appoint(customer_id, role.value, basis.clock.now())
        unit.record(AuditEntry("administrator.appointed", subject=customer_id, data={"role": role.value}))
    return role


async def _customer(basis: Basis, tenant: Tenant, address: str) -> CustomerId | Refusal:
    database = basis.storage.database
    directory = Directory(tenant.id, basis.keyring, basis.clock, basis.entropy)
    async with database.read(tenant.id) as unit:
        found = await unit.customers.find_by_contact(EMAIL, await directory.email_index(address))
    if found is not None:
        return found.id
    hasher = PasswordHasher(Argon2Parameters(), HashPool(PoolSettings(threads=1), basis.clock), basis.entropy)
    policy = PRESETS[tenant.settings.password_preset]
    administration = CustomerAdministration(
        tenant.id, database.begin, database.read, directory, hasher, policy, basis.clock
    )
    made = await administration.create(NewCustomer(Profile(email=address, email_verified=True)), SYSTEM)
    return made if isinstance(made, Refusal) else made.id
