"""The first administrator, by a link that works once; and the page where they find their token."""

import asyncio
import re

import pytest

from limen.app.cli.admin import setup_link
from tests.support.house import PASSWORD, says

pytestmark = pytest.mark.anyio
ROOT = "root@example.com"


async def test_the_link_makes_an_administrator_who_is_signed_in(house_on):
    link = await setup_link(house_on.basis, house_on.tenant)
    root = house_on.walker()
    page = await root.post(await root.get(link), email=ROOT, password=PASSWORD)
    assert (page.path, page.h1) == ("/admin", says("admin.title"))
    assert "administrator.appointed" in await house_on.events()


async def test_the_link_works_once_and_looking_at_it_does_not_use_it(house):
    link = await setup_link(house.basis, house.tenant)
    for method in ("GET", "HEAD", "GET"):
        assert (await house.client().request(method, link)).status_code == 200
    root = house.walker()
    form = await root.get(link)
    await root.post(form, email=ROOT, password=PASSWORD)
    late = house.walker()
    assert (await late.get(link)).h1 == says("error_page.link_spent.title")
    assert (await root.post(form, email="two@example.com", password=PASSWORD)).status == 410
    assert (await house.rows())["administrators"] == 1


async def test_of_two_who_send_it_at_once_exactly_one_becomes_administrator(house_on):
    link = await setup_link(house_on.basis, house_on.tenant)
    walkers = [house_on.walker() for _ in range(2)]
    forms = [await walker.get(link) for walker in walkers]
    answers = await asyncio.gather(
        *(
            walker.post(form, email=f"root{n}@example.com", password=PASSWORD)
            for n, (walker, form) in enumerate(zip(walkers, forms, strict=True))
        )
    )
    assert sorted(answer.status for answer in answers) == [200, 410]
    rows = await house_on.rows()
    assert (rows["administrators"], rows["customers"], rows["contact_index"]) == (1, 1, 1)


async def test_a_mistake_in_the_form_does_not_use_the_link(house):
    link = await setup_link(house.basis, house.tenant)
    root = house.walker()
    page = await root.get(link)
    for typed in ({"email": "x", "password": PASSWORD}, {"email": ROOT, "password": "short"}):
        page = await root.post(page, **typed)
        assert page.status == 400
        assert page.errors
    assert (await root.post(page, email=ROOT, password=PASSWORD)).path == "/admin"


async def test_a_full_hash_queue_is_answered_503_and_leaves_the_link_as_it_was(house):
    link = await setup_link(house.basis, house.tenant)
    root = house.walker()
    page = await root.get(link)
    object.__setattr__(house.pool._settings, "queue_limit", -1)
    page = await root.post(page, email=ROOT, password=PASSWORD)
    assert (page.status, page.notices) == (503, [says("error.busy")])
    assert int(page.headers["retry-after"]) >= 1
    object.__setattr__(house.pool._settings, "queue_limit", 64)
    assert (await root.post(page, email=ROOT, password=PASSWORD)).path == "/admin"


async def test_the_link_of_one_tenant_makes_no_administrator_of_another_and_expires_after_a_day(house):
    acme = await house.add_tenant("acme")
    await house.storage.feed.poll()
    link = await setup_link(house.basis, acme)
    assert (await house.walker().get(link.replace("/t/acme", ""))).status == 410
    house.clock.advance(86_401)
    assert (await house.walker().get(link)).status == 410


async def test_the_token_of_the_page_opens_the_api_and_ends_with_the_session(house):
    link = await setup_link(house.basis, house.tenant)
    root = house.walker()
    page = await root.post(await root.get(link), email=ROOT, password=PASSWORD)
    page = await root.post(page)
    token = re.search(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", page.text)[0]
    headers = {"authorization": f"Bearer {token}"}
    async with house.client() as machine:
        answer = await machine.get("/api/v1/customers", headers=headers)
        assert answer.status_code == 200, answer.text
        assert (await machine.get("/api/v1/tenants", headers=headers)).status_code == 200
        account = await root.get("/account")
        await root.post(account, form=account.forms[0], intent="sign_out")
        assert (await machine.get("/api/v1/customers", headers=headers)).status_code == 401


async def test_a_tenants_administrator_gets_no_token_for_tenants(house):
    acme = await house.add_tenant("acme")
    await house.storage.feed.poll()
    root = house.walker(prefix="/t/acme")
    page = await root.post(await root.get(await setup_link(house.basis, acme)), email=ROOT, password=PASSWORD)
    page = await root.post(page)
    token = re.search(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", page.text)[0]
    async with house.client() as machine:
        headers = {"authorization": f"Bearer {token}"}
        assert (await machine.get("/t/acme/api/v1/clients", headers=headers)).status_code == 200
        assert (await machine.get("/t/acme/api/v1/tenants", headers=headers)).status_code in {403, 404}
        assert (await machine.get("/api/v1/clients", headers=headers)).status_code == 401


async def test_whoever_is_no_administrator_is_refused(house):
    await house.customer("ann@example.com")
    ann = house.walker()
    await ann.sign_in("ann@example.com", PASSWORD)
    page = await ann.get("/admin")
    assert (page.status, page.h1) == (403, says("error_page.forbidden.title"))
