"""Loans of connections: no more than there may be, nothing that is lost or left open, and an end."""

import asyncio
from dataclasses import dataclass

import asyncpg
import pytest

from limen.storage.dialects import lending
from limen.storage.dialects.lending import Lender

pytestmark = pytest.mark.anyio


@dataclass(eq=False)
class Line:
    """A connection without a server."""

    is_lost: bool = False
    is_open: bool = False
    ended: str = ""

    def is_closed(self):
        return self.is_lost or bool(self.ended)

    def is_in_transaction(self):
        return self.is_open

    async def close(self):
        self.ended = "closed"

    def terminate(self):
        self.ended = "dropped"


class Server:
    def __init__(self):
        self.lines = []
        self.is_away = False

    async def connect(self):
        if self.is_away:
            raise OSError
        self.lines.append(Line())
        return self.lines[-1]


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def lender(server):
    return Lender(server.connect, 2, 30.0)


async def test_what_was_given_back_last_is_lent_first(server, lender):
    one, two = await lender.lend(), await lender.lend()
    lender.take_back(one)
    lender.take_back(two)
    assert [await lender.lend(), await lender.lend()] == [two, one]
    assert len(server.lines) == 2


async def test_who_waits_is_served_in_turn_and_in_vain_no_longer_than_is_said(server):
    lender = Lender(server.connect, 1, 0.0)
    only = await lender.lend()
    with pytest.raises(TimeoutError):
        await lender.lend()
    patient = Lender(server.connect, 1, 30.0)
    held = await patient.lend()
    waiting = [asyncio.create_task(patient.lend()) for _ in range(2)]
    await asyncio.sleep(0)
    patient.take_back(held)
    assert await waiting[0] is held
    assert not waiting[1].done()
    patient.take_back(held)
    assert await waiting[1] is held
    lender.take_back(only)
    assert await lender.lend() is only


async def test_what_is_lost_or_left_open_is_lent_to_nobody_else(server, lender):
    lost, left = await lender.lend(), await lender.lend()
    lender.take_back(lost)
    lost.is_lost = left.is_open = True
    lender.take_back(left)
    assert left.ended == "dropped"
    assert {await lender.lend(), await lender.lend()} == set(server.lines[2:])


async def test_a_server_that_is_away_takes_no_place(server, lender):
    server.is_away = True
    for _ in range(3):
        with pytest.raises(OSError):
            await lender.lend()
    server.is_away = False
    assert await lender.lend() is server.lines[0]


async def test_what_nobody_needs_is_dropped(server, lender, monkeypatch):
    monkeypatch.setattr(lending, "IDLE_SECONDS", 0)
    lender.take_back(await lender.lend())
    await asyncio.sleep(0.001)  # what is due comes first
    assert await lender.lend() is server.lines[1]


async def test_an_end_waits_for_what_is_lent(server, lender):
    lent, idle = await lender.lend(), await lender.lend()
    lender.take_back(idle)
    ending = asyncio.create_task(lender.close())
    await asyncio.sleep(0)
    assert not ending.done()
    lender.take_back(lent)
    await ending
    assert [line.ended for line in server.lines] == ["closed", "closed"]
    with pytest.raises(asyncpg.InterfaceError):
        await lender.lend()
