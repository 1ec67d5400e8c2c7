"""A process that delivers a tenant's audit log to a file, five records at a time, until it is killed or all is sent."""

import asyncio
import sys
from pathlib import Path

from limen.access.outgoing import NO_WAY_OUT
from limen.identity.keyring import FileKeyring, Keyring, KeyringSettings
from limen.integration.outgoing import AddressPolicy
from limen.integration.streaming import pump as pumping
from limen.integration.streaming.ways import Ways
from limen.kernel.clock import SystemClock
from limen.kernel.entropy import SystemEntropy
from tests.contract.world import open_another


async def _main(url: str, keys_url: str, tenant_id: str, folder: str) -> None:
    clock, entropy = SystemClock(), SystemEntropy()
    storage = await open_another(url, keys_url, f"deliverer-{clock.now()}", clock, entropy)
    file = FileKeyring.load(KeyringSettings(Path(folder) / "keyring"), clock, entropy)
    keyring = Keyring(storage.keystore, file, file, clock, entropy)

    async def tenants():
        return [await storage.tenants.get(tenant_id)]

    async def take(_name, _microseconds) -> bool:
        return True

    class Observer:
        is_busy = True

        def sent(self, _kind, outcome, count) -> None:
            self.is_busy = True
            print(outcome, count, flush=True)  # noqa: T201 - its parent reads this

        def behind(self, _kind, _seconds) -> None: ...

    pumping.RECORDS = 5
    ways = Ways(NO_WAY_OUT, AddressPolicy(), Path(folder) / "out", clock)
    begin, reading = storage.database.begin, storage.database.read
    observer = Observer()
    parts = pumping.PumpParts(begin, reading, tenants, take, keyring, ways, observer, clock, entropy)
    while observer.is_busy:
        observer.is_busy = False
        await pumping.Pump(parts).run()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
