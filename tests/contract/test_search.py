"""Search indexes on both databases: written with the profile, walked for those before it, removed with the customer."""

import asyncio
import dataclasses
import sqlite3

import pytest
from sqlalchemy import func, select

from limen.access.imports.records import Batch
from limen.identity.administrators import SYSTEM
from limen.identity.customers.directory import Directory, seal
from limen.identity.customers.find import Asked, Finding, Page, Searched
from limen.identity.customers.indexing import PAGE, SETTLE, Indexing
from limen.identity.customers.records import CustomerState, Filter, Profile
from limen.identity.keyring import FileKeyring, Keyring, KeyringSettings
from limen.identity.search.records import IndexState, Match
from limen.kernel.clock import HOUR, MINUTE
from limen.kernel.errors import Conflict, Invalid
from limen.storage import schema
from tests.contract.world import connect, file_of

pytestmark = pytest.mark.anyio
NAMES = ("Anna Berger", "Annabel Croft", "Anne Dorn", "Bert Berger", "Li")


@dataclasses.dataclass
class People:
    """Customers of tenant A, with keys of their own."""

    world: object
    keyring: Keyring
    directory: Directory

    async def add(self, name: str, **profile) -> str:
        made = Profile(email=f"{name.replace(' ', '.').lower()}@example.org", name=name, **profile)
        customer, vault = await self.directory.prepare(made)
        async with self.world.begin() as unit:
            assert await self.directory.add(unit, customer, vault)
        return customer.id

    async def rename(self, customer_id: str, name: str) -> None:
        async with self.world.begin() as unit:
            sealed = await unit.customers.get(customer_id)
            customer, vault = await self.directory.open(sealed), await self.directory.vault_of(customer_id)
            changed = customer.with_profile(Profile(email=customer.profile.email, name=name), self.world.clock.now())
            assert await unit.customers.update(seal(changed, vault), customer.version)

    def indexing(self, **wanted: Match) -> Indexing:
        world = self.world
        return Indexing(world.a, world.begin, world.read, self.directory, world.clock, wanted)

    async def build(self, **wanted: Match) -> None:
        """Begin what is wanted, and walk to the end."""
        await self.indexing(**wanted).follow()
        self.world.clock.advance(SETTLE / 1_000_000)
        while await self.indexing(**wanted).walk(100):
            pass

    async def asked(self, asked: Asked, limit: int = 50) -> Page:
        return await Finding(self.world.a, self.world.begin, self.world.read, self.directory).find(asked, SYSTEM, limit)

    async def find(self, text: str, match: Match = Match.PREFIX, field: str = "name", limit: int = 50) -> list[str]:
        page = await self.asked(Asked(Searched(field, text, match)), limit)
        return sorted(customer.profile.name for customer in page.customers)

    async def states(self) -> list[tuple[str, str, str]]:
        async with self.world.read() as unit:
            return [(one.field, one.match.value, one.state.value) for one in await unit.search.indexes()]

    async def tokens(self) -> int:
        async with self.world.read() as unit:
            mine = select(func.count()).select_from(schema.customers.search_tokens)
            return (await unit.connection.execute(mine)).scalar_one()


@pytest.fixture
async def people(database, tmp_path) -> People:
    file = FileKeyring.ensure(KeyringSettings(tmp_path / "keyring"), database.clock, database.entropy)
    keyring = Keyring(database.storage.keystore, file, file, database.clock, database.entropy)
    await keyring.create_tenant(database.a)
    return People(database, keyring, Directory(database.a, keyring, database.clock, database.entropy))


async def test_customers_who_come_in_together_are_found_as_those_who_come_one_by_one(people):
    await people.build(name=Match.PREFIX, family_name=Match.EXACT)
    await people.add("Anna Berger", family_name="Croft")
    batch = Batch(20)
    for number in range(20):
        name = f"Annabel {number}" if number != 7 else ""
        profile = Profile(email=f"u{number}@example.org", name=name, family_name="Croft")
        customer, vault = await people.directory.prepare(profile)
        batch.customers.append(seal(customer, vault))
        batch.contacts.append(await people.directory.contact(customer))
    async with people.world.begin() as unit:
        await unit.imports.bring_in(batch)
        assert await unit.imports.make_known(batch) == set()
    assert len(await people.find("Annabel")) == 19
    assert len(await people.find("anna")) == 20
    assert len(await people.find("Croft", Match.EXACT, "family_name")) == 21
    assert await people.tokens() == 20 + 21


async def test_those_before_the_index_and_those_after_it_are_found(people):
    for name in NAMES[:3]:
        await people.add(name)
    await people.indexing(name=Match.PREFIX).follow()
    await people.add(NAMES[3])
    assert isinstance(await people.asked(Asked(Searched("name", "ann", Match.PREFIX))), Conflict)
    await people.build(name=Match.PREFIX)
    await people.add(NAMES[4])
    assert await people.find("ANN") == ["Anna Berger", "Annabel Croft", "Anne Dorn"]
    assert await people.find("anna") == ["Anna Berger", "Annabel Croft"]  # four: three by token, one by decryption
    assert await people.find("annabel c") == ["Annabel Croft"]
    assert await people.find("annabel x") == []
    assert await people.find("bert berger", Match.EXACT) == ["Bert Berger"]
    assert await people.find("li", Match.EXACT) == ["Li"]
    assert await people.find("BERT.BERGER@example.org", Match.EXACT, "email") == ["Bert Berger"]


async def test_what_cannot_be_asked_is_refused(people):
    await people.build(name=Match.EXACT)
    for text, match, field in (("an", "prefix", "email"), ("ann", "prefix", "name"), ("x", "exact", "shoe_size")):
        assert isinstance(await people.asked(Asked(Searched(field, text, Match(match)))), Invalid)
    assert isinstance(await people.asked(Asked(Searched("name", " ", Match.EXACT))), Invalid)


async def test_a_changed_name_is_found_by_the_new_one_alone_and_an_erased_customer_by_none(people):
    await people.build(name=Match.PREFIX)
    customer_id = await people.add("Anna Berger")
    await people.rename(customer_id, "Zoe Berger")
    assert (await people.find("anna"), await people.find("zoe")) == ([], ["Zoe Berger"])
    await people.rename(customer_id, "")
    assert await people.tokens() == 0
    await people.rename(customer_id, "Zoe Berger")
    async with people.world.begin() as unit:
        await unit.customers.delete(customer_id)
    assert (await people.find("zoe"), await people.tokens()) == ([], 0)


async def test_pages_follow_one_another_whatever_is_made_and_erased_between(people):
    await people.build(name=Match.PREFIX)
    made = [await people.add(f"Anna {n:02}") for n in range(9)]
    first = await people.asked(Asked(Searched("name", "anna", Match.PREFIX)), 4)
    async with people.world.begin() as unit:
        await unit.customers.delete(first.customers[-1].id)  # the one that the cursor stands on
    await people.add("Anna, too late or not")
    finding, seen = Finding(people.world.a, people.world.begin, people.world.read, people.directory), [*first.customers]
    page = first
    while page.cursor:
        assert b"anna" not in page.cursor.encode().lower()
        page = await people.asked(await finding.resume(page.cursor), 4)
        seen += page.customers
    found = [customer.id for customer in seen]
    assert len(found) == len(set(found))
    assert set(made) <= set(found)
    assert isinstance(await finding.resume("AAAA"), Invalid)


async def test_a_query_that_few_meet_stops_and_goes_on(people, monkeypatch):
    monkeypatch.setattr("limen.identity.customers.find._MORE", (2,))
    await people.build(name=Match.PREFIX)
    for n in range(9):
        await people.add(f"Anna {n:02}")
    finding, names, pages = Finding(people.world.a, people.world.begin, people.world.read, people.directory), [], 0
    asked = Asked(Searched("name", "anna 07", Match.PREFIX))
    while asked is not None:
        page = await people.asked(asked, 1)
        names += [customer.profile.name for customer in page.customers]
        asked, pages = (await finding.resume(page.cursor) if page.cursor else None), pages + 1
    assert (names, pages) == (["Anna 07"], 3)


async def test_open_fields_narrow_a_search_and_a_list(people):
    await people.build(name=Match.PREFIX)
    clock = people.world.clock
    old, barred = await people.add("Anna Old"), await people.add("Anna Barred")
    clock.advance(3600)
    new = await people.add("Anna New")
    async with people.world.begin() as unit:
        customer = await people.directory.open(await unit.customers.get(barred))
        vault = await people.directory.vault_of(barred)
        await unit.customers.update(seal(customer.disabled(clock.now()), vault), 1)

    async def ids(wanted: Filter, word: Searched | None = None) -> set[str]:
        return {customer.id for customer in (await people.asked(Asked(word, wanted))).customers}

    word = Searched("name", "anna", Match.PREFIX)
    recent = Filter(created_from=clock.now() - MINUTE)
    for asked in (None, word):
        assert await ids(Filter(CustomerState.DISABLED), asked) == {barred}
        assert await ids(Filter(CustomerState.ACTIVE), asked) == {old, new}
        assert await ids(recent, asked) == {new}
        assert await ids(Filter(created_before=clock.now()), asked) == {old, barred}
    first = await people.asked(Asked(None, Filter(CustomerState.ACTIVE)), 1)
    finding = Finding(people.world.a, people.world.begin, people.world.read, people.directory)
    rest = await people.asked(await finding.resume(first.cursor), 1)
    assert [first.customers[0].id, rest.customers[0].id, rest.cursor] == [old, new, ""]


async def test_a_walk_that_was_stopped_goes_on_and_two_workers_do_no_harm(people, monkeypatch):
    monkeypatch.setattr("limen.identity.customers.indexing.PAGE", 2)
    for n in range(7):
        await people.add(f"Anna {n}")
    indexing = people.indexing(name=Match.PREFIX)
    await indexing.follow()
    assert await indexing.walk(9) == 7  # not yet: a transaction may be under way that knows nothing of it
    people.world.clock.advance(SETTLE / 1_000_000)
    assert await indexing.walk(1) == 5
    await asyncio.gather(indexing.walk(9), indexing.walk(9))
    await indexing.walk(9)
    assert await people.states() == [("name", "prefix", "ready")]
    assert len(await people.find("anna")) == 7
    assert PAGE > 2


async def test_a_profile_that_changes_while_it_is_walked_keeps_the_newer_token(people, monkeypatch):
    customer_id = await people.add("Anna Berger")
    indexing = people.indexing(name=Match.PREFIX)
    await indexing.follow()
    people.world.clock.advance(SETTLE / 1_000_000)
    token_of_page = Indexing._token

    async def slowly(self, index, sealed):
        token = await token_of_page(self, index, sealed)
        await people.rename(customer_id, "")  # between the reading of the page and its writing
        return token

    monkeypatch.setattr(Indexing, "_token", slowly)
    await indexing.walk(9)
    assert (await people.states(), await people.tokens()) == ([("name", "prefix", "ready")], 0)


async def test_an_unwanted_index_loses_its_tokens_and_a_wanted_one_is_kept_until_its_successor_is_whole(people):
    await people.add("Anna Berger")
    await people.build(name=Match.EXACT)
    await people.indexing(name=Match.PREFIX).follow()
    assert await people.find("anna berger", Match.EXACT) == ["Anna Berger"]
    assert await people.states() == [("name", "exact", "ready"), ("name", "prefix", "building")]
    await people.build(name=Match.PREFIX)
    assert await people.states() == [("name", "exact", "removing"), ("name", "prefix", "ready")]
    await people.build(name=Match.PREFIX)
    assert (await people.states(), await people.tokens()) == ([("name", "prefix", "ready")], 1)
    await people.indexing().follow()
    await people.build()
    assert (await people.states(), await people.tokens()) == ([], 0)


async def test_an_index_is_rebuilt_under_the_newest_key(people):
    await people.add("Anna Berger")
    await people.build(name=Match.PREFIX)
    assert await people.keyring.rotate_tenant(people.world.a) == 2
    people.world.clock.advance(HOUR / 1_000_000)
    indexing = people.indexing(name=Match.PREFIX)
    assert (await indexing.rebuild("name", SYSTEM)).key_version == 2
    assert isinstance(await indexing.rebuild("name", SYSTEM), Conflict)
    assert isinstance(await indexing.rebuild("email", SYSTEM), Invalid)
    assert await people.find("anna") == ["Anna Berger"]
    for _ in range(2):
        await people.build(name=Match.PREFIX)
    async with people.world.read() as unit:
        [index] = await unit.search.indexes()
    assert (index.key_version, index.state, await people.find("anna")) == (2, IndexState.READY, ["Anna Berger"])


async def test_the_raw_database_holds_nothing_that_was_searched_or_looked_for(people):
    await people.build(name=Match.PREFIX)
    await people.add("Annabel Croft")
    assert await people.find("annabel cro") == ["Annabel Croft"]
    world = people.world
    if world.is_postgres:
        connection = await connect(world.url)
        try:
            tables = [table.name for table in schema.metadata.sorted_tables]
            rows = [await connection.fetch(f"SELECT t::text FROM {name} t") for name in tables]
        finally:
            await connection.close()
        raw = " ".join(str(row) for table in rows for row in table)
        for part in ("annabel", "croft"):
            assert part not in raw.lower()
            assert part.encode().hex() not in raw
    else:
        with sqlite3.connect(file_of(world.url)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw = file_of(world.url).read_bytes().lower()
        assert b"annabel" not in raw
        assert b"croft" not in raw
    assert await world.events() == ["search_index.begun", "search_index.completed", "customers.searched"]
