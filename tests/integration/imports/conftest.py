"""Files of three peers, and what brings them in."""

from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from limen.access.imports.records import Import, Refused
from limen.access.imports.run import Importing
from limen.app.imports import digest_of, rows_of
from limen.identity.credentials.hashing import PasswordHasher

EXPORTS = Path(__file__).parent / "exports"


@asynccontextmanager
async def bringing(house, tenant=None):
    """What brings customers in to a house."""
    database, basis = house.storage.database, house.basis
    hasher = PasswordHasher(house.parameters, house.pool, basis.entropy)
    begin, read = database.begin, database.read
    yield Importing(tenant or house.tenant, begin, read, basis.keyring, hasher, basis.clock, basis.entropy)


async def bring(house, path: Path, form: str, *, tenant=None, resume=False, project: Path | None = None) -> Import:
    """Bring a file in."""
    async with bringing(house, tenant) as importing:
        with path.open("rb") as file:
            started = await importing.start(digest_of(file), form, resume=resume)
            done = await importing.run(started, rows_of(file, form, project))
    assert isinstance(done, Import), done
    return done


async def refused(house, done: Import, tenant=None) -> list[tuple[int, int, str, str]]:
    """The rows that did not go in."""
    async with house.storage.database.read((tenant or house.tenant).id) as unit:
        found = await unit.imports.refusals(done.id, after=(0, ""), limit=1_000)
    assert all(isinstance(one, Refused) for one in found)
    return [(one.row, one.line, one.field, one.code) for one in found]


@pytest.fixture
def exports() -> Path:
    return EXPORTS
