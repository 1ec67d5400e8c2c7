"""Dynamic registration on both databases, from token to removal; a token with one use is used once."""

import asyncio

import pytest

from limen.access.clients.dynamic.initial import InitialTokenOffice
from limen.app.jobs.upkeep import sweep
from limen.identity.administrators import SYSTEM
from limen.identity.tenants.records import TenantSettings
from limen.identity.tenants.registration import RegistrationSettings

pytestmark = pytest.mark.anyio
PLAIN = {"redirect_uris": ["https://client.example/callback"]}


async def test_a_token_with_one_use_registers_one_client_though_many_come_at_once(house_on):
    house = house_on
    policy = RegistrationSettings(mode="token", unused_days=1)
    tenant = await house.add_tenant("acme", TenantSettings(registration=policy))
    basis, database = house.basis, house.storage.database
    office = InitialTokenOffice(tenant.id, database.begin, database.read, basis.keyring, basis.clock, basis.entropy)
    made = await office.create("Partners", SYSTEM)
    headers = {"authorization": f"Bearer {made.text.reveal()}"}
    async with house.client() as http:
        answers = await asyncio.gather(
            *(http.post(f"{tenant.prefix}/register", json=PLAIN, headers=headers) for _ in range(5))
        )
        assert sorted(answer.status_code for answer in answers) == [201, 401, 401, 401, 401]
        told = next(answer.json() for answer in answers if answer.status_code == 201)
        mine = {"authorization": f"Bearer {told['registration_access_token']}"}
        path = told["registration_client_uri"].removeprefix("https://id.example")
        changed = await http.put(path, json={"client_id": told["client_id"], **PLAIN}, headers=mine)
        assert changed.status_code == 200
        house.clock.advance(86_401)
        await sweep(basis)
        assert (await http.get(path, headers=mine)).status_code == 401
    async with database.read(tenant.id) as unit:
        assert await unit.clients.count_dynamic() == 0
