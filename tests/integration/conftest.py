"""Houses to visit: the whole application over a database of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from tests.contract.world import build, build_keys
from tests.support.house import House, copy_files, open_house
from tests.support.postgres import Template

Build = Callable[..., AbstractAsyncContextManager[House]]


@pytest.fixture
def build_house(house_files, tmp_path) -> Build:
    """Open a house on SQLite, with other rates if need be (``mails_per_address="1/60"``)."""

    @asynccontextmanager
    async def building(**limits: str) -> AsyncIterator[House]:
        copy_files(house_files, tmp_path)
        async with open_house(tmp_path, **limits) as house:
            yield house

    return building


@pytest.fixture
async def house(anyio_backend, build_house) -> AsyncIterator[House]:
    """A house on SQLite."""
    async with build_house() as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
async def house_on(anyio_backend, request, tmp_path) -> AsyncIterator[House]:
    """A house on SQLite, and one on PostgreSQL."""
    if request.param == "sqlite":
        copy_files(request.getfixturevalue("house_files"), tmp_path)
        async with open_house(tmp_path) as opened:
            yield opened
        return
    databases = request.getfixturevalue("postgres_url")
    url, keys = await asyncio.to_thread(
        lambda: (databases(Template("contract", build)), databases(Template("contract_keys", build_keys)))
    )
    async with open_house(tmp_path, url, keys) as opened:
        yield opened
    await asyncio.to_thread(lambda: [databases.drop(one) for one in (url, keys)])
