"""Signing in with address and password, and what stands against guessing."""

import asyncio
import threading

import pytest

from limen.identity.administrators import SYSTEM
from tests.support.house import PASSWORD, says
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.anyio
ANN = "ann@example.com"
WRONG = says("error.invalid_credentials")


async def test_address_and_password_open_the_account_page(house_on):
    await house_on.customer(ANN)
    page = await house_on.walker().sign_in(ANN, PASSWORD)
    assert (page.path, page.status) == ("/account", 200)
    assert await house_on.events() == ["session.started"]


async def test_unknown_wrong_disabled_and_password_less_are_answered_alike(house):
    await house.customer(ANN)
    await house.customer("less@example.com", password=None)
    barred = await house.customer("barred@example.com")
    await house.administration().disable(barred.id, SYSTEM)
    for email, password in (
        (ANN, "wrong horse battery staple"),
        ("nobody@example.com", PASSWORD),
        ("less@example.com", PASSWORD),
        ("barred@example.com", PASSWORD),
    ):
        page = await house.walker().sign_in(email, password)
        assert (page.status, page.h1, page.alert.endswith(WRONG)) == (400, says("sign_in.title"), True)
        assert page.fields["email"] == email
        assert page.fields["password"] == ""


async def test_a_password_of_another_tenant_opens_nothing_here(house):
    acme = await house.add_tenant("acme")
    await house.storage.feed.poll()
    await house.customer(ANN, tenant=acme)
    assert (await house.walker().sign_in(ANN, PASSWORD)).status == 400
    assert (await house.walker(prefix="/t/acme").sign_in(ANN, PASSWORD)).path == "/t/acme/account"


async def test_a_hundred_wrong_passwords_disable_it_and_recovery_enables_it(build_house):
    async with build_house(sign_in_per_identifier="off", sign_in_per_address="off") as house:
        await house.customer(ANN)
        ann = house.walker()
        page = await ann.get("/sign-in")
        for _ in range(99):
            page = await ann.post(page, email=ANN, password="wrong horse battery staple")
        assert (await house.walker().sign_in(ANN, PASSWORD)).path == "/account"  # right once: counted anew
        for _ in range(100):
            page = await ann.post(page, email=ANN, password="wrong horse battery staple")
        page = await house.walker().sign_in(ANN, PASSWORD)
        assert page.alert.endswith(WRONG)
        assert (await house.walker().recover(ANN, "another horse battery")).path == "/account"
        assert (await house.walker().sign_in(ANN, "another horse battery")).path == "/account"


async def test_the_audit_log_names_failures_and_keeps_the_address_sealed(house):
    await house.customer(ANN)
    await house.walker(address="203.0.113.77").sign_in(ANN, "wrong horse battery staple")
    [record] = [one for one in await house.audit() if one.event == "sign_in.failed"]  # keys are made meanwhile
    assert b"203.0.113.77" not in record.open_part + record.sealed
    assert len(record.commitment) == 32


# ---------------------------------------------------------------------------------------------------- rate limits


async def test_tries_for_one_identifier_are_limited_whether_it_exists_or_not(build_house):
    async with build_house(sign_in_per_identifier="3/600") as house:
        await house.customer(ANN)
        for email in (ANN, "nobody@example.com"):
            for n in range(3):
                assert (await house.walker(address=f"192.0.2.{n}").sign_in(email, "wrong horse")).status == 400
            page = await house.walker(address="192.0.2.9").sign_in(email, PASSWORD)
            assert (page.status, page.notices) == (429, [says("error.throttled")])
            assert 0 < int(page.headers["retry-after"]) <= 1200
            assert page.fields["email"] == email


async def test_the_limit_is_over_when_retry_after_says_so(build_house):
    async with build_house(sign_in_per_identifier="3/600") as house:
        await house.customer(ANN)
        for _ in range(3):
            await house.walker().sign_in(ANN, "wrong horse")
        page = await house.walker().sign_in(ANN, PASSWORD)
        house.clock.advance(int(page.headers["retry-after"]))
        assert (await house.walker().sign_in(ANN, PASSWORD)).path == "/account"


async def test_a_stranger_cannot_lock_a_customer_out_of_a_known_device(build_house):
    async with build_house(sign_in_per_identifier="3/600") as house:
        await house.customer(ANN)
        laptop = house.walker()
        page = await laptop.sign_in(ANN, PASSWORD)
        await laptop.post(page, form=page.forms[0], intent="sign_out")
        for n in range(6):
            page = await house.walker(address=f"203.0.113.{n}").sign_in(ANN, "a stranger's guess")
        assert page.status == 429
        assert (await laptop.sign_in(ANN, PASSWORD)).path == "/account"


async def test_a_known_device_is_limited_too(build_house):
    async with build_house(sign_in_per_identifier="3/600") as house:
        await house.customer(ANN)
        laptop = house.walker()
        await laptop.sign_in(ANN, PASSWORD)
        for _ in range(3):
            await laptop.sign_in(ANN, "wrong horse")
        assert (await laptop.sign_in(ANN, PASSWORD)).status == 429


async def test_tries_from_one_address_are_limited_across_identifiers(build_house):
    async with build_house(sign_in_per_address="4/600") as house:
        for n in range(4):
            assert (await house.walker().sign_in(f"nobody{n}@example.com", "wrong horse")).status == 400
        assert (await house.walker().sign_in("nobody9@example.com", "wrong horse")).status == 429
        assert (await house.walker(address="198.51.100.1").sign_in("nobody9@example.com", "wrong horse")).status == 400


async def test_mails_to_one_address_and_from_one_address_are_limited(build_house):
    async with build_house(mails_per_identifier="2/3600", mails_per_address="4/3600") as house:
        statuses = [(await house.walker().begin_recovery(ANN)).status for _ in range(3)]
        assert statuses == [200, 200, 429]
        assert (await house.walker().begin_recovery("bob@example.com")).status == 200
        page = await house.walker().begin_recovery("eve@example.com")
        assert page.status == 429
        assert int(page.headers["retry-after"]) > 0
        assert len(await house.mails()) == 3  # whatever was refused sent none


async def test_pages_from_one_address_are_limited_with_ratelimit_headers(build_house):
    async with build_house(pages_per_address="3/60") as house:
        browser = house.client()
        answers = [await browser.get("/logout") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[0].headers["ratelimit"] == '"pages-address";r=2;t=60'
        assert 0 < int(answers[3].headers["retry-after"]) <= 120


async def test_a_full_hash_queue_is_answered_503_with_retry_after_and_counts_as_no_failure(house):
    await house.customer(ANN)
    ann = house.walker()
    page = await ann.get("/sign-in")
    object.__setattr__(house.pool._settings, "queue_limit", 0)
    release = threading.Event()
    jobs = [asyncio.create_task(house.pool.run(lambda: release.wait(PATIENCE))) for _ in range(2)]
    await asyncio.sleep(0)
    try:
        page = await ann.sign_in(ANN, PASSWORD, page)
    finally:
        release.set()
        await asyncio.gather(*jobs)
    assert (page.status, page.notices) == (503, [says("error.busy")])
    assert int(page.headers["retry-after"]) >= 1
    assert "sign_in.failed" not in await house.events()
    assert (await ann.sign_in(ANN, PASSWORD, page)).path == "/account"
