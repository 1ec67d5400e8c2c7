"""A shop for each clause."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.tokens.kit import Shop, shop_in
from tests.support.house import House, copy_files, open_house


@pytest.fixture
async def house(anyio_backend, tmp_path: Path, house_files: Path) -> AsyncIterator[House]:
    """The whole application, with nobody in it."""
    copy_files(house_files, tmp_path)
    async with open_house(tmp_path) as opened:
        yield opened


@pytest.fixture
async def shop(tmp_path: Path, house_files: Path) -> AsyncIterator[Shop]:
    async with shop_in(tmp_path, house_files) as shop:
        yield shop
