"""A hundred wrong passwords in a row: what they disable, where, and who makes the password count again."""

import asyncio

import pytest

from limen.access.account import guessed
from limen.app.jobs.guessed import tell_guessed
from limen.identity.administrators import SYSTEM
from limen.kernel.event_data import misfit
from tests.integration.journeys.test_passkey import by_passkey, holder
from tests.integration.journeys.test_safe_changes import begin, mailed, secure_in, sign_out
from tests.support.house import PASSWORD, code_in

pytestmark = pytest.mark.anyio
ANN, NEW, WRONG = "ann@example.com", "another horse battery", "a guess that is wrong"


async def by_mail(house, walker):
    """Sign in by the code from a mail."""
    page = await walker.post(await walker.get("/sign-in"), email=ANN, intent="use:email_code", password=None)
    return await walker.post(page, code=code_in((await house.mails(ANN))[-1]))


async def failures(house, *counts):
    """Count so many failures of strangers and at known devices; return how many there are then."""
    index = await house.directory().email_index(ANN)
    async with house.storage.database.begin(house.tenant.id) as unit:
        ann, _ = await unit.customers.find_with_password("email", index)
        for is_known, number in zip((False, True), counts, strict=False):
            for _ in range(number):
                await unit.passwords.count_failure(ann.id, is_known=is_known)
        stored = await unit.passwords.get(ann.id)
    return stored.failures, stored.known_failures


async def test_strangers_who_fail_a_hundred_times_keep_out_strangers_and_no_owner_who_is_known(build_house):
    async with build_house(sign_in_per_identifier="1000/600", sign_in_per_address="1000/600") as house:
        await house.customer(ANN)
        laptop, stranger = house.walker(), house.walker(address="203.0.113.5")
        await laptop.sign_in(ANN, PASSWORD)
        await sign_out(laptop)
        page = await stranger.get("/sign-in")
        for _ in range(101):
            page = await stranger.post(page, email=ANN, password=WRONG)
            assert page.status == 400
        assert await failures(house) == (101, 0)
        assert (await stranger.post(page, email=ANN, password=PASSWORD)).status == 400
        assert (await laptop.sign_in(ANN, PASSWORD)).path == "/account"
        assert (await house.walker().sign_in(ANN, PASSWORD)).status == 400  # that lifted nothing for strangers
        assert (await by_mail(house, house.walker())).path == "/account"
        assert await failures(house) == (0, 0)
        assert (await house.walker().sign_in(ANN, PASSWORD)).path == "/account"


async def test_a_known_device_has_a_hundred_of_its_own_and_a_passkey_forgets_all(house):
    laptop = house.walker()
    key = await holder(house, laptop)
    await sign_out(laptop)
    assert await failures(house, 100, 99) == (100, 99)
    assert (await laptop.sign_in(ANN, WRONG)).status == 400
    assert (await laptop.sign_in(ANN, PASSWORD)).status == 400
    assert await failures(house) == (100, 101)
    assert (await by_passkey(laptop, key)).path == "/account"
    assert await failures(house) == (0, 0)
    assert (await house.walker().sign_in(ANN, PASSWORD)).status == 200


async def test_its_owner_is_told_once_of_each_time_that_strangers_disable_it(house_on):
    house = house_on
    await house.customer(ANN)
    assert await failures(house, 99) == (99, 0)
    assert await tell_guessed(house.basis) == 0
    assert await failures(house, 1, 100) == (100, 100)
    assert sum(await asyncio.gather(*(tell_guessed(house.basis) for _ in range(2)))) == 1
    assert await tell_guessed(house.basis) == 0
    [mail] = await mailed(house, ANN, "password_guessed")
    assert "https://id.example/recover" in mail.text
    assert (await by_mail(house, house.walker())).path == "/account"
    assert await failures(house, 100) == (100, 0)
    assert await tell_guessed(house.basis) == 1
    assert (await house.events()).count("password.guessed") == 2
    assert [misfit(*event) for event in house.announced if misfit(*event)] == []


async def test_who_cannot_be_told_keeps_nobody_waiting(house, monkeypatch):
    monkeypatch.setattr(guessed, "MOST", 1)
    monkeypatch.setattr(guessed, "BATCH", 1)
    made = [await house.customer(f"c{number}@example.com") for number in range(3)]
    barred, gone, told = sorted(made, key=lambda one: one.id)
    await house.administration().disable(barred.id, SYSTEM)
    await house.basis.keyring.destroy_subjects(house.tenant.id, [gone.id])
    async with house.storage.database.begin(house.tenant.id) as unit:
        for one in made:
            for _ in range(100):
                await unit.passwords.count_failure(one.id, is_known=False)
    assert [await tell_guessed(house.basis) for _ in range(3)] == [0, 1, 0]
    assert len(await mailed(house, told.profile.email, "password_guessed")) == 1
    await house.administration().enable(barred.id, SYSTEM)
    assert await tell_guessed(house.basis) == 1


async def test_a_right_password_forgets_what_has_disabled_nothing(house):
    await house.customer(ANN)
    assert await failures(house, 99, 2) == (99, 2)
    assert (await house.walker().sign_in(ANN, PASSWORD)).path == "/account"
    assert await failures(house) == (0, 0)


async def test_what_it_was_not_me_disabled_no_factor_enables_and_recovery_does(house):
    await house.customer(ANN)
    ann, owner = house.walker(), house.walker()
    await ann.sign_in(ANN, PASSWORD)
    await ann.post(await begin(ann, "change_password"), password=NEW)
    [notice] = await mailed(house, ANN, "password_changed")
    await owner.post(await owner.get(secure_in(notice)))
    assert (await by_mail(house, ann)).path == "/account"
    await sign_out(ann)
    for walker in (ann, house.walker()):
        assert (await walker.sign_in(ANN, NEW)).status == 400
    assert (await owner.recover(ANN, PASSWORD)).path.startswith("/account")
    for walker in (ann, house.walker()):
        assert (await walker.sign_in(ANN, PASSWORD)).path == "/account"
