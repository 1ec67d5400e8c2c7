"""How long a refusal takes: as long as the slowest check, of whatever hashes there are by now."""

from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from limen.access.journeys.pace import Pace
from limen.identity.credentials.records import LABELS_CHANGED

pytestmark = pytest.mark.anyio


class Hasher:
    async def seconds(self, label):
        return {"slow": 2.0}[label]


async def test_an_import_that_ends_while_it_is_asked_which_hashes_there_are_is_heard(clock):
    pace, labels = Pace(Hasher(), clock), []
    tell = [True]

    async def read(*, limit):
        found = labels[:limit]
        if tell.pop():  # what was read is of before, and what is told comes before it is kept
            labels.append("slow")
            pace.hear("ten_a", LABELS_CHANGED, "")
        tell.append(False)
        return found

    @asynccontextmanager
    async def reading(_):
        yield SimpleNamespace(passwords=SimpleNamespace(labels=read))

    migration = SimpleNamespace(url="", seconds=0)
    tenant = SimpleNamespace(settings=SimpleNamespace(migration=migration))
    parts = SimpleNamespace(tenant_id="ten_a", read=reading, desk=SimpleNamespace(tenant=tenant))
    assert await pace(parts) == 0.0
    assert await pace(parts) == 3.0
