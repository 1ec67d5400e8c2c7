"""The databases of the contract: each test that asks for ``database`` runs on both."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.world import World, add_tenant, build, build_keys, open_another
from tests.support.postgres import Template, on_thread


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request) -> str:
    return request.param


@pytest.fixture(scope="session")
def sqlite_templates(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("templates")
    on_thread(lambda: build(f"sqlite:///{folder}/limen.db"))
    on_thread(lambda: build_keys(f"sqlite:///{folder}/keys.db"))
    return folder


@pytest.fixture
def database_url(kind, request, tmp_path):
    """The URL of a migrated database without tenants."""
    if kind == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_templates") / "limen.db", tmp_path / "limen.db")
        yield f"sqlite:///{tmp_path}/limen.db"
    else:
        databases = request.getfixturevalue("postgres_url")
        url = databases(Template("contract", build))
        yield url
        databases.drop(url)


@pytest.fixture
def keys_url(kind, request, tmp_path):
    """The URL of a migrated key store."""
    if kind == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_templates") / "keys.db", tmp_path / "keys.db")
        yield f"sqlite:///{tmp_path}/keys.db"
    else:
        databases = request.getfixturevalue("postgres_url")
        url = databases(Template("contract_keys", build_keys))
        yield url
        databases.drop(url)


@pytest.fixture
async def database(anyio_backend, database_url, sqlite_templates, tmp_path, clock, entropy) -> AsyncIterator[World]:
    """A migrated database with the tenants A and B; its key store, which few tests use, is a file."""
    keys = tmp_path / "the-keys.db"
    shutil.copy(sqlite_templates / "keys.db", keys)
    storage = await open_another(database_url, f"sqlite:///{keys}", "w1", clock, entropy)
    a = await add_tenant(storage, "anna", clock, entropy)
    b = await add_tenant(storage, "bert", clock, entropy)
    yield World(storage, clock, entropy, database_url, f"sqlite:///{keys}", a, b)
    await storage.close()
