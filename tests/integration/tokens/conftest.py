"""A shop for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.tokens.kit import Shop, open_shop


@pytest.fixture
async def shop(house) -> AsyncIterator[Shop]:
    """A shop on SQLite."""
    async with open_shop(house) as shop:
        yield shop
