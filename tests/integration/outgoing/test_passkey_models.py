"""The metadata of passkey models in a process: fetched, kept over a restart, asked for again after a while."""

import datetime as dt

import pytest

from limen.access.outgoing import Fetched
from limen.integration.outgoing.passkey_models import MetadataSource, ModelKeeper, load
from limen.kernel.clock import SECOND
from limen.kernel.errors import Unavailable
from tests.support.attestation import MODEL_ID, Maker
from tests.support.clock import ManualClock
from tests.support.fido_metadata import Service, entry

pytestmark = pytest.mark.anyio
SERVICE, MAKER = Service(), Maker()


class Far:
    """The service of the Alliance, as the way out shows it."""

    def __init__(self, clock, body=b"") -> None:
        self.clock, self.body, self.asked = clock, body, 0

    async def fetch(self, url, wanted, *, newer_than=0):
        self.asked += 1
        if not self.body:
            return Unavailable("outgoing_unreachable", wanted.purpose)
        now = self.clock.now()
        return Fetched(url, self.body, "application/octet-stream", now, now)

    async def post(self, url, notice):
        raise AssertionError(url)


class World:
    def __init__(self, folder) -> None:
        self.clock = ManualClock(int(dt.datetime(2026, 11, 1, tzinfo=dt.UTC).timestamp()) * SECOND)
        roots = folder / "root.pem"
        roots.write_bytes(SERVICE.pem)
        self.source = MetadataSource("https://mds.example/", roots, folder / "in" / "metadata.jwt", 86_400)
        self.far = Far(self.clock)
        self.told: list[str] = []
        self.keeper = self.another()

    def another(self):
        return ModelKeeper(self.source, self.far, self.clock, self.told.append)


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


async def test_what_was_fetched_counts_and_outlives_a_restart(world):
    world.far.body = SERVICE.blob(entry(roots=(MAKER.root,)))
    await world.keeper.open()
    assert not (await world.keeper()).models
    await world.keeper.refresh()
    assert (await world.keeper()).name(MODEL_ID) == "A Key"
    world.far.body = b""
    again = world.another()
    await again.open()
    assert (await again()).name(MODEL_ID) == "A Key"
    await again.refresh()
    assert world.far.asked == 1  # the copy is young enough
    assert load(world.source).number == 1


async def test_another_process_takes_what_this_one_fetched(world):
    other = world.another()
    world.far.body = SERVICE.blob(entry())
    await world.keeper.refresh()
    await other.refresh()
    assert (await other()).models
    assert world.far.asked == 1


async def test_who_is_away_is_asked_again_after_a_minute_then_two_and_so_on(world):
    asked = []
    for _ in range(60):
        await world.keeper.refresh()
        asked.append(world.far.asked)
        world.clock.advance(60)
    assert [minute for minute in range(1, 60) if asked[minute] > asked[minute - 1]] == [1, 3, 7, 15, 31]
    assert set(world.told) == {"away"}


@pytest.mark.parametrize("bad", ["forged", "older", "nonsense"])
async def test_what_will_not_do_leaves_the_last_good_one_standing(world, bad):
    world.far.body = SERVICE.blob(entry(), no=5)
    await world.keeper.refresh()
    kept = world.source.copy.read_bytes()
    world.far.body = {"forged": Service().blob(entry()), "older": SERVICE.blob(no=4), "nonsense": b"<html>"}[bad]
    world.clock.advance(86_401)
    await world.keeper.refresh()
    assert world.told == ["loaded", "older" if bad == "older" else "refused"]
    assert (await world.keeper()).models
    assert world.source.copy.read_bytes() == kept


async def test_a_revocation_arrives_with_the_next_one(world):
    world.far.body = SERVICE.blob(entry())
    await world.keeper.refresh()
    world.far.body = SERVICE.blob(entry(status="REVOKED"), no=2)
    world.clock.advance(86_401)
    await world.keeper.refresh()
    assert not (await world.keeper()).models[MODEL_ID].is_sound


async def test_without_a_source_nothing_is_known_and_nobody_asked(world):
    keeper = ModelKeeper(None, world.far, world.clock)
    await keeper.open()
    await keeper.refresh()
    assert not (await keeper()).models
    assert world.far.asked == 0
