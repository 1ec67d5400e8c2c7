"""Merging on a page: what it comes to is shown first, and done as it was shown, or nothing is."""

import msgspec
import pytest

from limen.identity.administrators import Role
from limen.identity.customers.directory import seal
from limen.identity.rights.records import Limit, LimitKind
from tests.support.house import PASSWORD, open_part, says

pytestmark = pytest.mark.anyio
ANN, ANNA = "ann@example.com", "anna@example.org"


def place(customer) -> str:
    return f"/admin/customers/{customer.id}"


async def preview(boss, stays, other: str):
    return await boss.post(await boss.get(f"{place(stays)}/merge"), intent="preview", other=other)


async def touch(house, customer) -> None:
    """Let the customer change, as somebody else would."""
    directory = house.directory()
    async with house.storage.database.begin(house.tenant.id) as unit:
        found = await directory.open(await unit.customers.get(customer.id))
        changed = found.with_profile(msgspec.structs.replace(found.profile, name="Other"), house.clock.now())
        assert await unit.customers.update(seal(changed, await directory.vault_of(customer.id)), found.version)


async def kept(house, customer) -> bool:
    async with house.storage.database.read(house.tenant.id) as unit:
        return await unit.customers.get(customer.id) is not None


async def done(house, event: str) -> list[dict]:
    return [one for one in map(open_part, await house.audit()) if one["event"] == event]


async def test_what_was_shown_is_done_and_leads_to_the_one_who_stays(house, boss):
    ann, anna = await house.customer(ANN, name="Ann"), await house.customer(ANNA, name="<b>Anna</b>", family_name="Lee")
    assert f'href="{place(ann)}/merge"' in (await boss.get(place(ann))).text
    page = await preview(boss, ann, f" {ANNA.upper()} ")
    assert (page.status, page.path, page.h1) == (200, f"{place(ann)}/merge", says("joining.title"))
    assert all(word in page.text for word in (ANN, ANNA, anna.id, "&lt;b&gt;Anna&lt;/b&gt;", "family_name"))
    assert all(says(key) in page.text for key in ("joining.filled", "joining.kept", "joining.final"))
    assert says("joining.withdrawn") not in page.text
    assert (await kept(house, anna), await done(house, "customer.merged")) == (True, [])
    merged = await boss.post(page, intent="merge")
    assert (merged.status, merged.path) == (200, place(ann))
    assert (await kept(house, ann), await kept(house, anna)) == (True, False)
    [entry] = await done(house, "customer.merged")
    assert (entry["actor"].startswith("admin:cus_"), entry["subject"]) == (True, ann.id)
    again = await boss.post(page, intent="merge")  # pressed twice
    assert (again.status, says("error.search_value") in again.text) == (400, True)
    assert len(await done(house, "customer.merged")) == 1


async def test_what_changed_meanwhile_is_shown_anew_and_nothing_is_done(house, boss):
    ann, anna = await house.customer(ANN), await house.customer(ANNA)
    for changed in (ann, anna):
        page = await preview(boss, ann, anna.id)
        await touch(house, changed)
        stale = await boss.post(page, intent="merge")
        assert (stale.status, says("error.stale") in stale.text) == (400, True)
        assert await kept(house, anna)
    for seen in ("", "x", "1.1"):
        assert (await boss.post(page, intent="merge", seen=seen)).status == 400
    assert await kept(house, anna)
    assert (await boss.post(stale, intent="merge")).path == place(ann)  # what it comes to now
    assert not await kept(house, anna)


async def test_what_cannot_be_merged_is_told_and_nothing_is_done(house, boss):
    ann, anna = await house.customer(ANN), await house.customer(ANNA)
    other = await house.add_tenant("other")
    zoe = await house.customer("zoe@example.com", tenant=other)
    for named, key in (
        ("", "error.search_value"),
        ("no address", "error.search_value"),
        ("a\x85b@example.org", "error.search_value"),
        ("x" * 300, "error.search_value"),
        ("nobody@example.org", "error.search_value"),
        ("cus_" + "0" * 26, "error.search_value"),
        (zoe.id, "error.search_value"),
        ("zoe@example.com", "error.search_value"),
        (ann.id, "error.joining_same"),
        (ANN, "error.joining_same"),
        ("boss@example.com", "error.joining_administers"),
    ):
        page = await preview(boss, ann, named)
        assert (page.status, says(key) in page.text) == (400, True), named
    async with house.storage.database.begin(house.tenant.id) as unit:
        await unit.administrators.appoint(anna.id, Role.PLATFORM.value, house.clock.now())
    page = await preview(boss, anna, ANN)
    assert (page.status, says("error.joining_beyond") in page.text) == (400, True)
    cat = await house.customer("cat@example.com", password=None)
    page = await preview(boss, cat, ANN)
    async with house.storage.database.begin(house.tenant.id) as unit:
        await unit.processing_limits.put(Limit(ann.id, LimitKind.HOLD, house.clock.now(), "admin:x"))
    held = await boss.post(page, intent="merge")  # set while somebody looked
    assert (held.status, says("error.joining_limited") in held.text) == (400, True)
    assert await kept(house, ann)
    assert await done(house, "customer.merged") == []


async def test_nobody_else_merges_anybody(house, boss):
    ann, anna = await house.customer(ANN), await house.customer(ANNA)
    path = f"{place(ann)}/merge"
    walker = house.walker()
    assert (await walker.get(path)).h1 == says("sign_in.title")
    await walker.sign_in(ANN, PASSWORD)
    assert (await walker.get(path)).status == 403
    page = await preview(boss, ann, anna.id)
    page.forms[0].fields["csrf"] = "0" * 40
    assert (await boss.post(page, intent="merge")).status == 403
    assert await kept(house, anna)
    for odd in ("/admin/customers/x/merge", f"/admin/customers/cus_{'0' * 26}/merge"):
        assert (await boss.get(odd)).status == 404
