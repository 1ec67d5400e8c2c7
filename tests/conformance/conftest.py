"""A shop for each clause."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from limen.app.settings.sections.serving import ProxiesSection
from tests.integration.tokens.kit import Shop, shop_in
from tests.support import house as houses
from tests.support.house import House, copy_files, open_house

EDGE = "192.0.2.7"
MTLS = "https://mtls.id.example"


@pytest.fixture
def edge(monkeypatch: pytest.MonkeyPatch) -> None:
    """An edge before the house, at the address of its clients, that hands certificates on."""
    proxies = ProxiesSection(
        networks=(f"{EDGE}/32",),
        certificate_header="Client-Cert",
        certificate_verified_header="X-SSL-Client-Verify",
        certificate_url=MTLS,
    )
    plain = houses.settings_in
    monkeypatch.setattr(houses, "settings_in", lambda *a, **k: msgspec.structs.replace(plain(*a, **k), proxies=proxies))


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
