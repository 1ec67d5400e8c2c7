"""A client whose credentials were just right, and what changes about it."""

import pytest

from limen.access.clients.records import AuthMethod
from limen.identity.administrators import SYSTEM
from limen.kernel.errors import Refusal
from tests.integration.tokens.kit import Shop

pytestmark = pytest.mark.anyio
GRANT = {"grant_type": "client_credentials"}


async def change(shop: Shop, client_id: str, **fields: object) -> None:
    await shop.house.change_client(client_id, shop.tenant, **fields)


async def test_the_same_credentials_hold_time_after_time(shop: Shop):
    machine = await shop.machine()
    assert [(await shop.post("/token", GRANT, machine)).status_code for _ in range(3)] == [200, 200, 200]


async def test_a_disabled_client_is_refused_at_once(shop: Shop):
    machine = await shop.machine()
    assert (await shop.post("/token", GRANT, machine)).status_code == 200
    await change(shop, machine[0], disabled=True)
    assert (await shop.post("/token", GRANT, machine)).status_code == 401


async def test_a_replaced_secret_is_refused_at_once(shop: Shop):
    machine = await shop.machine()
    assert (await shop.post("/token", GRANT, machine)).status_code == 200
    registration = shop.house.registration(shop.tenant)
    assert not isinstance(await registration.rotate_secret(machine[0], SYSTEM, overlap=False), Refusal)
    assert (await shop.post("/token", GRANT, machine)).status_code == 401


async def test_a_client_that_changes_its_method_is_refused_by_the_old_one(shop: Shop):
    machine = await shop.machine()
    assert (await shop.post("/token", GRANT, machine)).status_code == 200
    await change(shop, machine[0], token_endpoint_auth_method=AuthMethod.POST)
    assert (await shop.post("/token", GRANT, machine)).status_code == 401


async def test_a_second_method_beside_credentials_that_were_right_is_refused(shop: Shop):
    machine = await shop.machine()
    assert (await shop.post("/token", GRANT, machine)).status_code == 200
    answer = await shop.post("/token", {**GRANT, "client_secret": machine[1]}, machine)
    assert answer.json()["error"] == "invalid_request"


async def test_credentials_of_one_tenant_prove_nothing_at_another(shop: Shop):
    machine = await shop.machine()
    assert (await shop.post("/token", GRANT, machine)).status_code == 200
    other = await shop.house.add_tenant("acme")
    answer = await shop.http.post(f"{other.prefix}/token", data=GRANT, auth=machine)
    assert answer.status_code == 401
