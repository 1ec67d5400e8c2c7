"""Browsers, sessions, journeys, clients, grants, keys, and what is used once."""

import asyncio
from dataclasses import replace

import msgspec
import pytest

from limen.access.jose.keys import KeyPurpose, KeyState
from limen.access.sessions.records import Evidence
from limen.identity.tenants.records import TenantSettings
from limen.kernel.clock import HOUR
from limen.kernel.events import AuditEntry
from limen.kernel.ids import CustomerId, JourneyId
from limen.storage.stores.idempotency import StoredAnswer
from tests.contract import things

pytestmark = pytest.mark.anyio


# -- browsers and sessions -----------------------------------------------------------------------------------------


async def test_a_browser_is_stored_once_and_its_secret_replaced(database):
    at = things.browser(database)
    newer = msgspec.structs.replace(at, secret_hash=things.digest("new"), seen_at=at.seen_at + 1)
    async with database.begin() as unit:
        await unit.sessions.add_browser(at)
        assert await unit.sessions.browser(at.id) == at
        changed = msgspec.structs.replace(newer, created_at=at.created_at - 1)
        assert await unit.sessions.keep_browser(changed, at.secret_hash)
        assert await unit.sessions.browser(at.id) == newer
        await unit.sessions.add_browser(at)
        assert await unit.sessions.browser(at.id) == newer
        other = things.browser(database)
        assert await unit.sessions.keep_browser(other, b"")
        assert await unit.sessions.browser(other.id) == other


async def test_a_browser_takes_no_secret_from_who_was_proven_by_the_one_before(database):
    at = things.browser(database)
    first, late = (msgspec.structs.replace(at, secret_hash=things.digest(name)) for name in ("first", "late"))
    async with database.begin() as unit:
        await unit.sessions.add_browser(at)
    for browser, applied in ((first, True), (late, False)):
        async with database.begin() as unit:
            assert await unit.sessions.keep_browser(browser, at.secret_hash) is applied
    async with database.begin() as unit:
        assert await unit.sessions.browser(at.id) == first


async def test_sessions_at_a_browser_come_newest_proof_first_without_the_ended(database):
    who = await things.signed_in(database)
    later = (Evidence("pwd", database.clock.now() + 5),)
    second = things.session(database, who.customer, who.browser, evidence=later)
    third = things.session(database, who.customer, who.browser)
    async with database.begin() as unit:
        await unit.sessions.add(second)
        await unit.sessions.add(third)
        assert await unit.sessions.end(third.id, 7)
        assert not await unit.sessions.end(third.id, 8)
        assert await unit.sessions.at_browser(who.browser.id) == [second, who.session]
        assert await unit.sessions.find_sid(third.sid) == msgspec.structs.replace(third, ended_at=7)
        assert await unit.sessions.get(second.id) == second
        await unit.sessions.end(second.id, 9)
        await unit.sessions.end(who.session.id, 9)
        assert await unit.sessions.owners_at(who.browser.id) == {who.customer.id}


async def test_an_ended_session_cannot_be_renewed(database):
    who = await things.signed_in(database)
    renewed = who.session.renewed((Evidence("otp", 9),), 9, 99)
    async with database.begin() as unit:
        assert await unit.sessions.renew(renewed)
        assert await unit.sessions.get(who.session.id) == renewed
        await unit.sessions.end(who.session.id, 10)
        assert not await unit.sessions.renew(who.session)


async def test_ending_a_session_revokes_its_families_and_voids_its_codes(database):
    family_id, who = await things.family(database)
    waiting = await things.code(database, who)
    async with database.begin() as unit:
        await unit.sessions.end(who.session.id, database.clock.now())
        assert (database.a, "family", family_id) in unit.changes
    assert (await things.family_row(database, family_id)).revoked_at == database.clock.now()
    answer = await database.hot.redeem_code(things.redemption(database, waiting))
    assert answer.outcome.value == "ended"


async def test_ending_all_sessions_spares_the_one_that_is_kept(database):
    family_id, who = await things.family(database)
    other = things.session(database, who.customer, who.browser)
    async with database.begin() as unit:
        await unit.sessions.add(other)
    async with database.begin() as unit:
        assert await unit.sessions.end_all(who.customer.id, 5, except_for=who.session.id) == 1
        assert (await unit.sessions.at_browser(who.browser.id)) == [who.session]
    assert (await things.family_row(database, family_id)).revoked_at is None
    async with database.begin() as unit:
        assert await unit.sessions.end_all(who.customer.id, 6) == 1
    assert (await things.family_row(database, family_id)).revoked_at == 6


# -- journeys and links --------------------------------------------------------------------------------------------


async def test_a_journey_advances_once_from_each_version_and_never_after_its_end(database):
    at = things.browser(database)
    start = things.journey(database, at, link_hash=things.digest("link"))
    second = msgspec.structs.replace(start, sealed_state=b"two", version=2)
    done = msgspec.structs.replace(second, version=3, finished_at=9, link_hash=None)
    async with database.begin() as unit:
        await unit.journeys.add(start)
        assert await unit.journeys.find_link(things.digest("link")) == start
        assert await unit.journeys.advance(second, 1)
        assert not await unit.journeys.advance(second, 1)
        assert await unit.journeys.advance(done, 2)
        assert not await unit.journeys.advance(msgspec.structs.replace(done, version=4), 3)
        assert await unit.journeys.get(start.id) == done
        assert await unit.journeys.find_link(things.digest("link")) is None


async def test_of_what_one_page_began_one_journey_is_stored_and_found_by_both_its_names(database):
    at = things.browser(database)
    first = things.journey(database, at, begun_as=JourneyId.new(database.clock, database.entropy))
    async with database.begin() as unit:
        assert await unit.journeys.add(first)
        assert not await unit.journeys.add(things.journey(database, at, begun_as=first.begun_as))
        assert await unit.journeys.add(things.journey(database, at))
        assert await unit.journeys.add(things.journey(database, at))  # what began otherwise has no such name
        assert await unit.journeys.get(first.id) == await unit.journeys.get(first.begun_as) == first


async def test_of_twenty_double_submits_one_advances_the_journey(database):
    start = things.journey(database, things.browser(database))
    async with database.begin() as unit:
        await unit.journeys.add(start)

    async def submit() -> bool:
        async with database.begin() as unit:
            return await unit.journeys.advance(msgspec.structs.replace(start, version=2), 1)

    assert sum(await asyncio.gather(*(submit() for _ in range(20)))) == 1


async def test_a_setup_link_is_used_once_in_time_and_for_its_purpose(database):
    link = things.digest("link")
    async with database.begin() as unit:
        await unit.setup_links.add(link, "first-administrator", 100)
        assert await unit.setup_links.peek(link, "first-administrator", 99)
        assert not await unit.setup_links.use(link, "other", 99)
        assert not await unit.setup_links.use(link, "first-administrator", 100)
        assert await unit.setup_links.use(link, "first-administrator", 99)
        assert not await unit.setup_links.use(link, "first-administrator", 99)
        assert not await unit.setup_links.peek(link, "first-administrator", 99)


# -- clients and grants --------------------------------------------------------------------------------------------


async def test_a_client_id_is_given_once(database):
    first, second = things.client(database, "shop"), things.client(database, "shop")
    async with database.begin() as unit:
        assert await unit.clients.add(first)
        assert not await unit.clients.add(second)
        assert await unit.clients.get("shop") == first
        assert await unit.clients.by_key(first.key) == first
        assert await unit.clients.by_key(second.key) is None


async def test_a_client_is_updated_from_the_version_that_was_read_and_listed_in_pages(database):
    made = sorted((things.client(database) for _ in range(3)), key=lambda one: one.key)
    async with database.begin() as unit:
        for one in made:
            await unit.clients.add(one)
        newer = replace(made[0], updated_at=9, version=2)
        assert await unit.clients.update(newer, 1)
        assert not await unit.clients.update(newer, 1)
        assert await unit.clients.list(after="", limit=2) == [newer, made[1]]
        assert await unit.clients.list(after=made[1].key, limit=2) == [made[2]]


async def test_clients_that_may_ask_without_pkce_are_found_by_what_is_registered_and_not_by_what_they_say(database):
    made = [things.client(database) for _ in range(3)]
    saying = msgspec.structs.replace(made[0].document, client_name='"require_pkce":false')
    async with database.begin() as unit:
        await unit.clients.add(replace(made[0], document=saying))
        for one in made[1:]:
            await unit.clients.add(replace(one, document=msgspec.structs.replace(one.document, require_pkce=False)))
        ids = [one.client_id for one in sorted(made[1:], key=lambda one: one.key)]
        assert await unit.clients.without_pkce(limit=9) == ids
        assert await unit.clients.without_pkce(limit=1) == ids[:1]


async def test_deleting_a_client_takes_grants_codes_and_families(database):
    family_id, who = await things.family(database)
    waiting = await things.code(database, who)
    async with database.begin() as unit:
        assert await unit.clients.delete(who.client.key)
        assert not await unit.clients.delete(who.client.key)
        assert await unit.grants.of_customer(who.customer.id) == []
    assert await database.hot.family(family_id) is None
    assert (await database.hot.redeem_code(things.redemption(database, waiting))).outcome.value == "unknown"


async def test_a_client_of_the_longest_name_can_be_told_of(database):
    async with database.begin() as unit:
        unit.change("client", "c" * 255)


async def test_a_grant_only_widens(database):
    who = await things.signed_in(database)
    more = things.grant(database, who.customer, who.client, "email", "openid")
    async with database.begin() as unit:
        widened = await unit.grants.save(more)
        assert (widened.id, widened.scopes) == (who.grant.id, ("email", "openid"))
        assert await unit.grants.find(who.customer.id, who.client.key) == widened
        assert await unit.grants.of_customer(who.customer.id) == [widened]


async def test_twenty_concurrent_widenings_lose_no_scope(database):
    who = await things.signed_in(database)

    async def widen(scope: str) -> None:
        async with database.begin() as unit:
            await unit.grants.save(things.grant(database, who.customer, who.client, scope))

    await asyncio.gather(*(widen(f"s{number:02}") for number in range(20)))
    async with database.read() as unit:
        found = await unit.grants.find(who.customer.id, who.client.key)
    assert found is not None
    assert set(found.scopes) == {"openid", *(f"s{number:02}" for number in range(20))}


async def test_a_grant_of_nobody_is_an_error(database):
    who = await things.signed_in(database)
    orphan = msgspec.structs.replace(
        things.grant(database, who.customer, who.client), customer_id=CustomerId("cus_nobody")
    )
    with pytest.raises(things.VIOLATED):
        async with database.begin() as unit:
            await unit.grants.save(orphan)


async def test_ending_a_grant_revokes_its_families_and_voids_its_codes(database):
    family_id, who = await things.family(database)
    waiting = await things.code(database, who)
    async with database.begin() as unit:
        assert await unit.grants.end(who.grant.id, 5)
        assert not await unit.grants.end(who.grant.id, 6)
        assert await unit.grants.find(who.customer.id, who.client.key) is None
    assert (await things.family_row(database, family_id)).revoked_at == 5
    assert (await database.hot.redeem_code(things.redemption(database, waiting))).outcome.value == "ended"


# -- signing keys --------------------------------------------------------------------------------------------------


async def test_a_tenant_has_one_pending_and_one_active_key_of_a_kind(database):
    first, second = things.signing_key(database), things.signing_key(database)
    other = things.signing_key(database, purpose=KeyPurpose.CHECKPOINTS)
    async with database.begin() as unit:
        assert await unit.signing_keys.add_key(first)
        assert not await unit.signing_keys.add_key(second)
        assert not await unit.signing_keys.add_key(first)
        assert await unit.signing_keys.add_key(other)
        active = first.activate(5, 6)
        assert await unit.signing_keys.update_key(first.kid, KeyState.PENDING, active)
        assert not await unit.signing_keys.update_key(first.kid, KeyState.PENDING, active)
        assert await unit.signing_keys.add_key(second)
        listed = await unit.signing_keys.list_keys()
    assert sorted(key.kid for key in listed) == sorted((first.kid, second.kid, other.kid))
    assert next(key for key in listed if key.kid == first.kid) == active


async def test_of_ten_workers_that_add_a_pending_key_one_does(database):
    async def add() -> bool:
        async with database.begin() as unit:
            return await unit.signing_keys.add_key(things.signing_key(database))

    assert sum(await asyncio.gather(*(add() for _ in range(10)))) == 1


# -- once ----------------------------------------------------------------------------------------------------------


async def test_of_fifty_first_uses_of_one_assertion_one_is_the_first(database):
    async def use(kind: str) -> bool:
        async with database.begin() as unit:
            return await unit.replays.first_use(kind, "jti-1", 100)

    assert sum(await asyncio.gather(*(use("assertion") for _ in range(50)))) == 1
    assert await use("other-kind")


async def test_an_idempotency_key_is_claimed_answered_and_forgotten(database):
    digest = things.digest("key")
    async with database.begin() as unit:
        assert await unit.idempotency.find(digest, 1) is None
        assert await unit.idempotency.claim(digest, b"asked", 1, 100)
        assert not await unit.idempotency.claim(digest, b"asked", 2, 100)
        assert await unit.idempotency.find(digest, 2) == StoredAnswer(b"asked", 0, b"")
        await unit.idempotency.answer(digest, 201, b"sealed")
        await unit.idempotency.answer(digest, 500, b"late")
        await unit.idempotency.release(digest)
        assert await unit.idempotency.find(digest, 99) == StoredAnswer(b"asked", 201, b"sealed")
        assert await unit.idempotency.find(digest, 100) is None
        assert await unit.idempotency.claim(digest, b"other", 100, 200)
        await unit.idempotency.release(digest)
        assert await unit.idempotency.claim(digest, b"third", 101, 200)


async def test_of_twenty_concurrent_claims_one_is_granted(database):
    async def claim() -> bool:
        async with database.begin() as unit:
            return await unit.idempotency.claim(things.digest("key"), b"asked", 1, 100)

    assert sum(await asyncio.gather(*(claim() for _ in range(20)))) == 1


# -- tenants -------------------------------------------------------------------------------------------------------


async def test_the_registry_keeps_slugs_and_issuers_apart_and_an_issuer_for_good(database):
    tenants = database.storage.tenants
    anna = await tenants.get(database.a)
    assert anna is not None
    assert await tenants.find("anna") == anna
    assert await tenants.find("nobody") is None
    assert [one.id for one in await tenants.list(after="", limit=9)] == sorted((database.a, database.b))
    assert not await tenants.add(replace(anna, id=database.b, slug="other"))
    newer = anna.changed(name="Anna", settings=TenantSettings(sign_up_open=False), now=9)
    assert await tenants.update(replace(newer, issuer="https://else.example"), 1)
    assert not await tenants.update(newer, 1)
    assert await tenants.get(database.a) == newer


# -- pushed authorization requests ---------------------------------------------------------------------------------


async def test_a_pushed_request_is_held_by_the_first_browser_that_comes(database):
    who = await things.signed_in(database)
    pushed, now = things.pushed(database, who.client), database.clock.now()
    mine, other = who.browser.id, things.browser(database).id
    await database.hot.push(pushed, AuditEntry("request.pushed"))
    async with database.begin() as unit:
        assert await unit.pushed.get(pushed.reference) == pushed
        assert await unit.pushed.hold(pushed.reference, mine, now, now + HOUR)
        assert not await unit.pushed.hold(pushed.reference, other, now, now + HOUR)
        assert await unit.pushed.hold(pushed.reference, mine, now + 1, now + HOUR)
        held = msgspec.structs.replace(pushed, browser_id=mine, expires_at=now + HOUR)
        assert await unit.pushed.get(pushed.reference) == held


async def test_a_pushed_request_that_expired_or_was_used_is_nobodys(database):
    who = await things.signed_in(database)
    late, used, now = things.pushed(database, who.client), things.pushed(database, who.client), database.clock.now()
    for one in (late, used):
        await database.hot.push(one, AuditEntry("request.pushed"))
    async with database.begin() as unit:
        assert not await unit.pushed.hold(late.reference, who.browser.id, late.expires_at, now + HOUR)
        assert await unit.pushed.use(used.reference, now)
        assert not await unit.pushed.use(used.reference, now)
        assert not await unit.pushed.hold(used.reference, who.browser.id, now, now + HOUR)


async def test_of_two_uses_of_a_pushed_request_one_succeeds(database):
    who = await things.signed_in(database)
    pushed = things.pushed(database, who.client)
    await database.hot.push(pushed, AuditEntry("request.pushed"))

    async def use() -> bool:
        async with database.begin() as unit:
            return await unit.pushed.use(pushed.reference, database.clock.now())

    assert sorted(await asyncio.gather(use(), use())) == [False, True]
