"""A shop for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.tokens.kit import Shop, shop_in


@pytest.fixture
async def shop(anyio_backend, tmp_path: Path, house_files: Path) -> AsyncIterator[Shop]:
    """A shop on SQLite."""
    async with shop_in(tmp_path, house_files) as shop:
        yield shop
