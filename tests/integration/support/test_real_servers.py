"""The real servers that other tests lean on are real, fresh, and shared by the run."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
import redis

from tests.support.postgres import PostgresDatabases, Template
from tests.support.servers import is_alive, shared_server, stop_servers
from tests.support.waiting import wait_until


async def run(url: str, *statements: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return await connection.fetchval(statements[-1])
    finally:
        await connection.close()


def build(url: str) -> None:
    asyncio.run(run(url, "CREATE TABLE built AS SELECT 7 AS number", "SELECT 1"))


@pytest.mark.anyio
async def test_each_database_is_fresh(postgres_url: PostgresDatabases) -> None:
    first, second = postgres_url(), postgres_url()
    await run(first, "CREATE TABLE here (x int)", "SELECT 1")
    assert await run(first, "SELECT to_regclass('here') IS NOT NULL")
    assert await run(second, "SELECT to_regclass('here') IS NULL")


@pytest.mark.anyio
async def test_a_template_is_built_once_and_copied(postgres_url: PostgresDatabases) -> None:
    template = Template("numbers", build)
    first, second = postgres_url(template), postgres_url(template)
    await run(first, "UPDATE built SET number = 8", "SELECT 1")
    assert await run(first, "SELECT number FROM built") == 8
    assert await run(second, "SELECT number FROM built") == 7


@pytest.mark.anyio
async def test_a_dropped_database_is_gone(postgres_url: PostgresDatabases) -> None:
    url = postgres_url()
    postgres_url.drop(url)
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await run(url, "SELECT 1")


def test_valkey_begins_empty(valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as client:
        assert client.dbsize() == 0
        client.set("left", "over")


def test_valkey_begins_empty_again(valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as client:
        assert client.dbsize() == 0


def test_a_server_ends_with_the_run_that_asked_for_it(tmp_path: Path) -> None:
    leader = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    shared_server("valkey", tmp_path, leader.pid)
    guardian = int((tmp_path / "valkey.pid").read_text())
    assert is_alive(guardian)
    leader.send_signal(signal.SIGKILL)
    leader.wait()
    wait_until(lambda: not is_alive(guardian))


def test_a_server_stops_when_told(tmp_path: Path) -> None:
    address = shared_server("valkey", tmp_path, os.getpid())
    stop_servers(tmp_path)
    with pytest.raises(redis.ConnectionError), redis.Redis.from_url(address) as client:
        client.ping()


@pytest.mark.anyio
@pytest.mark.e2e
async def test_the_browser_renders_a_page(browser) -> None:
    page = await browser.new_page()
    await page.set_content("<title>threshold</title>")
    assert await page.title() == "threshold"
    await page.close()
