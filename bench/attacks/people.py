"""Customers with passwords of their own, put into the database of an installation before it serves.

usage: python -m bench.attacks.people COUNT, in the environment of an installation
"""

import asyncio
import sys

from limen.app.basis import default_tenant, open_basis
from limen.app.settings import read_settings
from limen.identity.credentials.hashing import PasswordHasher
from limen.identity.credentials.pool import HashPool
from limen.identity.credentials.prepare import prepare
from limen.identity.credentials.records import seal_password
from limen.identity.credentials.settings import Argon2Parameters, PoolSettings
from limen.identity.customers.directory import Directory
from limen.identity.customers.records import Profile


def email_of(number: int) -> str:
    """Return the address of a customer."""
    return f"person-{number:05}@people.example"


def password_of(number: int) -> str:
    """Return the password of a customer."""
    return f"threshold {number * 7919 % 100_003:05} of many doors"


async def main() -> None:
    """Fill the default tenant."""
    async with open_basis(read_settings()) as basis:
        tenant = await default_tenant(basis)
        directory = Directory(tenant.id, basis.keyring, basis.clock, basis.entropy)
        given = basis.settings.passwords
        pool = HashPool(PoolSettings(2, 64, 0), basis.clock)
        hasher = PasswordHasher(Argon2Parameters(given.memory_kib, given.time_cost, 1), pool, basis.entropy)
        for number in range(int(sys.argv[1])):
            prepared = prepare(password_of(number))
            hashed = await hasher.hash(prepared) if isinstance(prepared, bytes) else ""
            profile = Profile(email=email_of(number), email_verified=True, name="Ann Lee")
            customer, vault = await directory.prepare(profile)
            async with basis.storage.database.begin(tenant.id) as unit:
                await directory.add(unit, customer, vault)
                await unit.passwords.put(seal_password(vault, customer.id, str(hashed), basis.clock.now()))


if __name__ == "__main__":
    asyncio.run(main())
