"""A process that goes on with a tenant's rotations, a few keys at a time, until it is killed."""

import asyncio
import sys
from pathlib import Path

from limen.identity.keyring import FileKeyring, Keyring, KeyringSettings, Upkeep, rotation
from limen.identity.keyring.rotate import Rotations
from limen.kernel.clock import SystemClock
from limen.kernel.entropy import SystemEntropy
from limen.kernel.ids import TenantId
from tests.contract.world import open_another

PAGES = 15
"""Of three keys each."""


async def _main(url: str, keys_url: str, tenant_id: str, folder: str) -> None:
    clock, entropy = SystemClock(), SystemEntropy()
    storage = await open_another(url, keys_url, f"rotator-{clock.now()}", clock, entropy)
    file = FileKeyring.load(KeyringSettings(Path(folder) / "keyring"), clock, entropy)
    keyring = Keyring(storage.keystore, file, file, clock, entropy)
    upkeep = Upkeep(storage.keystore, file, file, clock, entropy, keyring.held_tenant)

    async def take(_name, _microseconds) -> bool:
        return True

    rotation.PAGE = 3
    rotating = rotation.Rotating(storage.keystore, keyring, upkeep, clock)
    begin, read = storage.database.begin, storage.database.read
    use = Rotations(TenantId(tenant_id), begin, read, rotating, file.rotate_root, take, clock, entropy)
    for _ in range(PAGES):
        await use.advance(1)
        print("page", flush=True)  # noqa: T201 - its parent reads this
        await asyncio.sleep(0.01)
    await asyncio.sleep(3600)  # whoever is to kill it was held up; there is to be something left


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
