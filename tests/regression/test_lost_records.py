"""An audit log that has lost something, by the hand of somebody who owns the database and took its guards away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import delete, text

from limen.app.jobs.checkpoints import Checkpoints
from limen.storage.schema.audit import audit_records, audit_segments
from tests.support.house import PASSWORD

pytestmark = pytest.mark.anyio


async def signed_log(house):
    """A house whose log was signed, its signer, and the segments of the log."""
    await house.customer("ann@example.com")
    await house.walker().sign_in("ann@example.com", PASSWORD)
    signer = Checkpoints(house.storage, house.basis.keyring, house.clock, set)
    house.clock.advance(2)
    assert await signer.sign(house.tenant.id)
    async with house.storage.database.read(house.tenant.id) as unit:
        return signer, await unit.audit_log.last_checkpoint(), await unit.audit_log.heads()


@asynccontextmanager
async def owning(house) -> AsyncIterator[Any]:
    """A connection of the owner's, to whom no trigger is an obstacle."""
    async with house.storage.database.begin(house.tenant.id) as unit:
        names = await unit.connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        for (name,) in names.all():
            await unit.connection.execute(text(f'DROP TRIGGER "{name}"'))
        yield unit.connection


async def test_a_log_whose_end_was_cut_off_is_not_signed(house):
    signer, checkpoint, heads = await signed_log(house)
    longest = max(heads, key=lambda head: head.next_seq)
    async with owning(house) as connection:
        cut = (audit_records.c.segment_id == longest.segment_id) & (audit_records.c.seq == longest.next_seq - 1)
        await connection.execute(delete(audit_records).where(cut))
    await says_and_does_not_sign(house, signer, checkpoint)


async def test_a_log_that_lost_a_whole_segment_is_not_signed(house):
    signer, checkpoint, heads = await signed_log(house)
    async with owning(house) as connection:
        for table, column in ((audit_records, "segment_id"), (audit_segments, "id")):
            await connection.execute(delete(table).where(table.c[column] == heads[0].segment_id))
    await says_and_does_not_sign(house, signer, checkpoint)


async def test_a_log_whose_last_record_was_replaced_is_not_signed(house):
    signer, checkpoint, heads = await signed_log(house)
    async with owning(house) as connection:
        last = (audit_records.c.segment_id == heads[0].segment_id) & (audit_records.c.seq == heads[0].next_seq - 1)
        await connection.execute(audit_records.update().where(last).values(hash=bytes(32)))
    await says_and_does_not_sign(house, signer, checkpoint)


async def test_a_log_that_only_grew_is_signed_again(house):
    signer, checkpoint, _ = await signed_log(house)
    await house.walker().sign_in("ann@example.com", "not this one")
    house.clock.advance(2)
    assert await signer.sign(house.tenant.id)
    async with house.storage.database.read(house.tenant.id) as unit:
        assert (await unit.audit_log.last_checkpoint()).number == checkpoint.number + 1


async def says_and_does_not_sign(house, signer, checkpoint) -> None:
    await house.walker().sign_in("ann@example.com", "not this one")  # it goes on growing elsewhere
    house.clock.advance(2)
    assert await signer.sign(house.tenant.id)
    async with house.storage.database.read(house.tenant.id) as unit:
        assert await unit.audit_log.last_checkpoint() == checkpoint
