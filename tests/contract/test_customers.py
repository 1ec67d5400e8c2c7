"""Customers, their addresses, passwords and roles."""

import asyncio
from dataclasses import replace

import msgspec
import pytest

from limen.identity.credentials.records import MAX_CONSECUTIVE_FAILURES
from limen.kernel.ids import CustomerId, RecordId
from tests.contract import things

pytestmark = pytest.mark.anyio


async def test_a_customer_is_found_by_id_subject_and_address(database):
    owner = things.customer(database)
    address = things.contact(owner)
    async with database.begin() as unit:
        assert await unit.customers.add(owner, address)
    async with database.read() as unit:
        assert await unit.customers.get(owner.id) == owner
        assert await unit.customers.find_by_subject(owner.subject) == owner
        assert await unit.customers.find_by_contact("email", address.blind) == owner
        assert await unit.customers.find_by_contact("phone", address.blind) is None


async def test_an_account_that_is_named_comes_with_its_password(database):
    owner = things.customer(database)
    address, secret = things.contact(owner), things.password(owner)
    async with database.begin() as unit:
        assert await unit.customers.find_with_password("email", address.blind) == (None, None)
        assert await unit.customers.add(owner, address)
        assert await unit.customers.find_with_password("email", address.blind) == (owner, None)
        await unit.passwords.put(secret)
        assert await unit.customers.find_with_password("email", address.blind) == (owner, secret)
        assert await unit.customers.find_with_password("phone", address.blind) == (None, None)


async def test_of_fifty_sign_ups_with_one_address_one_wins_and_no_other_leaves_a_row(database):
    async def sign_up() -> bool:
        owner = things.customer(database)
        async with database.begin() as unit:
            return await unit.customers.add(owner, things.contact(owner, "anna@example.org"))

    assert sum(await asyncio.gather(*(sign_up() for _ in range(50)))) == 1
    async with database.read() as unit:
        assert len(await unit.customers.list(after="", limit=100)) == 1


async def test_what_hashes_of_other_systems_cost_is_listed_once_each_until_they_are_replaced(database):
    labels = ["pbkdf2:sha512:27500:64", "bcrypt:plain:2b:12", "bcrypt:plain:2b:12", "phpass:13+"]
    async with database.begin() as unit:
        for label in labels:
            who = things.customer(database)
            assert await unit.customers.add(who, things.contact(who))
            await unit.passwords.put(msgspec.structs.replace(things.password(who), label=label))
        assert await unit.passwords.labels(limit=9) == sorted(set(labels))
        assert await unit.passwords.labels(limit=1) == ["bcrypt:plain:2b:12"]
        assert await unit.passwords.replace_hash(who.id, b"sealed", b"rehashed")
        stored = await unit.passwords.get(who.id)
        assert (stored.sealed, stored.label) == (b"rehashed", "")
        assert len(await unit.passwords.labels(limit=9)) == 2


async def test_a_contact_of_nobody_is_an_error_and_not_an_answer(database):
    owner, nobody = things.customer(database), things.customer(database)
    with pytest.raises(things.VIOLATED):
        async with database.begin() as unit:
            await unit.customers.add(owner, things.contact(nobody))


async def test_an_update_of_an_older_version_is_refused(database):
    who = (await things.signed_in(database)).customer
    newer = replace(who, sealed_profile=b"new", version=2)
    async with database.begin() as unit:
        assert await unit.customers.update(newer, 1)
        assert not await unit.customers.update(replace(who, sealed_profile=b"late", version=2), 1)
        assert await unit.customers.get(who.id) == newer


async def test_customers_are_listed_in_pages(database):
    made = [(await things.signed_in(database)).customer.id for _ in range(3)]
    async with database.read() as unit:
        first = await unit.customers.list(after="", limit=2)
        rest = await unit.customers.list(after=first[-1].id, limit=2)
    assert [customer.id for customer in first + rest] == sorted(made)


async def test_a_customer_is_found_by_each_of_their_addresses_and_takes_none_of_anothers(database):
    one, two = things.customer(database), things.customer(database)
    async with database.begin() as unit:
        await unit.customers.add(one, things.contact(one, "one@old"))
        await unit.customers.add(two, things.contact(two, "two@old"))
    async with database.begin() as unit:
        assert not await unit.customers.claim(things.contact(one, "two@old"))
        assert await unit.customers.claim(things.contact(one, "one@new"))
        assert await unit.customers.claim(things.contact(one, "one@new"))  # again: a new verification
        for email in ("one@old", "one@new"):
            assert await unit.customers.find_by_contact("email", things.digest(email)) == one
        await unit.customers.leave(things.contact(one, "two@old"))  # not theirs to leave
        await unit.customers.leave(things.contact(one, "one@old"))
        assert await unit.customers.find_by_contact("email", things.digest("one@old")) is None
        assert await unit.customers.find_by_contact("email", things.digest("one@new")) == one
        assert await unit.customers.find_by_contact("email", things.digest("two@old")) == two


async def test_deleting_a_customer_takes_all_that_hangs_on_them_but_not_the_ledgers(database):
    family_id, who = await things.family(database)
    async with database.begin() as unit:
        await unit.passwords.put(things.password(who.customer))
        await unit.administrators.appoint(who.customer.id, "tenant", 1)
        record_id = RecordId.new(database.clock, database.entropy)
        await unit.consents.append(record_id, things.decision(who.customer), 1)
    async with database.begin() as unit:
        assert await unit.customers.delete(who.customer.id)
        assert not await unit.customers.delete(who.customer.id)
    async with database.read() as unit:
        assert await unit.customers.get(who.customer.id) is None
        assert await unit.passwords.get(who.customer.id) is None
        assert await unit.administrators.role(who.customer.id) is None
        assert await unit.sessions.get(who.session.id) is None
        assert await unit.grants.of_customer(who.customer.id) == []
        assert len(await unit.consents.history(who.customer.id)) == 1
    assert await database.hot.family(family_id) is None


async def test_a_password_is_set_replaced_and_rehashed_only_from_what_was_read(database):
    who = (await things.signed_in(database)).customer
    stored = things.password(who)
    async with database.begin() as unit:
        assert await unit.passwords.get(who.id) is None
        await unit.passwords.put(stored)
        assert await unit.passwords.get(who.id) == stored
        assert not await unit.passwords.replace_hash(who.id, b"older", b"rehashed")
        assert await unit.passwords.labels(limit=9) == []
        assert await unit.passwords.replace_hash(who.id, b"sealed", b"rehashed")
        await unit.passwords.put(msgspec.structs.replace(stored, sealed=b"changed"))
        assert await unit.passwords.get(who.id) == msgspec.structs.replace(stored, sealed=b"changed")


async def test_failures_are_counted_each_and_cleared(database):
    who = (await things.signed_in(database)).customer
    async with database.begin() as unit:
        await unit.passwords.put(things.password(who))
        assert await unit.passwords.count_failure(CustomerId("cus_nobody"), is_known=False) == 0

    async def fail(*, is_known: bool) -> int:
        async with database.begin() as unit:
            return await unit.passwords.count_failure(who.id, is_known=is_known)

    async def failures() -> tuple[int, int]:
        async with database.read() as unit:
            stored = await unit.passwords.get(who.id)
        assert stored is not None
        return stored.failures, stored.known_failures

    counts = await asyncio.gather(*(fail(is_known=is_known) for is_known in (False, True) for _ in range(12)))
    assert [sorted(counts[:12]), sorted(counts[12:])] == [list(range(1, 13))] * 2
    async with database.begin() as unit:
        await unit.passwords.clear_failures(who.id)
    assert await failures() == (0, 0)
    for few, reached in ((0, 1), (1, 0)):  # what has reached the limit stays, whichever it is
        both = [3, 3]
        both[reached] = MAX_CONSECUTIVE_FAILURES
        async with database.begin() as unit:
            await unit.passwords.put(
                msgspec.structs.replace(things.password(who), failures=both[0], known_failures=both[1])
            )
            await unit.passwords.clear_failures(who.id)
        both[few] = 0
        assert list(await failures()) == both
        async with database.begin() as unit:
            await unit.passwords.enable(who.id)
        assert await failures() == (0, 0)


async def test_a_password_that_was_disabled_stays_so_until_another_is_set(database):
    who = (await things.signed_in(database)).customer
    async with database.begin() as unit:
        await unit.passwords.put(things.password(who))
        await unit.passwords.count_failure(who.id, is_known=False)
        await unit.passwords.disable(who.id, 5)
        await unit.passwords.disable(who.id, 9)
        await unit.passwords.clear_failures(who.id)
        await unit.passwords.count_failure(who.id, is_known=False)
        await unit.passwords.enable(who.id)
        assert await unit.passwords.get(who.id) == msgspec.structs.replace(things.password(who), disabled_at=5)
        await unit.passwords.put(things.password(who))
        assert await unit.passwords.get(who.id) == things.password(who)


async def test_a_role_is_given_changed_and_taken(database):
    who = (await things.signed_in(database)).customer
    async with database.begin() as unit:
        assert not await unit.administrators.any()
        await unit.administrators.appoint(who.id, "tenant", 1)
        await unit.administrators.appoint(who.id, "platform", 2)
        assert await unit.administrators.any()
        assert await unit.administrators.role(who.id) == "platform"
        assert await unit.administrators.dismiss(who.id)
        assert not await unit.administrators.dismiss(who.id)
        assert await unit.administrators.role(who.id) is None
