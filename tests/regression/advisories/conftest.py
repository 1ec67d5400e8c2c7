"""A shop for each advisory."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.tokens.kit import Shop, shop_in
from tests.support.house import prepared_files


@pytest.fixture(scope="session")
def shop_files(tmp_path_factory) -> Path:
    return prepared_files(tmp_path_factory.mktemp("shop-files"))


@pytest.fixture
async def shop(anyio_backend, tmp_path: Path, shop_files: Path) -> AsyncIterator[Shop]:
    async with shop_in(tmp_path, shop_files) as shop:
        yield shop
