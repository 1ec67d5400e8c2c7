"""Sweeping: what has expired goes, in batches, and nothing else."""

import msgspec
import pytest
from sqlalchemy import select

from limen.kernel.clock import DAY, HOUR, SECOND
from limen.kernel.events import AuditEntry, Event
from limen.storage.leases import Leases
from limen.storage.schema.processes import leases
from limen.storage.schema.processes import outbox as outbox_table
from limen.storage.sweep import Sweeper
from tests.contract import things
from tests.contract.test_tenancy import TENANT_TABLES, Theirs

pytestmark = pytest.mark.anyio

FOR_EVER = {
    "customers", "contact_index", "passwords", "administrators", "clients", "signing_keys", "grants",
    "consent_ledger", "consent_chain", "consent_tiles", "consent_checkpoints", "purposes", "purpose_versions",
    "audit_segments", "audit_records", "audit_checkpoints", "outbox", "changes",
    "resource_servers", "detail_types", "factors", "password_history", "profile_progress", "passkey_offers",
    "preferences", "processing_limits", "audit_prunings", "audit_destinations", "audit_cursors", "audit_dead_letters",
    "merged_customers", "search_indexes", "search_tokens", "profile_faults", "risk_histories", "key_rotations",
    "profile_schemas",
    # what a job of its own closes or carries out first
    "recovery_requests", "deletion_requests", "inactivity_notices", "privacy_requests", "standing_consents", "attacks",
}  # fmt: skip


async def test_what_has_not_expired_stays(database):
    theirs = Theirs(database)
    await theirs.fill()
    before = await theirs.rows()
    swept = await Sweeper(database.storage.database, database.clock).sweep(database.b)
    assert (swept.journeys, swept.rows, swept.more) == ((), 0, False)
    assert await theirs.rows() == before


async def test_after_years_only_accounts_and_ledgers_are_left(database):
    theirs = Theirs(database)
    await theirs.fill()
    database.clock.advance(3 * 365 * 86_400)
    swept = await Sweeper(database.storage.database, database.clock).sweep(database.b)
    assert swept.journeys == (theirs.journey.id,)
    rows = await theirs.rows()
    left = {name for name in TENANT_TABLES if rows[name]}
    assert sorted(left - FOR_EVER) == []
    assert sorted(FOR_EVER - left) == []
    assert not swept.more


async def test_a_replay_is_still_told_from_an_unknown_code_for_a_day_after_its_end(database):
    who = await things.signed_in(database)
    code = await things.code(database, who)
    await database.hot.redeem_code(things.redemption(database, code))
    sweeper = Sweeper(database.storage.database, database.clock)
    for outcome, seconds in (("replayed", 60 + 86_399), ("unknown", 1)):
        database.clock.advance(seconds)
        await sweeper.sweep(database.a)
        assert (await database.hot.redeem_code(things.redemption(database, code))).outcome.value == outcome


async def test_a_sweep_takes_small_bites_and_says_that_there_is_more(database):
    at = things.browser(database)
    made = [things.journey(database, at, expires_at=database.clock.now()) for _ in range(5)]
    async with database.begin() as unit:
        for journey in made:
            await unit.journeys.add(journey)
    database.clock.advance(86_400)
    sweeper = Sweeper(database.storage.database, database.clock)
    first, second = await sweeper.sweep(database.a, limit=3), await sweeper.sweep(database.a, limit=3)
    assert (first.more, len(first.journeys), second.more) == (True, 3, False)
    assert {*first.journeys, *second.journeys} == {journey.id for journey in made}


@pytest.mark.parametrize("missed", [0, 30])
async def test_a_browser_that_nobody_signed_in_at_goes_when_it_is_unseen_and_later_where_it_was_missed(
    database, missed
):
    browser = things.browser(database)
    async with database.begin() as unit:
        await unit.sessions.add_browser(browser)
    sweeper = Sweeper(database.storage.database, database.clock)
    gone = [0]
    for days in (7 + missed, 180 - 7 - missed):
        database.clock.advance(days * 86_400)
        gone.append(gone[-1] + (await sweeper.sweep(database.a)).rows)
    assert gone == [0, 0 if missed else 1, 1]


async def test_with_a_customer_go_the_browsers_that_were_theirs_alone_and_young_ones_when_they_are_unseen(database):
    who, alone = await things.signed_in(database), things.browser(database)
    shared, other = who.browser, things.customer(database)
    async with database.begin() as unit:
        assert await unit.customers.add(other, things.contact(other))
        await unit.sessions.add_browser(alone)
        for owner, at in ((who.customer, alone), (other, shared)):
            await unit.sessions.add(things.session(database, owner, at, ended_at=database.clock.now()))
    database.clock.advance(7 * 86_400)
    young = things.browser(database)
    async with database.begin() as unit:
        await unit.sessions.add_browser(young)
        await unit.sessions.add(things.session(database, who.customer, young))

    async def left():
        async with database.read() as unit:
            return [await unit.sessions.browser(one.id) is not None for one in (alone, young, shared)]

    for gone, expected in ((who.customer, [False, True, True]), (other, [False, True, False])):
        async with database.begin() as unit:
            await unit.sessions.forget_browsers(gone.id, database.clock.now())
            assert await unit.customers.delete(gone.id)
        assert await left() == expected
    database.clock.advance(7 * 86_400)
    await Sweeper(database.storage.database, database.clock).sweep(database.a)
    assert await left() == [False, False, False]


async def test_a_session_stays_while_a_family_needs_it_and_a_browser_while_a_session_does(database):
    family_id, who = await things.family(database)
    sweeper = Sweeper(database.storage.database, database.clock)
    long = things.session(database, who.customer, who.browser, expires_at=database.clock.now() + 400 * DAY)
    async with database.begin() as unit:
        await unit.sessions.add(long)
    database.clock.advance(60 * 86_400)
    await sweeper.sweep(database.a)
    async with database.read() as unit:
        assert await unit.sessions.get(who.session.id) == who.session
        assert await unit.sessions.browser(who.browser.id) == who.browser
    assert await database.hot.family(family_id) is not None
    database.clock.advance(300 * 86_400)
    await sweeper.sweep(database.a)
    async with database.read() as unit:
        assert await unit.sessions.get(who.session.id) is None
        assert await unit.sessions.get(long.id) == long
        assert await unit.sessions.browser(who.browser.id) == who.browser


async def test_delivered_events_go_after_a_day_and_waiting_or_dead_ones_never(database):
    async with database.begin() as unit:
        done, dead, _waiting = (unit.announce(Event("customer.deleted")) for _ in range(3))
    outbox = database.storage.outbox
    await outbox.done(done)
    await outbox.dead(dead, "smtp_550")
    sweeper = Sweeper(database.storage.database, database.clock)
    assert await sweeper.sweep_outbox() == 0
    database.clock.advance(86_400)
    assert await sweeper.sweep_outbox() == 1
    database.clock.advance(100 * HOUR / 1_000_000)
    assert await sweeper.sweep_outbox() == 0
    assert await outbox.waiting() == 1


async def test_a_dead_event_keeps_its_payload_for_some_days_and_its_name_and_error_for_good(database):
    async with database.begin() as unit:
        dead = [unit.announce(Event("mail.requested", sealed=b"an envelope")) for _ in range(3)]
        waiting = unit.announce(Event("mail.requested", sealed=b"another"))
    for event_id in dead:
        await database.storage.outbox.dead(event_id, "smtp_550")
    sweeper = Sweeper(database.storage.database, database.clock)
    assert await sweeper.empty_dead(DAY) == 0
    database.clock.advance(DAY / SECOND)
    assert await sweeper.empty_dead(DAY, limit=2) == 2
    assert await sweeper.empty_dead(DAY) == 1
    assert await sweeper.empty_dead(DAY) == 0
    async with database.storage.database.platform() as connection:
        rows = (await connection.execute(select(outbox_table))).all()
    assert {row.id: (row.state, row.error, bytes(row.sealed)) for row in rows} == {
        **dict.fromkeys(dead, ("dead", "smtp_550", b"")),
        waiting: ("waiting", "", b"another"),
    }


async def test_an_expired_revocation_goes_with_the_token_it_revoked(database):
    now = database.clock.now()
    await database.hot.revoke_token("jti", now + HOUR, AuditEntry("token.revoked"))
    sweeper = Sweeper(database.storage.database, database.clock)
    await sweeper.sweep(database.a)
    assert await database.hot.is_revoked("jti", "", "", now)
    database.clock.advance(3_600)
    await sweeper.sweep(database.a)
    assert not await database.hot.is_revoked("jti", "", "", now)


async def test_a_claimed_journey_is_not_swept_before_its_grace(database):
    journey = msgspec.structs.replace(
        things.journey(database, things.browser(database)), finished_at=database.clock.now()
    )
    async with database.begin() as unit:
        await unit.journeys.add(journey)
    database.clock.advance(3_600 + 86_399)
    assert (await Sweeper(database.storage.database, database.clock).sweep(database.a)).rows == 0


async def test_leases_of_machines_that_are_no_more_go_a_day_after_they_ended(database):
    storage, clock = database.storage, database.clock
    one, other = (Leases(storage.database, clock, owner) for owner in ("machine-1", "machine-2"))
    assert await one.take("feed:gone", SECOND)
    assert await one.take("feed:held", DAY)
    sweeper = Sweeper(storage.database, clock)
    clock.advance(DAY // SECOND)
    assert await sweeper.sweep_leases() == 0
    clock.advance(1)
    assert await other.take("feed:held", DAY)  # what was taken over is no leftover
    assert await sweeper.sweep_leases() == 1
    async with storage.database.platform() as connection:
        left = set((await connection.execute(select(leases.c.name))).scalars())
    assert "feed:gone" not in left
    assert "feed:held" in left
    assert not await one.take("feed:held", SECOND)
