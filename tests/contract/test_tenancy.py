"""A store made for one tenant can neither read nor write another's rows; on PostgreSQL the rows themselves refuse."""

from dataclasses import replace

import asyncpg
import msgspec
import pytest
from sqlalchemy import select, text

from limen.access.account.records import DeletionRequest, Idle, InactivityNotice
from limen.access.clients.dynamic.records import InitialToken
from limen.access.imports.records import Import, Refused
from limen.access.jose.keys import KeyState
from limen.access.resources.records import DetailTypeDocument, Entry, ResourceDocument
from limen.access.tokens.waiting import WaitingState
from limen.identity.audit.checkpoints import next_checkpoint
from limen.identity.audit.destinations import DeadLetter, Destination, DestinationDocument
from limen.identity.audit.pruning import Floor, next_pruning
from limen.identity.audit.store import Sought, Stretch
from limen.identity.consents.chain import Head
from limen.identity.consents.sequence import sequence
from limen.identity.customers.records import Filter
from limen.identity.keyring.rotation import Rotation, RotationKind
from limen.identity.preferences.choose import SealedPreferences
from limen.identity.profiles.records import Fault, Progress, SchemaVersion
from limen.identity.rights import records as rights
from limen.identity.search.records import Span
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import CustomerId, ImportId, InitialTokenId, RecordId
from limen.storage import schema
from limen.storage.dialects import postgres
from limen.storage.dialects.postgres import APP_ROLE, READER_ROLE, TOKEN_ROLE
from limen.storage.sweep import Sweeper
from limen.trust.attacks.alerts import Tries
from limen.trust.limits import Limit
from limen.trust.risk.store import CROWD, Count
from limen.trust.tolls import Toll
from tests.contract import things
from tests.contract.world import connect, on_postgres

pytestmark = pytest.mark.anyio

TENANT_TABLES = {table.name: table for table in schema.metadata.sorted_tables if "tenant_id" in table.c}
RISK_KEY = b"r" * 16
TOLL = Toll("number-day", b"a number", Limit(1, 86_400))
LEDGERS = {
    *("audit_records", "audit_segments", "audit_checkpoints", "audit_prunings", "purpose_versions"),
    *(name for name in TENANT_TABLES if name.startswith("consent_")),
}
SPANNING = {"outbox", "changes"}
"""What the relay and the feed read for all tenants."""


class Theirs:
    """A row of tenant B in every table."""

    def __init__(self, world) -> None:
        self.world = world

    async def fill(self) -> None:
        world, b = self.world, self.world.b
        self.family_id, self.who = await things.family(world, tenant_id=b)
        self.code = await things.code(world, self.who, b)
        self.journey = things.journey(world, self.who.browser, link_hash=things.digest("their link"))
        self.key = things.signing_key(world)
        now = world.clock.now()
        server = ResourceDocument(identifier="https://api.example", name="Theirs")
        self.resource_server = Entry("rsv_theirs", server, now, now)
        kind = DetailTypeDocument(type="theirs", detail_schema={}, wording={"en": "Theirs"})
        self.detail_type = Entry("dty_theirs", kind, now, now)
        self.waiting = things.waiting(world, customer_id=self.who.customer.id)
        self.app = things.factor(world, self.who.customer)
        self.recovery_code = things.recovery_code(world, self.who.customer, "theirs")
        self.recovery = things.recovery_request(world, self.who.customer)
        self.link = things.account_link(world, self.who.customer)
        self.device = things.trusted_device(world, self.who.customer, self.who.browser)
        self.deletion = DeletionRequest(self.who.customer.id, things.digest("their deletion"), now, now + 10**12)
        self.initial_token = InitialToken(
            InitialTokenId.new(world.clock, world.entropy), "theirs", 9, now, now + 10**12
        )
        async with world.begin(b) as unit:
            await self._of_the_customer(unit)
            await self._of_the_guards(unit)
            await unit.administrators.appoint(self.who.customer.id, "tenant", now)
            await unit.journeys.add(self.journey)
            await unit.signing_keys.add_key(self.key)
            await unit.resource_servers.add(self.resource_server)
            await unit.detail_types.add(self.detail_type)
            await unit.waiting.add(self.waiting)
            await unit.initial_tokens.add(self.initial_token, "theirs")
            await unit.replays.first_use("jti", "theirs", now + 10**12)
            await unit.idempotency.claim(things.digest("theirs"), b"asked", now, now + 10**12)
            await unit.setup_links.add(things.digest("their link"), "first-administrator", now + 10**12)
            await self._of_consents(unit, now)
            self.purpose = things.purpose(world)
            await unit.purposes.add(self.purpose)
            unit.record(AuditEntry("theirs.done", subject=self.who.customer.id))
            unit.announce(Event("mail.requested", self.who.client.key))
            unit.change("client", self.who.client.key)
        async with world.begin(b) as unit:
            await sequence(unit.consent_chain, b, things.SIGNER, now)
            await unit.consent_chain.add_tile(1, 0, things.digest("tile"))
            self.heads = await unit.audit_log.heads()
            await unit.audit_log.add_checkpoint(next_checkpoint(b, None, self.heads, now))
            await unit.audit_log.add_pruning(next_pruning(None, 1, [], Floor(), (b, now)))
            await self._of_the_stream(unit)
        self.pushed = things.pushed(world, self.who.client)
        await world.storage.hot_for(b).push(self.pushed, AuditEntry("request.pushed"))
        await world.storage.hot_for(b).revoke_token("theirs", now + 10**12, AuditEntry("token.revoked"))

    async def _of_the_guards(self, unit) -> None:
        now = self.world.clock.now()
        await unit.tolls.take(TOLL, now)
        await unit.risk.count([Count(RISK_KEY, CROWD)], now + 10**12)
        self.attack = things.attack(self.world)
        await unit.attacks.begin(self.attack)

    async def _of_consents(self, unit, now) -> None:
        world, access = self.world, things.decision(self.who.customer)
        news = replace(access, purpose="news", version=1, expires_at=1)
        self.consent = await unit.consents.append(RecordId.new(world.clock, world.entropy), access, now)
        self.standing = await unit.consents.append(RecordId.new(world.clock, world.entropy), news, now)

    async def _of_the_customer(self, unit) -> None:
        now = self.world.clock.now()
        self.imported = Import(ImportId.new(self.world.clock, self.world.entropy), "0" * 64, "jsonl", now, now)
        await unit.imports.begin(self.imported)
        await unit.imports.refuse(self.imported.id, [Refused(1, 1, "email", "email.invalid")])
        await unit.passwords.put(things.password(self.who.customer))
        await unit.passwords.put(things.password(self.who.customer), remember=1)
        await unit.factors.add(self.app)
        await unit.factors.add(self.recovery_code)
        await unit.profiles.count_sign_in(self.who.customer.id)
        await unit.recoveries.begin(self.recovery)
        await unit.links.add(self.link)
        await unit.devices.trust(self.device)
        self.archive = things.archive(self.world, self.who.customer)
        await unit.archives.ask(self.archive, self.world.clock.now())
        await unit.risk.remember(self.who.customer.id, b"sealed", 1, over=b"")
        await unit.preferences.put(SealedPreferences(self.who.customer.id, b"sealed"))
        self.privacy_request = things.privacy_request(self.world, self.who.customer)
        await unit.privacy_requests.add(self.privacy_request)
        now, them = self.world.clock.now(), self.who.customer.id
        await unit.processing_limits.put(rights.Limit(them, rights.LimitKind.HOLD, now, "admin:theirs", b"sealed"))
        await unit.profiles.add_version(SchemaVersion(1, b"digest", {"theirs": {}}, now))
        await unit.profiles.add_fault(Fault(self.who.customer.id, "theirs", "attribute.invalid", 1))
        await unit.merges.remember(CustomerId("cus_theirs_before"), self.who.customer.id, now)
        await unit.search.begin_index(things.search_index(self.world))
        await unit.search.fill(1, {self.who.customer.id: b"theirs"})
        await unit.account.ask_deletion(self.deletion)
        await unit.account.told_inactive(InactivityNotice(self.who.customer.id, self.world.clock.now()))
        await unit.factors.decline(self.who.customer.id, self.world.clock.now())

    async def _of_the_stream(self, unit) -> None:
        now = self.world.clock.now()
        document = DestinationDocument(name="theirs", kind="file")
        self.destination = Destination("dst_theirs", document, now, now)
        self.rotation = Rotation("rot_theirs", RotationKind.CUSTOMERS, now, 9)
        await unit.audit_destinations.add(self.destination)
        await unit.audit_destinations.advance(self.destination.id, "seg_theirs", 9)
        await unit.audit_destinations.bury(self.destination.id, DeadLetter("seg_theirs", 9, now, "status_400"))
        await unit.rotations.begin(self.rotation)

    async def rows(self) -> dict[str, list]:
        """All that B has, as stored."""
        found = {}
        async with self.world.storage.database.read(self.world.b) as unit:
            for name, table in TENANT_TABLES.items():
                mine = select(table).where(table.c.tenant_id == self.world.b).order_by(*table.primary_key.columns)
                found[name] = list((await unit.connection.execute(mine)).all())
        return found


@pytest.fixture
async def theirs(database) -> Theirs:
    made = Theirs(database)
    await made.fill()
    return made


async def customers(unit, theirs, _now):
    them = theirs.who.customer
    assert await unit.customers.get(them.id) is None
    assert await unit.customers.find_by_subject(them.subject) is None
    assert await unit.customers.list(after="", limit=9) == []
    assert not await unit.customers.update(replace(them, sealed_profile=b"mine"), 1)
    assert not await unit.customers.delete(them.id)


async def contact_index(unit, theirs, _now):
    async with theirs.world.read(theirs.world.b) as their_unit:
        rows = await their_unit.connection.execute(select(schema.customers.contact_index))
        [blind] = [row.blind for row in rows if row.tenant_id == theirs.world.b]
    assert await unit.customers.find_by_contact("email", blind) is None
    assert await unit.customers.find_with_password("email", blind) == (None, None)
    own = things.customer(theirs.world)
    assert await unit.customers.add(own, replace(things.contact(own), blind=blind))  # the same address is free here
    assert await unit.customers.find_by_contact("email", blind) == own


async def passwords(unit, theirs, now):
    them = theirs.who.customer.id
    assert await unit.passwords.get(them) is None
    assert await unit.passwords.count_failure(them, is_known=False) == 0
    assert await unit.passwords.count_failure(them, is_known=True) == 0
    assert not await unit.passwords.replace_hash(them, b"sealed", b"mine")
    await unit.passwords.disable(them, now)
    await unit.passwords.clear_failures(them)
    await unit.passwords.enable(them)


async def password_history(unit, theirs, _now):
    assert await unit.passwords.earlier(theirs.who.customer.id) == []


async def recovery_requests(unit, theirs, now):
    them, request = theirs.who.customer.id, theirs.recovery
    assert await unit.recoveries.open_of(them) is None
    assert await unit.recoveries.of_customer(them) == []
    assert await unit.recoveries.due(request.due_at, 10) == []
    assert not await unit.recoveries.advance(request.told(now, 1), request)


async def account_links(unit, theirs, now):
    assert await unit.links.find(theirs.link.link_hash) is None
    assert not await unit.links.use(theirs.link.link_hash, now)
    await unit.links.void_since(theirs.who.customer.id, 0, now)


async def trusted_devices(unit, theirs, now):
    them = theirs.who.customer.id
    assert await unit.standings.find(them, theirs.who.browser.id, None, now) is None
    assert await unit.devices.of_customer(them, now) == []
    await unit.devices.used(theirs.device.id, now + 5)
    assert not await unit.devices.forget(them, theirs.device.id)
    assert await unit.devices.forget_all(them) == 0


async def profiles(unit, theirs, _now):
    assert await unit.profiles.progress(theirs.who.customer.id) == Progress()


async def factors(unit, theirs, now):
    them = theirs.who.customer.id
    assert await unit.factors.of_customer(them) == []
    assert not await unit.factors.accept_step(theirs.app.id, 9, now)
    assert not await unit.factors.spend_code(them, theirs.recovery_code.digest, now)
    assert not await unit.factors.remove_app(them, theirs.app.id)
    assert not await unit.factors.remove_key(them, theirs.app.id)
    assert await unit.factors.remove_since(them, 0) == 0
    await unit.factors.replace_codes(them, ())


async def passkey_offers(unit, theirs, _now):
    assert await unit.factors.declined_at(theirs.who.customer.id) == 0


async def deletion_requests(unit, theirs, now):
    assert await unit.account.deletion(theirs.who.customer.id) is None
    assert await unit.account.deletion_by_link(theirs.deletion.link_hash) is None
    assert await unit.account.deletions_due(theirs.deletion.due_at, 9) == []
    assert not await unit.account.drop_deletion(theirs.deletion)
    assert await unit.account.parties(theirs.who.customer.id) == []
    assert await unit.account.families(theirs.who.customer.id, now) == []


async def inactivity_notices(unit, theirs, now):
    them = theirs.who.customer.id
    assert await unit.account.inactive_since(now, 9) == []
    assert await unit.account.idle(Idle(1 << 30, 1 << 62), after="", limit=9) == []
    assert not await unit.account.forget_inactive(InactivityNotice(them, now))
    assert not await unit.account.keep_from_inactivity(them)
    await unit.customers.seen(them, 1)


async def standing(unit, theirs, now):
    assert await unit.consents.expired(1 << 62, 9) == []
    assert await unit.consents.outdated(theirs.standing.decision.purpose, 1 << 30, 9) == []
    assert not await unit.consents.settle(theirs.standing)


async def administrators(unit, theirs, _now):
    assert not await unit.administrators.any()
    assert await unit.administrators.role(theirs.who.customer.id) is None
    assert not await unit.administrators.dismiss(theirs.who.customer.id)


async def resource_servers(unit, theirs, _now):
    await _catalogue(unit.resource_servers, theirs.resource_server)


async def detail_types(unit, theirs, _now):
    await _catalogue(unit.detail_types, theirs.detail_type)


async def _catalogue(store, entry):
    assert await store.get(entry.id) is None
    assert await store.find(entry.document.label) is None
    assert await store.list(after="", limit=9) == []
    assert not await store.update(entry, entry.version)
    assert not await store.delete(entry.id)


async def clients(unit, theirs, _now):
    them = theirs.who.client
    assert await unit.clients.get(them.client_id) is None
    assert await unit.clients.by_key(them.key) is None
    assert await unit.clients.list(after="", limit=9) == []
    assert not await unit.clients.uses_algorithm("ES256")
    assert await unit.clients.without_pkce(limit=9) == []
    assert await unit.clients.count_dynamic() == 0
    assert await unit.clients.unused(10**18, limit=9) == []
    assert not await unit.clients.update(them, 1)
    assert not await unit.clients.delete(them.key)


async def signing_keys(unit, theirs, _now):
    assert await unit.signing_keys.list_keys() == []
    assert not await unit.signing_keys.update_key(theirs.key.kid, KeyState.PENDING, theirs.key)


async def browsers(unit, theirs, _now):
    at = theirs.who.browser
    assert await unit.sessions.browser(at.id) is None
    mine = msgspec.structs.replace(at, secret_hash=b"mine")  # one of the same name, and mine
    assert await unit.sessions.keep_browser(mine, at.secret_hash)


async def sessions(unit, theirs, now):
    them = theirs.who.session
    assert await unit.sessions.get(them.id) is None
    assert await unit.sessions.find_sid(them.sid) is None
    assert await unit.sessions.at_browser(them.browser_id) == []
    assert await unit.sessions.owners_at(them.browser_id) == frozenset()
    assert not await unit.sessions.renew(them)
    assert not await unit.sessions.end(them.id, now)
    assert await unit.sessions.end_all(them.customer_id, now) == 0


async def journeys(unit, theirs, _now):
    them = theirs.journey
    assert await unit.journeys.get(them.id) is None
    assert await unit.journeys.find_link(things.digest("their link")) is None
    assert not await unit.journeys.advance(msgspec.structs.replace(them, version=2), 1)


async def grants(unit, theirs, now):
    them = theirs.who.grant
    assert await unit.grants.find(them.customer_id, them.client) is None
    assert await unit.grants.of_customer(them.customer_id) == []
    assert not await unit.grants.end(them.id, now)


async def codes(unit, theirs, _now):
    del unit
    answer = await theirs.world.hot.redeem_code(things.redemption(theirs.world, theirs.code))
    assert answer.outcome.value == "unknown"


async def families(unit, theirs, now):
    del unit
    hot, them = theirs.world.hot, theirs.family_id
    assert (await hot.rotate(things.rotation(theirs.world, them, theirs.who))).outcome.value == "unknown"
    assert not await hot.revoke_family(them, theirs.who.client.key, AuditEntry("token.revoked"))
    assert await hot.family(them) is None
    assert await hot.is_revoked("jti", them, "", now)  # unknown here, and so never good
    assert await hot.customer(theirs.who.customer.subject) is None


async def pushed_requests(unit, theirs, now):
    them = theirs.pushed.reference
    assert await unit.pushed.get(them) is None
    assert not await unit.pushed.hold(them, theirs.who.browser.id, now, now + 1)
    assert not await unit.pushed.use(them, now)


async def waiting_requests(unit, theirs, now):
    them = theirs.waiting
    assert await unit.waiting.get(them.id) is None
    assert await unit.waiting.find_user_code(them.user_hash) is None
    assert await unit.waiting.of_customer(theirs.who.customer.id, now) == []
    assert not await unit.waiting.answer(them.id, WaitingState.APPROVED, now)
    assert not await unit.waiting.claim(them, b"mine", now)
    assert await theirs.world.hot.poll(them.code_hash, now) is None


async def revoked_tokens(unit, theirs, now):
    del unit
    assert not await theirs.world.hot.is_revoked("theirs", "", "", now)
    assert (await theirs.world.hot.revocations(0)).tokens == frozenset()


async def consent_ledger(unit, theirs, _now):
    assert await unit.consents.history(theirs.who.customer.id) == []
    assert await unit.consents.latest(theirs.who.customer.id) == []
    assert await unit.consents.get(theirs.consent.id) is None


async def consent_chain(unit, theirs, _now):
    chain = unit.consent_chain
    assert await chain.waiting(9) == []
    assert await chain.head() == Head()
    assert await chain.place_of(theirs.consent.id) is None
    assert await chain.leaves(0, 9) == []
    assert await chain.tiles(1, 0, 9) == []
    assert await chain.last_checkpoint() is None
    assert await chain.checkpoint_over(0) is None
    assert await chain.checkpoints(0, 9) == []
    assert await chain.placed_records(0, 9) == []
    assert await chain.count() == 0


async def purposes(unit, theirs, now):
    assert await unit.purposes.all() == []
    assert await unit.purposes.get(theirs.purpose.id) is None
    assert await unit.purposes.versions(theirs.purpose.id) == []
    assert await unit.purposes.version(theirs.purpose.id, 1) is None
    assert not await unit.purposes.publish(theirs.purpose.succeeded(theirs.purpose.terms, now), 1)
    assert not await unit.purposes.retire(theirs.purpose.id, now)


async def audit(unit, theirs, _now):
    assert await unit.audit_log.for_subject(theirs.who.customer.id, limit=9) == []
    assert await unit.audit_log.search(Sought(subject=theirs.who.customer.id), limit=9) == Stretch([], None)
    for head in theirs.heads:
        assert await unit.audit_log.segment(head.segment_id) == []
    assert not {head.segment_id for head in theirs.heads} & {head.segment_id for head in await unit.audit_log.heads()}
    assert await unit.audit_log.last_checkpoint() is None
    assert await unit.audit_log.last_pruning() is None
    assert await unit.audit_log.prunings(0, 9) == []
    assert await unit.audit_log.older(10**18) == []
    assert await unit.audit_log.floor(10**18) == Floor()


async def schemas(unit, theirs, now):
    assert await unit.profiles.schema_version() is None
    assert list(await unit.profiles.schema_versions()) == []
    assert not await unit.profiles.walked(SchemaVersion(1, b"mine", {}, now), walked_to="")
    assert (list(await unit.profiles.faults(after="", limit=9)), await unit.profiles.faulty()) == ([], 0)
    await unit.profiles.forget_faults(after="", until="z")


async def merges(unit, theirs, now):
    assert await unit.merges.merged_into(CustomerId("cus_theirs_before")) is None
    await unit.merges.hold_addresses(theirs.who.customer.id, theirs.who.customer.id, now)


async def search(unit, theirs, now):
    assert list(await unit.search.indexes()) == []
    assert list(await unit.customers.found(Span(1, b"", b"\xff"), 9)) == []
    assert list(await unit.customers.filtered(Filter(), after=(0, ""), limit=9)) == []
    assert await unit.search.customers() == 0
    assert await unit.search.versions(after="", until="z") == {}
    assert await unit.search.empty(1, after="", limit=9) == ""
    assert not await unit.search.change_index(things.search_index(theirs.world, since=now), walked_to="")
    await unit.search.drop_index(1)


async def audit_destinations(unit, theirs, now):
    them, store = theirs.destination, unit.audit_destinations
    assert await store.get(them.id) is None
    assert await store.find(them.document.label) is None
    assert await store.list(after="", limit=9) == []
    assert await store.cursors(them.id) == {}
    assert await store.dead(them.id, limit=9) == []
    assert await store.records(theirs.heads[0].segment_id, 0, 9) == []
    assert not await store.update(replace(them, version=2), 1)
    await store.fared(replace(them, failures=9))
    await store.advance(them.id, "seg_theirs", 99)
    await store.bury(them.id, DeadLetter("seg_mine", 1, now, "status_400"))
    assert not await store.delete(them.id)


async def key_rotations(unit, theirs, now):
    assert await unit.rotations.running() == []
    assert await unit.rotations.list(9) == []
    assert not await unit.rotations.advance(theirs.rotation, theirs.rotation.finished(now))


async def replays(unit, _theirs, now):
    assert await unit.replays.first_use("jti", "theirs", now + 1)


async def idempotency(unit, _theirs, now):
    digest = things.digest("theirs")
    assert await unit.idempotency.find(digest, now) is None
    await unit.idempotency.answer(digest, 200, b"mine")
    await unit.idempotency.release(digest)
    assert await unit.idempotency.claim(digest, b"mine", now, now + 1)


async def imports(unit, theirs, now):
    them = theirs.imported
    assert await unit.imports.get(them.id) is None
    assert await unit.imports.list(after="", limit=9) == []
    assert await unit.imports.unfinished(them.digest) is None
    assert not await unit.imports.advance(them.finished(now), 0)
    assert await unit.imports.refusals(them.id, after=(0, ""), limit=9) == []
    async with theirs.world.read(theirs.world.b) as their_unit:
        rows = await their_unit.connection.execute(select(schema.customers.contact_index))
        blinds = [row.blind for row in rows if row.tenant_id == theirs.world.b]
    assert await unit.imports.owners("email", blinds) == {}


async def setup_links(unit, _theirs, now):
    link = things.digest("their link")
    assert not await unit.setup_links.peek(link, "first-administrator", now)
    assert not await unit.setup_links.use(link, "first-administrator", now)


async def tolls(unit, _theirs, now):
    assert await unit.tolls.used(TOLL, now) == 0
    assert await unit.tolls.take(TOLL, now)  # a count of its own: the limit is one


async def attacks(unit, theirs, now):
    assert await unit.attacks.open() == []
    assert await unit.attacks.latest(9) == []
    await unit.attacks.goes_on(replace(theirs.attack, seen_at=now + 1))
    await unit.attacks.count(theirs.attack.id, Tries(1, 1, 1, 1), ())
    assert not await unit.attacks.end(theirs.attack.over(now))


async def risk_histories(unit, theirs, _now):
    assert await unit.risk.history(theirs.who.customer.id) == b""


async def risk_counters(unit, _theirs, now):
    assert await unit.risk.counted([RISK_KEY]) == {}
    await unit.risk.count([Count(RISK_KEY, CROWD)], now + 10**12)
    assert await unit.risk.counted([RISK_KEY]) == {RISK_KEY: 1}


async def initial_tokens(unit, theirs, now):
    assert await unit.initial_tokens.list(after="", limit=9) == []
    assert await unit.initial_tokens.find("theirs", now) is None
    assert not await unit.initial_tokens.use("theirs", now)
    assert not await unit.initial_tokens.delete(theirs.initial_token.id)


async def swept(_unit, theirs, _now):
    """Nothing but what sweeping A could reach: no verb of a tenant's stores reads these tables."""


async def privacy_requests(unit, theirs, now):
    them = theirs.privacy_request
    assert await unit.privacy_requests.get(them.id) is None
    assert await unit.privacy_requests.open_of(them.customer_id, them.kind) is None
    assert await unit.privacy_requests.of_customer(them.customer_id) == []
    assert await unit.privacy_requests.board(is_open=True, after=(0, ""), limit=9) == []
    assert await unit.privacy_requests.due(them.due_at, 9) == []
    assert await unit.privacy_requests.overdue(them.due_at) == 0
    assert not await unit.privacy_requests.update(them.warned(now), them.version)


async def archives(unit, theirs, now):
    them = theirs.archive
    assert await unit.archives.find(them.customer_id, now) is None
    assert await unit.archives.content(them.customer_id, now) is None
    assert not await unit.archives.finish(replace(them, ready_at=now))


async def preferences(unit, theirs, _now):
    assert await unit.preferences.get(theirs.who.customer.id) is None


async def processing_limits(unit, theirs, _now):
    them = theirs.who.customer.id
    assert await unit.processing_limits.of_customer(them) == []
    assert await unit.processing_limits.kinds(them) == frozenset()
    assert not await unit.processing_limits.lift(them, rights.LimitKind.HOLD)


PROBES = {
    "archives": archives,
    "preferences": preferences,
    "privacy_requests": privacy_requests,
    "processing_limits": processing_limits,
    "customers": customers,
    "contact_index": contact_index,
    "passwords": passwords,
    "password_history": password_history,
    "recovery_requests": recovery_requests,
    "account_links": account_links,
    "trusted_devices": trusted_devices,
    "factors": factors,
    "passkey_offers": passkey_offers,
    "deletion_requests": deletion_requests,
    "inactivity_notices": inactivity_notices,
    "standing_consents": standing,
    "profile_progress": profiles,
    "profile_schemas": schemas,
    "profile_faults": schemas,
    "merged_customers": merges,
    "search_indexes": search,
    "search_tokens": search,
    "administrators": administrators,
    "clients": clients,
    "resource_servers": resource_servers,
    "detail_types": detail_types,
    "signing_keys": signing_keys,
    "tolls": tolls,
    "attacks": attacks,
    "risk_histories": risk_histories,
    "risk_counters": risk_counters,
    "initial_tokens": initial_tokens,
    "browsers": browsers,
    "sessions": sessions,
    "journeys": journeys,
    "grants": grants,
    "codes": codes,
    "families": families,
    "pushed_requests": pushed_requests,
    "waiting_requests": waiting_requests,
    "revoked_tokens": revoked_tokens,
    "purposes": purposes,
    "purpose_versions": purposes,
    "consent_ledger": consent_ledger,
    "consent_chain": consent_chain,
    "consent_tiles": consent_chain,
    "consent_checkpoints": consent_chain,
    "audit_segments": audit,
    "audit_records": audit,
    "audit_checkpoints": audit,
    "audit_prunings": audit,
    "audit_destinations": audit_destinations,
    "audit_cursors": audit_destinations,
    "audit_dead_letters": audit_destinations,
    "key_rotations": key_rotations,
    "replays": replays,
    "idempotency": idempotency,
    "imports": imports,
    "import_refusals": imports,
    "setup_links": setup_links,
    "outbox": swept,
    "changes": swept,
}


async def test_every_tenant_table_has_a_probe_and_a_row_of_the_other_tenant(theirs):
    assert set(PROBES) == set(TENANT_TABLES)
    assert [name for name, rows in (await theirs.rows()).items() if not rows] == []


@pytest.mark.parametrize("table", PROBES)
async def test_a_store_of_one_tenant_neither_reads_nor_writes_anothers(database, theirs, table):
    before = await theirs.rows()
    if table in {"codes", "families", "revoked_tokens"}:  # on SQLite a hot step would wait for the unit's gate
        await PROBES[table](None, theirs, database.clock.now())
    else:
        async with database.begin(database.a) as unit:
            await PROBES[table](unit, theirs, database.clock.now())
    database.clock.advance(10 * 365 * 86_400)
    await Sweeper(database.storage.database, database.clock).sweep(database.a)
    assert await theirs.rows() == before


# -- PostgreSQL: the check beneath the stores ----------------------------------------------------------------------


@on_postgres
@pytest.mark.parametrize("role", [APP_ROLE, READER_ROLE])
async def test_unscoped_sql_sees_one_tenant_or_none(database, theirs, role):
    await database.hot.record(AuditEntry("ours.done"))
    ours = await connect(database.url, role, database.a)
    unset = await connect(database.url, role)
    for name in TENANT_TABLES:
        seen = {row["tenant_id"] for row in await ours.fetch(f"SELECT tenant_id FROM {name}")}
        assert seen <= {database.a}, name
        assert await unset.fetchval(f"SELECT count(*) FROM {name}") == 0, name
    for connection in (ours, unset):
        await connection.close()


@on_postgres
async def test_unscoped_sql_changes_no_row_of_another_tenant(database, theirs):
    before = await theirs.rows()
    ours = await connect(database.url, APP_ROLE, database.a)
    for name, table in TENANT_TABLES.items():
        if name in LEDGERS:
            continue
        column = next(iter(table.primary_key.columns)).name
        assert await ours.execute(f"UPDATE {name} SET {column} = {column}") in {"UPDATE 0", "UPDATE 1"}, name
        await ours.execute(f"DELETE FROM {name} WHERE tenant_id = $1", database.b)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await ours.execute(f"INSERT INTO {name} SELECT (r).* FROM (SELECT $1::{name} AS r) AS x", before[name][0])
    await ours.close()
    assert await theirs.rows() == before


@on_postgres
async def test_a_connection_that_reads_sees_the_tenant_that_it_was_lent_for_and_writes_nothing(database, theirs):
    async def seen(tenant_id) -> set[str]:
        async with database.read(tenant_id) as unit:
            return {
                row.tenant_id for row in await unit.connection.execute(select(TENANT_TABLES["customers"].c.tenant_id))
            }

    for tenant_id, expected in ((database.b, {database.b}), (database.a, set()), (database.b, {database.b})):
        assert await seen(tenant_id) == expected
    async with database.begin(database.a):  # over the same connection, for as long as it lasts
        pass
    assert await seen(database.b) == {database.b}
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with database.read(database.b) as unit:
            await unit.connection.execute(TENANT_TABLES["customers"].delete())


@on_postgres
async def test_a_connection_that_could_not_be_confined_is_confined_when_it_is_lent_next(database, theirs, monkeypatch):
    async with database.read(database.b):
        pass
    with monkeypatch.context() as patch:
        patch.setattr(postgres, "_confined", lambda *_, **__: "no statement")
        with pytest.raises(asyncpg.PostgresSyntaxError):
            await database.read(database.a).__aenter__()
    async with database.read(database.b) as unit:
        rows = await unit.connection.execute(text("SELECT current_setting('limen.tenant', true) AS whose"))
        assert [row.whose for row in rows] == [database.b]


@on_postgres
async def test_row_level_security_binds_even_the_owner_on_every_tenant_table(database):
    owner = await connect(database.url)
    rows = await owner.fetch(
        "SELECT relname, relrowsecurity AND relforcerowsecurity AS forced FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    )
    assert {row["relname"] for row in rows if row["forced"]} == set(TENANT_TABLES)
    owners = ("limen_hot", "limen_pruner")
    for name in owners:
        role = await owner.fetchrow("SELECT rolcanlogin, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = $1", name)
        assert tuple(role) == (False, False, False)
    assert {
        row["owner"]
        for row in await owner.fetch(
            "SELECT proowner::regrole::text AS owner FROM pg_proc"
            " WHERE pronamespace = 'public'::regnamespace AND prosecdef"
        )
    } == {*owners}
    await owner.close()


@on_postgres
async def test_the_hot_functions_stay_under_the_row_filter_with_their_own_check_removed(database, theirs):
    """Each function's WHERE names its tenant; here that clause is taken out, and the rows still refuse."""
    owner = await connect(database.url)
    source = await owner.fetchval("SELECT pg_get_functiondef('limen_family'::regproc)")
    loose = source.replace("f.tenant_id = p_tenant AND", "")
    assert loose != source
    await owner.execute("GRANT CREATE ON SCHEMA public TO limen_hot")
    await owner.execute("SET ROLE limen_hot")
    await owner.execute(loose)
    await owner.execute("RESET ROLE")
    token = await connect(database.url, TOKEN_ROLE)
    ask = "SELECT scopes FROM limen_family($1, $2)"
    assert await token.fetchval(ask, database.a, theirs.family_id) is None
    assert await token.fetchval(ask, database.b, theirs.family_id) == "openid offline_access"
    assert await token.fetchval("SELECT current_setting('limen.tenant', true)") in {"", None}
    for connection in (owner, token):
        await connection.close()


@on_postgres
async def test_a_token_finds_nobody_elses_customer_whatever_tenant_is_named(database, theirs):
    """The function reads every tenant's tokens; whom they belong to, the rows of customers show to their own alone."""
    ask = "SELECT id FROM limen_found($1, 1::smallint, ''::bytea, '', '\\xff'::bytea, 9)"
    ours, their = await connect(database.url, APP_ROLE, database.a), await connect(database.url, APP_ROLE, database.b)
    assert [await ours.fetch(ask, tenant) for tenant in (database.a, database.b)] == [[], []]
    assert [row["id"] for row in await their.fetch(ask, database.b)] == [theirs.who.customer.id]
    assert await their.fetch(ask, database.a) == []
    for connection in (ours, their):
        await connection.close()


@on_postgres
async def test_a_stores_condition_removed_still_shows_nothing_of_another_tenant(database, theirs):
    async with database.begin(database.a) as unit:
        for table in TENANT_TABLES.values():
            rows = (await unit.connection.execute(select(table.c.tenant_id))).scalars()
            assert set(rows) <= {database.a}, table.name
        assert (await unit.connection.execute(text("DELETE FROM customers"))).rowcount == 0
