"""A body that never ends."""

import asyncio
from dataclasses import replace

import pytest

from limen.integration.edge.passage import Passage
from limen.integration.edge.shape import ShapeLimits
from tests.support.house import Page
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.anyio


@pytest.fixture
def impatient(monkeypatch):
    """Bodies must come within the twentieth of a second."""
    made = Passage.__init__

    def hasty(self, find, parts):
        made(self, find, replace(parts, shape=ShapeLimits(body_seconds=0.05)))

    monkeypatch.setattr(Passage, "__init__", hasty)


async def drip():
    """A byte now and then, for ever."""
    while True:
        yield b"a"
        await asyncio.sleep(0.01)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("path", ["/authorize", "/logout"])
async def test_a_page_waits_for_a_body_only_so_long(build_house, path):
    async with build_house() as house, asyncio.timeout(PATIENCE):
        form = {"content-type": "application/x-www-form-urlencoded", "accept": "text/html"}
        answer = await house.client().post(path, content=drip(), headers=form)
    assert answer.status_code == 408
    assert Page(answer).h1
