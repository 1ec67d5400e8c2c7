"""Desks: loaded once, dropped when told, not trusted while the feed is stale."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from limen.access.jose.rotation import Urgency
from limen.access.tokens.desk import Desk
from limen.app.basis import Basis, default_tenant, open_basis, tenancy
from limen.app.cli.declaring import registration
from limen.app.desks import DeskParts, TenantDesks
from limen.app.jobs.upkeep import rotate_tenant
from limen.app.settings.sections.serving import CacheSection
from limen.identity.administrators import SYSTEM
from limen.identity.tenants.management import TenantChange
from limen.identity.tenants.records import Tenant
from tests.integration.app.conftest import Site, settings_in

pytestmark = pytest.mark.anyio


@dataclass
class Office:
    """Desks over a storage whose queries are counted and whose feed can be made stale."""

    basis: Basis
    tenant: Tenant
    desks: TenantDesks
    is_fresh: bool = True
    asked: list[str] = field(default_factory=list)

    async def desk(self, prefix: str = "") -> Desk:
        desk = await self.desks(prefix)
        assert desk is not None
        return desk

    async def add_client(self, client_id: str, **document: Any) -> None:
        await Site(self.basis, self.tenant, None).add_client(client_id, **document)  # type: ignore[arg-type]


@pytest.fixture
async def office(anyio_backend, tmp_path, monkeypatch) -> AsyncIterator[Office]:
    async with open_basis(settings_in(tmp_path)) as basis:
        tenant = await default_tenant(basis)
        parts = DeskParts(
            basis.storage, basis.keyring, basis.clock, basis.entropy, cache=CacheSection(tenants=2, clients=2)
        )
        opened = Office(basis, tenant, TenantDesks(parts))
        monkeypatch.setattr(basis.storage.feed, "is_fresh", lambda: opened.is_fresh)
        find = basis.storage.tenants.find

        async def counted(slug: str) -> Tenant | None:
            opened.asked.append(slug)
            await asyncio.sleep(0.01)
            return await find(slug)

        monkeypatch.setattr(basis.storage.tenants, "find", counted)
        yield opened


async def test_a_crowd_causes_one_load_and_is_given_one_desk(office) -> None:
    desks = await asyncio.gather(*(office.desk() for _ in range(20)))
    assert office.asked == ["default"]
    assert all(desk is desks[0] for desk in desks)
    assert await office.desk() is desks[0]
    assert office.asked == ["default"]


async def test_a_tenant_that_is_not_there_is_asked_for_each_time(office) -> None:
    assert await office.desks("/t/acme") is None
    await tenancy(office.basis, office.tenant).create("acme", "Acme", SYSTEM)
    assert (await office.desk("/t/acme")).tenant.slug == "acme"


async def test_a_changed_tenant_is_seen_at_once(office) -> None:
    before = await office.desk()
    await tenancy(office.basis, office.tenant).update("default", TenantChange(name="New"), SYSTEM)
    assert before.tenant.name != "New"
    assert (await office.desk()).tenant.name == "New"


async def test_news_during_a_load_makes_it_one_that_nobody_keeps(office) -> None:
    loading = asyncio.create_task(office.desk())
    await asyncio.sleep(0.005)
    office.desks.hear(office.tenant.id, "tenant", "default")
    first = await loading
    assert await office.desk() is not first
    assert office.asked == ["default", "default"]


async def test_changed_keys_are_seen_at_once(office) -> None:
    before = await office.desk()
    await rotate_tenant(office.basis, office.tenant, Urgency.COMPROMISED)
    after = await office.desk()
    assert not before.keys.verify_keys.keys() & after.keys.verify_keys.keys()


async def test_while_the_feed_is_stale_nothing_held_is_trusted(office) -> None:
    held = await office.desk()
    office.is_fresh = False
    assert await office.desk() is not held
    assert len(office.asked) == 2


async def test_the_least_recently_used_desk_goes_first(office) -> None:
    for slug in ("one", "two"):
        await tenancy(office.basis, office.tenant).create(slug, slug, SYSTEM)
    await office.desk("/t/one")
    await office.desk("")
    await office.desk("/t/one")
    await office.desk("/t/two")
    office.asked.clear()
    await office.desk("/t/one")
    assert office.asked == []
    await office.desk("")
    assert office.asked == ["default"]


async def test_who_is_not_registered_is_not_remembered(office) -> None:
    desk = await office.desk()
    assert await desk.clients("shop") is None
    await office.add_client("shop")
    assert await desk.clients("shop") is not None
    assert await desk.clients("no\0body") is None


async def test_a_changed_client_is_seen_at_once(office) -> None:
    desk = await office.desk()
    await office.add_client("shop")
    known = await desk.clients("shop")
    assert await desk.clients("shop") is known
    await registration(office.basis, office.tenant.id).update(
        "shop", lambda document: msgspec.structs.replace(document, disabled=True), SYSTEM
    )
    assert await desk.clients("shop") is None


async def test_while_the_feed_is_stale_clients_are_read_anew(office) -> None:
    desk = await office.desk()
    await office.add_client("shop")
    known = await desk.clients("shop")
    office.is_fresh = False
    again = await desk.clients("shop")
    assert again is not known
    assert again == known


async def test_known_prefixes_come_from_memory_and_news(office) -> None:
    assert not office.desks.knows("/t/acme")
    await tenancy(office.basis, office.tenant).create("acme", "Acme", SYSTEM)
    assert office.desks.knows("/t/acme")
    assert not office.desks.knows("/t/default")
    fresh = TenantDesks(DeskParts(office.basis.storage, office.basis.keyring, office.basis.clock, office.basis.entropy))
    await fresh.learn()
    assert fresh.knows("/t/acme")


async def test_used_tenants_are_handed_over_once(office) -> None:
    await office.desk()
    assert office.desks.hand_over() == {office.tenant.id}
    assert office.desks.hand_over() == set()


async def test_what_another_process_changes_is_heard_from_the_feed(office, tmp_path) -> None:
    await office.basis.storage.feed.poll()
    held = await office.desk()
    async with open_basis(settings_in(tmp_path)) as other:
        await tenancy(other, office.tenant).update("default", TenantChange(name="Elsewhere"), SYSTEM)
    assert await office.desk() is held
    await office.basis.storage.feed.poll()
    assert (await office.desk()).tenant.name == "Elsewhere"
