"""Fixtures that every test may ask for, and what the run says at its end."""

import gc
import json
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from playwright.async_api import Browser

from tests.support import chromium, node, parts, places, rsa_keys, servers, sockets, valkey
from tests.support.clock import ManualClock
from tests.support.entropy import SeededEntropy
from tests.support.postgres import PostgresDatabases
from tests.support.waiting import PATIENCE

UNIT = Path(__file__).parent / "unit"
MARKERS = (
    "serial: alone on the machine: measures, or uses all of it; run after the others, one at a time",
    "slow: takes more than five seconds",
    "e2e: drives a real browser",
)


# ------------------------------------------------------------------------------------------------ the run


def pytest_configure(config: pytest.Config) -> None:
    """Name the markers, and give all workers of this run one folder and one leader."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    rsa_keys.draw_from_a_pool()
    _log_plainly()
    if not hasattr(config, "workerinput"):
        os.environ["LIMEN_TEST_RUN"] = str(places.new_folder())
        os.environ["LIMEN_TEST_LEADER"] = str(os.getpid())


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers of this run, whatever became of it."""
    if not hasattr(config, "workerinput") and os.environ.get("LIMEN_TEST_LEADER") == str(os.getpid()):
        servers.stop_servers(_run_directory())
        shutil.rmtree(_run_directory(), ignore_errors=True)


def pytest_collection_finish() -> None:
    """Take what was loaded and collected, which stays, out of the garbage collector's sight; let it look seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was missing, and write the counts where `make test` adds them up."""
    stats = terminalreporter.stats
    missing = parts.named_in([*stats.get("skipped", []), *stats.get("failed", []), *stats.get("error", [])])
    for part, count in missing.items():
        terminalreporter.write_line(f"{parts.PREFIX}{part}: {count} tests without it", yellow=True)
    file = os.environ.get("LIMEN_TEST_COUNTS")
    if file:
        counts = {
            "passed": len(stats.get("passed", [])),
            "failed": len(stats.get("failed", [])) + len(stats.get("error", [])),
            "skipped": len(stats.get("skipped", [])),
            "missing": sorted(missing),
        }
        Path(file).write_text(json.dumps(counts))


def _log_plainly() -> None:
    """Let a traceback be logged as it is: to lay one out in boxes, as is usual at a terminal, takes half a second."""
    *before, _ = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*before, plain])


@pytest.fixture(autouse=True)
def _sockets_off_in_unit_tests(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if UNIT in request.path.parents:
        sockets.close_sockets(monkeypatch)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, the one loop that Limen is served on."""
    return "asyncio"


# ------------------------------------------------------------------------------------------ time and chance


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands still until it is told."""
    return ManualClock()


@pytest.fixture
def entropy() -> SeededEntropy:
    """Return chance that repeats itself."""
    return SeededEntropy()


# --------------------------------------------------------------------------------------------- the house


@pytest.fixture(scope="session")
def house_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the files of a house that was started once: databases and keyring, to be copied."""
    from tests.support.house import prepared_files  # noqa: PLC0415  # the whole application, which few unit tests need

    return prepared_files(tmp_path_factory.mktemp("house"))


# ------------------------------------------------------------------------------------------- real servers


@pytest.fixture(scope="session")
def postgres_url(worker_name: str) -> Iterator[PostgresDatabases]:
    """Return a factory of databases: ``postgres_url()`` is the URL of a fresh, empty one.

    ``postgres_url(Template("schema", build))`` is a copy of one that ``build(url)`` filled. All go at the end of the
    run; ``postgres_url.drop(url)`` lets one go earlier.
    """
    databases = PostgresDatabases(_server("postgres"), _run_directory(), worker_name)
    yield databases
    databases.drop_all()


@pytest.fixture
def valkey_url(worker_name: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the URL of an empty Valkey database that only this worker uses."""
    monkeypatch.setattr("limen.storage.cache.valkey._TIMEOUT", PATIENCE)  # a busy machine is no cache that is away
    return valkey.empty_database(_server("valkey"), int(worker_name.lstrip("gwmaster") or 0))


@pytest.fixture(scope="session")
def worker_name() -> str:
    """Return this worker's name: ``gw0``, ``gw1``, …, or ``master`` without xdist."""
    return os.environ.get("PYTEST_XDIST_WORKER", "master")


@pytest.fixture(scope="module")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:
    """Return a running Chromium (Playwright's asynchronous API); make a context of your own in it."""
    if not await chromium.is_there():
        parts.missing("chromium", chromium.HINT)
    async with chromium.launched() as running:
        yield running


@pytest.fixture(scope="session")
def node_path() -> Path:
    """Return the Node to run scripts with; its packages are installed."""
    found = node.node()
    if found is None or node.package("openid-client") is None:
        parts.missing("node packages", node.HINT)
    return found


def _server(kind: str) -> str:
    given = os.environ.get(f"LIMEN_TEST_{kind.upper()}_URL")
    if given:
        return given
    try:
        return servers.shared_server(kind, _run_directory(), int(os.environ["LIMEN_TEST_LEADER"]))
    except servers.ServerFailed as failure:
        reason = str(failure)
    return parts.missing(kind, f"set LIMEN_TEST_{kind.upper()}_URL; {reason}")


def _run_directory() -> Path:
    return Path(os.environ["LIMEN_TEST_RUN"])
