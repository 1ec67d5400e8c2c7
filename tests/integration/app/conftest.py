"""A site built by the composition root, in this process, on the machine's own clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from limen.access.clients.records import ClientDocument
from limen.app.basis import Basis
from limen.app.cli.declaring import registration
from limen.app.compose import build
from limen.app.settings import Settings, read_settings
from limen.identity.administrators import SYSTEM
from limen.identity.tenants.records import Tenant
from limen.kernel.secret import Secret

ISSUER = "http://localhost:8000"
SECRET = "a-secret-that-nobody-could-guess-0123456789"


def settings_in(folder: Path, **environment: str) -> Settings:
    return read_settings(
        {
            "LIMEN_DATA_DIR": str(folder),
            "LIMEN_ISSUER": ISSUER,
            "LIMEN_INSECURE_HTTP": "1",
            "LIMEN_DEVELOPMENT_MAILBOX": "1",
            **environment,
        }
    )


@dataclass
class Site:
    """A started site: what it stands on, and a way to ask it."""

    basis: Basis
    tenant: Tenant
    http: httpx2.AsyncClient

    async def add_client(self, client_id: str, **document: Any) -> None:
        given = {"client_name": client_id, "grant_types": ("client_credentials",), "scopes": ("read",), **document}
        office = registration(self.basis, self.tenant.id)
        await office.create(ClientDocument(**given), SYSTEM, client_id=client_id, secret=Secret(SECRET))

    async def post(self, path: str, client_id: str = "machine", **form: str) -> httpx2.Response:
        return await self.http.post(
            path,
            content=urlencode(form),
            headers={"content-type": "application/x-www-form-urlencoded"},
            auth=(client_id, SECRET),
        )

    async def token(self, client_id: str = "machine") -> str:
        answer = await self.post("/token", client_id, grant_type="client_credentials")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    async def is_active(self, token: str, client_id: str = "machine") -> bool:
        return bool((await self.post("/introspect", client_id, token=token)).json()["active"])


@asynccontextmanager
async def started(folder: Path, **environment: str) -> AsyncIterator[Site]:
    kept: list[tuple[Basis, Tenant]] = []

    async def keep(basis: Basis, tenant: Tenant) -> None:
        kept.append((basis, tenant))

    app = build(settings_in(folder, **environment), prepare=keep)
    await app.startup()
    transport = httpx2.ASGITransport(app=app, client=("192.0.2.7", 40_000))
    try:
        async with httpx2.AsyncClient(transport=transport, base_url=ISSUER) as http:
            yield Site(*kept[0], http)
    finally:
        await app.shutdown()


@pytest.fixture
async def site(anyio_backend, tmp_path) -> AsyncIterator[Site]:
    async with started(tmp_path) as opened:
        await opened.add_client("machine")
        yield opened
