"""Finding customers on a page: what is looked for stands in no address, and that somebody looked is on record."""

import pytest

from limen.experience.pages.console.customers import ROWS
from limen.identity.customers.indexing import SETTLE, Indexing
from limen.identity.profiles.schema import searched
from limen.integration.api.models.tenants import SettingsModel, merged
from tests.integration.attacks.kit import set_up
from tests.support.house import PASSWORD, open_part, says

pytestmark = pytest.mark.anyio
ANN = "ann@example.com"
FIND = "/admin/customers"


async def find(boss, **asked):
    return await boss.post(await boss.get(FIND), **asked)


async def test_a_customer_is_found_by_the_whole_address_and_shown(house, boss):
    ann = await house.customer(ANN, name="<b>Ann</b>")
    assert FIND in (await boss.get("/admin")).text
    page = await find(boss, field="email", value=" ANN@example.com ")
    assert (page.status, page.path, page.h1) == (200, FIND, says("found.title"))
    assert f'href="{FIND}/{ann.id}"' in page.text
    page = await boss.get(f"{FIND}/{ann.id}")
    assert page.status == 200
    assert all(word in page.text for word in ("&lt;b&gt;Ann&lt;/b&gt;", ANN, ann.id, says("found.never")))
    assert says("found.nobody") in (await find(boss, field="email", value="zoe@example.com")).text
    for field, value, match, key in (
        ("email", "no address", "exact", "error.search_value"),
        ("family_name", "Lee", "exact", "error.search_field"),
        ("name\x85", "Lee", "x", "error.search_field"),
        ("family_name", "Le", "prefix", "error.search_too_short"),
    ):
        page = await find(boss, field=field, value=value, match=match)
        assert (page.status, says(key) in page.text) == (400, True), key
    done = [open_part(one) for one in await house.audit()]
    assert [one["outcome"] for one in done if one["event"] == "customers.searched"] == ["success"] * 2 + ["refused"] * 4
    for odd in ("?after=x", "?after=" + "A" * 3_000, "/x", "/cus_" + "0" * 26):
        assert (await boss.get(FIND + odd)).status in {400, 404}


async def test_a_beginning_finds_many_a_page_at_a_time(house, boss):
    wish = SettingsModel.model_validate({"profile": {"claims": {"name": {"searchable": "prefix"}}}})
    await set_up(house, profile=merged(house.tenant.settings, wish).profile)
    for number in range(ROWS + 1):
        await house.customer(f"u{number}@example.com", password=None, name=f"Berger {number}")
    wanted, database = searched(house.tenant.settings.profile), house.storage.database
    indexing = Indexing(house.tenant.id, database.begin, database.read, house.directory(), house.clock, wanted)
    await indexing.follow()
    building = await find(boss, field="name", value="berg", match="prefix")
    assert (building.status, says("error.search_building") in building.text) == (400, True)
    house.clock.advance(SETTLE / 1_000_000)
    await indexing.walk(99)
    page = await find(boss, field="name", value="BERG", match="prefix")
    assert page.text.count('<a class="row"') == ROWS
    following = page.text.partition('rel="next" href="')[2].partition('"')[0]
    assert "berg" not in following.lower()
    page = await boss.get(following)
    assert page.text.count('<a class="row"') == 1
    assert 'rel="next"' not in page.text


async def test_nobody_else_finds_anybody_and_no_tenant_sees_anothers(house, boss):
    ann = await house.customer(ANN)
    other = await house.add_tenant("other")
    zoe = await house.customer("zoe@example.com", tenant=other)
    assert (await boss.get(f"{FIND}/{zoe.id}")).status == 404
    assert says("found.nobody") in (await find(boss, field="email", value="zoe@example.com")).text
    walker = house.walker()
    assert (await walker.get(FIND)).h1 == says("sign_in.title")
    await walker.sign_in(ANN, PASSWORD)
    for path in (FIND, f"{FIND}/{ann.id}"):
        assert (await walker.get(path)).status == 403
    page = await boss.get(FIND)
    page.forms[0].fields["csrf"] = "0" * 40
    assert (await boss.post(page, field="email", value=ANN)).status == 403
