"""Recoveries and trusted devices of a customer over HTTP: seen without a word about who, and ended."""

import pytest

from limen.access.safety.records import Asker, DeviceWords, RequestState, TrustedDevice, seal_device
from limen.access.safety.unit import SafetyParts
from limen.access.safety.waiting import begun
from limen.access.sessions.cookies import new_browser
from limen.identity.administrators import CUSTOMERS_READ, CUSTOMERS_WRITE
from limen.kernel.clock import DAY
from limen.kernel.ids import DeviceId
from limen.kernel.mac import HmacSha256

pytestmark = pytest.mark.anyio
NOBODY = "cus_00000000000000000000000000"
NOTHING = "tdv_00000000000000000000000000"


async def waiting(house, customer):
    """An open recovery request of *customer*."""
    database, directory = house.storage.database, house.directory()
    parts = SafetyParts(house.default, database.begin, database.read, directory, house.clock, house.entropy)
    new = begun(parts, customer, await directory.vault_of(customer.id), Asker("Firefox", "192.0.2.9"))
    async with database.begin(house.default.id) as unit:
        assert await unit.recoveries.begin(new.request)
    return new.request


async def trusted(house, customer):
    """A device that *customer* trusts."""
    vault, now = await house.directory().vault_of(customer.id), house.clock.now()
    device_id = DeviceId.new(house.clock, house.entropy)
    browser, _ = new_browser(house.clock, house.entropy, HmacSha256(b"newcomers"))
    sealed = seal_device(vault, device_id, DeviceWords("Firefox"))
    device = TrustedDevice(device_id, customer.id, browser.id, sealed, now, now, now + DAY)
    async with house.storage.database.begin(house.default.id) as unit:
        await unit.sessions.add_browser(browser)
        await unit.devices.trust(device)
    return device


async def test_a_recovery_is_seen_without_who_asked_and_ended_once(house):
    ann = await house.customer("ann@example.com")
    request = await waiting(house, ann)
    async with house.http(await house.token()) as http:
        seen = await http.get(f"/customers/{ann.id}/recoveries")
        [item] = seen.json()["items"]
        assert (item["id"], item["state"], item["closed_at"], item["ends_at"]) == (request.id, "waiting", None, None)
        assert item["ready_at"]
        assert "Firefox" not in seen.text
        assert (await http.delete(f"/customers/{ann.id}/recoveries/open")).status_code == 204
        again = await http.delete(f"/customers/{ann.id}/recoveries/open")
        assert (again.status_code, again.json()["code"]) == (404, "recovery_not_found")
        [item] = (await http.get(f"/customers/{ann.id}/recoveries")).json()["items"]
        assert (item["state"], item["ready_at"]) == ("cancelled", None)


async def test_what_is_ready_says_until_when(house):
    ann = await house.customer("ann@example.com")
    request = await waiting(house, ann)
    async with house.storage.database.begin(house.default.id) as unit:
        before = request
        while before.state is RequestState.WAITING:
            after = before.told(house.clock.now(), 7 * DAY)
            assert await unit.recoveries.advance(after, before)
            before = after
    async with house.http(await house.token()) as http:
        [item] = (await http.get(f"/customers/{ann.id}/recoveries")).json()["items"]
    assert (item["state"], item["ready_at"]) == ("ready", None)
    assert item["ends_at"]


async def test_trusted_devices_are_listed_without_a_name_and_removed_once(house):
    ann = await house.customer("ann@example.com")
    device = await trusted(house, ann)
    async with house.http(await house.token()) as http:
        path = f"/customers/{ann.id}/trusted-devices"
        seen = await http.get(path)
        assert [item["id"] for item in seen.json()["items"]] == [device.id]
        assert set(seen.json()["items"][0]) == {"id", "created_at", "used_at", "expires_at"}
        assert (await http.delete(f"{path}/{device.id}")).status_code == 204
        again = await http.delete(f"{path}/{device.id}")
        assert (again.status_code, again.json()["code"]) == (404, "device_not_found")


@pytest.mark.parametrize("path", ["recoveries", "trusted-devices"])
async def test_of_a_customer_who_is_not_there_nothing_is_found(house, path):
    async with house.http(await house.token()) as http:
        answer = await http.get(f"/customers/{NOBODY}/{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "customer_not_found")


@pytest.mark.parametrize("path", ["recoveries/open", f"trusted-devices/{NOTHING}"])
async def test_who_may_only_read_ends_nothing_and_nobody_ends_what_is_of_who_administers_more(house, path):
    ann = await house.customer("ann@example.com")
    await waiting(house, ann)
    async with house.storage.database.begin(house.default.id) as unit:
        await unit.administrators.appoint(ann.id, "platform", 1)
    async with house.http(await house.token(CUSTOMERS_READ)) as http:
        assert (await http.delete(f"/customers/{ann.id}/{path}")).status_code == 403
    async with house.http(await house.token(CUSTOMERS_WRITE)) as http:
        answer = await http.delete(f"/customers/{ann.id}/{path}")
    assert (answer.status_code, answer.json()["code"]) == (403, "beyond_your_authority")
