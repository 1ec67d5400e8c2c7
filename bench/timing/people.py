"""Who is asked about: accounts of every kind, put into the database of an installation before it serves.

usage: python -m bench.timing.people COUNT, in the environment of an installation
"""

import asyncio
import sys
from typing import Final

import msgspec

from limen.app.basis import Basis, default_tenant, open_basis, tenancy
from limen.app.settings import read_settings
from limen.identity.administrators import SYSTEM
from limen.identity.credentials.hashing import PasswordHasher
from limen.identity.credentials.pool import HashPool
from limen.identity.credentials.prepare import prepare
from limen.identity.credentials.records import seal_password
from limen.identity.credentials.settings import Argon2Parameters, PoolSettings
from limen.identity.customers.directory import Directory, seal
from limen.identity.customers.records import Profile
from limen.identity.tenants.attacks import AttackSettings
from limen.identity.tenants.management import TenantChange
from limen.identity.tenants.records import Tenant, TenantSettings
from limen.identity.tenants.sign_in import SignInSettings

KINDS: Final = ("unknown", "known", "disabled", "password_less", "locked")
"""Whom a stranger must not be able to tell apart; the first is what the others are compared with."""
PASSWORD: Final = "threshold of many doors"
IDENTIFIER_FIRST: Final = "first"
"""The slug of a tenant that asks for the identifier first."""


def email_of(kind: str, number: int) -> str:
    """Return an address: all are of one length, whatever their kind."""
    return f"{KINDS.index(kind)}{number:05}@people.example"


def kind_of(email: str) -> str:
    """Return the kind of who has this address."""
    return KINDS[int(email[0])] if email[:1].isdigit() else KINDS[0]


async def main() -> None:
    """Fill two tenants."""
    count = int(sys.argv[1])
    async with open_basis(read_settings()) as basis:
        tenant = await default_tenant(basis)
        unguarded = AttackSettings(mode="off")  # all is asked from one machine, and fails
        settings = TenantSettings(sign_in=SignInSettings(identifier_first=True), attacks=unguarded)
        change = TenantChange(settings=TenantSettings(attacks=unguarded))
        if not isinstance(await tenancy(basis, tenant).update(tenant.slug, change, SYSTEM), Tenant):
            raise TypeError(tenant)
        other = await tenancy(basis, tenant).create(IDENTIFIER_FIRST, "First", SYSTEM, settings)
        if not isinstance(other, Tenant):
            raise TypeError(other)
        hashed = await _hash(basis)
        for one in (tenant, other):
            await _fill(basis, one, count, hashed)


async def _hash(basis: Basis) -> str:
    given = basis.settings.passwords
    pool = HashPool(PoolSettings(1, 8, 0), basis.clock)
    parameters = Argon2Parameters(given.memory_kib, given.time_cost, given.parallelism)
    prepared = prepare(PASSWORD)
    hashed = await PasswordHasher(parameters, pool, basis.entropy).hash(msgspec.convert(prepared, bytes))
    return msgspec.convert(hashed, str)


async def _fill(basis: Basis, tenant: Tenant, count: int, hashed: str) -> None:
    directory = Directory(tenant.id, basis.keyring, basis.clock, basis.entropy)
    for kind in KINDS[1:]:
        for number in range(count):
            profile = Profile(email=email_of(kind, number), email_verified=True, name="Ann Lee")
            customer, vault = await directory.prepare(profile)
            now = basis.clock.now()
            async with basis.storage.database.begin(tenant.id) as unit:
                await directory.add(unit, customer, vault)
                if kind != "password_less":
                    await unit.passwords.put(seal_password(vault, customer.id, hashed, now))
                if kind == "locked":
                    await unit.passwords.disable(customer.id, now)
                if kind == "disabled":
                    await unit.customers.update(seal(customer.disabled(now), vault), customer.version)


if __name__ == "__main__":
    asyncio.run(main())
