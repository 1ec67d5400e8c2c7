"""A changed profile schema reaches every customer, on both databases; what does not fit is kept and listed."""

import msgspec
import pytest

from limen.identity.consents.lapsed import Lapsed
from limen.identity.consents.purposes import Channel, Kind, Purpose, Terms, Text, Version
from limen.identity.consents.records import ConsentDecision, Decision
from limen.identity.customers.directory import Directory, seal
from limen.identity.customers.records import Address, Profile
from limen.identity.customers.schema_changes import SchemaChanges
from limen.identity.keyring import FileKeyring, Keyring, KeyringSettings
from limen.identity.profiles.records import ClaimAnnotation, ProfileSettings
from limen.identity.rights import records as rights
from limen.kernel.ids import PurposeId, RecordId

pytestmark = pytest.mark.anyio
FIRST = {"shoes": {"type": "string"}, "note": {"type": "string", "limen": {"retention_days": 30}}}
SECOND = {"size": {"type": "integer", "limen": {"was": ["shoes"]}}, "note": FIRST["note"]}


@pytest.fixture
async def directory(database, tmp_path) -> Directory:
    file = FileKeyring.ensure(KeyringSettings(tmp_path / "keyring"), database.clock, database.entropy)
    keyring = Keyring(database.storage.keystore, file, file, database.clock, database.entropy)
    await keyring.create_tenant(database.a)
    return Directory(database.a, keyring, database.clock, database.entropy)


@pytest.fixture
def changes(database, directory):
    def under(attributes, **claims) -> SchemaChanges:
        settings = ProfileSettings(attributes=attributes, claims=claims)
        lapsed = Lapsed(database.a, database.read, database.clock)
        return SchemaChanges(database.a, database.begin, database.read, directory, database.clock, settings, lapsed)

    return under


async def add(database, directory, name: str, **attributes) -> str:
    made = Profile(email=f"{name}@example.org", name=name, attributes=attributes)
    customer, vault = await directory.prepare(made)
    async with database.begin() as unit:
        assert await directory.add(unit, customer, vault)
    return customer.id


async def attributes_of(database, directory, customer_id: str) -> dict:
    async with database.read() as unit:
        sealed = await unit.customers.get(customer_id)
    return (await directory.open(sealed)).profile.attributes


async def test_customers_are_brought_up_page_by_page_and_what_does_not_fit_is_listed(
    database, directory, changes, monkeypatch
):
    monkeypatch.setattr("limen.identity.customers.schema_changes.PAGE", 2)
    ids = [await add(database, directory, f"p{n}", shoes=str(40 + n)) for n in range(4)]
    odd = await add(database, directory, "odd", shoes="large")
    await changes(FIRST).walk(9)
    await changes(SECOND).walk(1)
    [second, first] = await changes(SECOND).versions()
    assert (first.number, first.walked, first.done_at is not None) == (1, 5, True)
    assert (second.number, second.walked, second.done_at) == (2, 2, None)
    await changes(SECOND).walk(9)
    assert [await attributes_of(database, directory, one) for one in ids] == [{"size": 40 + n} for n in range(4)]
    assert await attributes_of(database, directory, odd) == {"size": "large"}
    [fault], count = await changes(SECOND).faults(after="", limit=9)
    assert (fault.customer_id, fault.attribute, fault.code, fault.number, count) == (
        odd,
        "size",
        "attribute.invalid",
        2,
        1,
    )
    assert await changes(SECOND).follow() is None
    events = await database.events()
    assert (events.count("profile_schema.changed"), events.count("customer.updated")) == (2, 5)

    await changes({}).walk(9)  # nobody knows the attribute any more, and nothing is lost
    faults, count = await changes({}).faults(after="", limit=9)
    assert ({fault.code for fault in faults}, count) == ({"attribute.unknown"}, 5)
    assert await attributes_of(database, directory, odd) == {"size": "large"}
    async with database.begin() as unit:
        await unit.customers.delete(odd)
    assert (await changes({}).faults(after="", limit=9))[1] == 4


async def test_a_customer_who_changes_while_they_are_looked_at_keeps_the_change(
    database, directory, changes, monkeypatch
):
    customer_id = await add(database, directory, "ann", shoes="42")
    look, changed = SchemaChanges._look, []

    async def slowly(self, sealed):
        found = await look(self, sealed)
        if not changed:
            changed.append(True)
            async with database.begin() as unit:
                customer = await directory.open(await unit.customers.get(customer_id))
                profile = Profile(email=customer.profile.email, name="Anna", attributes={"shoes": "43"})
                vault = await directory.vault_of(customer_id)
                newer = customer.with_profile(profile, database.clock.now())
                assert await unit.customers.update(seal(newer, vault), customer.version)
        return found

    monkeypatch.setattr(SchemaChanges, "_look", slowly)
    await changes(SECOND).walk(9)
    assert await attributes_of(database, directory, customer_id) == {"size": 43}


async def test_a_value_goes_when_its_days_are_over(database, directory, changes):
    customer_id = await add(database, directory, "ann", note="likes red", shoes="42")
    await changes(FIRST).walk(9)
    database.clock.advance(29 * 86_400)
    await changes(FIRST).walk(9)
    assert await attributes_of(database, directory, customer_id) == {"note": "likes red", "shoes": "42"}
    database.clock.advance(86_400)
    async with database.begin() as unit:
        limit = rights.Limit(customer_id, rights.LimitKind.HOLD, 1, "admin:a", b"sealed")
        await unit.processing_limits.put(limit)
    await changes(FIRST).walk(9)
    assert "note" in await attributes_of(database, directory, customer_id)  # under a legal hold nothing goes
    async with database.begin() as unit:
        assert await unit.processing_limits.lift(customer_id, rights.LimitKind.HOLD)
    database.clock.advance(86_400)
    await changes(FIRST).walk(9)
    assert await attributes_of(database, directory, customer_id) == {"shoes": "42"}
    assert "customer.minimised" in await database.events()


async def test_a_standard_claim_goes_as_an_attribute_does(database, directory, changes):
    home = Address(formatted="1 High Street")
    made = Profile(email="ann@example.org", name="Ann", birthdate="1990-05-01", nickname="Annie", address=home)
    customer, vault = await directory.prepare(made)
    early = msgspec.structs.replace(customer.profile, since={})  # as it was stored before claims had a time
    async with database.begin() as unit:
        assert await directory.add(unit, msgspec.structs.replace(customer, profile=early), vault)
        assert await unit.purposes.add(newsletter(database))
    said = {"birthdate": ClaimAnnotation(retention_days=30), "address": ClaimAnnotation(while_allowed="newsletter")}

    async def held() -> Profile:
        async with database.read() as unit:
            return (await directory.open(await unit.customers.get(customer.id))).profile

    await changes({}, **said).walk(9)
    assert (await held()).said == {"birthdate": "1990-05-01", "nickname": "Annie", "address": home}
    async with database.begin() as unit:
        refused = decided(customer.id, Decision.WITHDRAWN, 0)
        await unit.consents.append(RecordId.new(database.clock, database.entropy), refused, database.clock.now())
    database.clock.advance(30 * 86_400)
    await changes({}, **said).walk(9)
    kept = await held()
    assert (kept.said, kept.name, kept.since.keys()) == ({"nickname": "Annie"}, "Ann", {"nickname"})
    assert "customer.minimised" in await database.events()
    assert await changes({}, **said).follow() is None


async def test_a_value_goes_with_the_purpose_that_it_was_kept_for(database, directory, changes):
    schema = {"size": {"type": "string", "limen": {"while_allowed": "newsletter"}}, "shoes": {"type": "string"}}
    people = {name: await add(database, directory, name, size="42", shoes="red") for name in DECISIONS}
    async with database.begin() as unit:
        assert await unit.purposes.add(newsletter(database))
    for name, decisions in DECISIONS.items():
        for decision, until in decisions:
            async with database.begin() as unit:
                now = database.clock.now()
                made = decided(people[name], decision, now + until * 1_000_000 if until else 0)
                await unit.consents.append(RecordId.new(database.clock, database.entropy), made, now)
    await changes(schema).walk(9)
    held = {name: await attributes_of(database, directory, one) for name, one in people.items()}
    kept = {name for name, values in held.items() if values == {"size": "42", "shoes": "red"}}
    assert kept == {"given", "never", "expires"}
    assert all(held[name] == {"shoes": "red"} for name in DECISIONS.keys() - kept)
    database.clock.advance(86_400)
    await changes(schema).walk(9)
    assert await attributes_of(database, directory, people["expires"]) == {"shoes": "red"}
    assert await attributes_of(database, directory, people["given"]) == {"size": "42", "shoes": "red"}
    async with database.begin() as unit:
        [purpose] = await unit.purposes.all()
        assert await unit.purposes.retire(purpose.id, database.clock.now())
    database.clock.advance(86_400)
    await changes(schema).walk(9)
    assert await attributes_of(database, directory, people["given"]) == {"shoes": "red"}


DECISIONS = {
    "given": [("given", 0)],
    "never": [],
    "expires": [("given", 3_600)],
    "refused": [("refused", 0)],
    "withdrawn": [("given", 0), ("withdrawn", 0)],
}


def decided(customer_id, decision: str, until: int) -> ConsentDecision:
    made = Decision(decision)
    return ConsentDecision(customer_id, "newsletter", "", (), made, bytes(32), "en", version=1, expires_at=until)


def newsletter(database) -> Purpose:
    terms = Terms(texts={"en": Text("News", "We write to you.")})
    now = database.clock.now()
    name = PurposeId.new(database.clock, database.entropy)
    return Purpose(name, "newsletter", Kind.DATA_USE, Channel.NONE, "", Version(1, terms, now), 1, now)
