"""What test_kill kills: writes without end and prints each item once it is acknowledged.

``python -m tests.contract.writer DATABASE_URL KEYS_URL TENANT SEED``
"""

import asyncio
import sys

from limen.kernel.clock import SystemClock
from limen.kernel.entropy import SystemEntropy
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import TenantId
from tests.contract import things
from tests.contract.world import World, open_another
from tests.support.entropy import SeededEntropy

WRITERS = 8


async def main(database_url: str, keys_url: str, tenant: str, seed: str) -> None:
    clock, entropy = SystemClock(), SystemEntropy()
    storage = await open_another(database_url, keys_url, f"writer-{seed}", clock, entropy)
    tenant_id = TenantId(tenant)
    world = World(storage, clock, SeededEntropy(int(seed)), database_url, keys_url, tenant_id, tenant_id)

    def acknowledged(kind: str, item: str) -> None:
        print(kind, item, flush=True)  # noqa: T201 - its parent reads this

    async def record(writer: int) -> None:
        number = 0
        while True:
            item = f"{seed}-{writer}-{number}"
            await world.hot.record(AuditEntry("token.issued", subject=item))
            acknowledged("record", item)
            number += 1

    async def unit(writer: int) -> None:
        number = 0
        while True:
            client = things.client(world, f"shop-{seed}-{writer}-{number}")
            async with world.begin() as one:
                await one.clients.add(client)
                one.record(AuditEntry("client.created", subject=client.key))
                event_id = one.announce(Event("mail.requested", client.key))
            acknowledged("client", client.client_id)
            acknowledged("event", event_id)
            number += 1

    async def rotate() -> None:
        family_id, who = await things.family(world, await signed_in())
        generation = 0
        while True:
            await world.hot.rotate(things.rotation(world, family_id, who, generation))
            generation += 1
            acknowledged("generation", f"{family_id}:{generation}")

    async def signed_in() -> things.SignedIn:
        things._count = iter(f"{seed}{number}" for number in range(10**9))
        return await things.signed_in(world)

    await asyncio.gather(*(record(n) for n in range(WRITERS)), *(unit(n) for n in range(2)), rotate())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
