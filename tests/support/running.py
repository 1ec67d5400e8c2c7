"""Limen as people run it: real processes on free ports of the loopback, that end with the test run."""

import asyncio
import ctypes
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx2

from tests.support.commands import run_here
from tests.support.ports import free_port
from tests.support.postgres import on_thread
from tests.support.waiting import PATIENCE, wait_until

ROOT = Path(__file__).parents[2]
LIMEN = Path(sys.executable).with_name("limen")
PATIENT = (
    f"from limen.storage.cache import valkey\nvalkey._TIMEOUT = {PATIENCE}\nfrom limen.app.cli import main\nmain()"
)
"""The command line, which knows that on a busy machine a cache that is slow is not away."""
_WAITING = "SELECT count(*) FROM outbox WHERE state = 'waiting'"
_SETUP = re.compile(r"http://\S+/setup/\S+")
_LIBC = ctypes.CDLL(None)  # loaded here: a forked child should not
_DEATH_SIGNAL = 1  # prctl(2): PR_SET_PDEATHSIG


@dataclass(frozen=True)
class Running:
    """A demonstration: Limen at ``url``, the shop at ``shop``, and the way to the first administrator."""

    url: str
    shop: str
    setup_link: str
    folder: Path
    database: str

    def is_idle(self) -> bool:
        """Tell whether nothing waits in the outbox: every message has arrived."""
        if self.database.startswith("postgresql"):
            return on_thread(lambda: asyncio.run(_ask_postgres(self.database))) == 0
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            [waiting] = connection.execute(_WAITING).fetchone()
        return bool(waiting == 0)


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a process of ours: no settings of the developer's own leak into it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LIMEN_", "DEMO_"))}
    return {**kept, "COLUMNS": "200", **more}


def limen(*words: str, folder: Path, more: Mapping[str, str]) -> str:
    """Run one command of Limen's to its end; return what it said.

    Raises:
        AssertionError: it failed.
    """
    done = subprocess.run(
        [LIMEN, *words],
        cwd=folder,
        env=environment(more),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def apply(house: Running, document: str, **more: str) -> None:
    """Give a running house a document, as an operator would at its command line."""
    (house.folder / "applied.yaml").write_text(document)
    command_in(house, "apply", "applied.yaml", **more)


def command_in(house: Running, *words: str, **more: str) -> str:
    """Run one command of Limen's beside a running house; return what it said."""
    own = {"LIMEN_DATA_DIR": str(house.folder / "data"), "LIMEN_ISSUER": house.url, "LIMEN_INSECURE_HTTP": "true"}
    return here(*words, folder=house.folder, more={**own, **more})


def here(*words: str, folder: Path, more: Mapping[str, str]) -> str:
    """As :func:`limen`, in this process, where none of its own is needed."""
    done = on_thread(lambda: run_here(*words, environment=environment(more), folder=folder))
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout)


@contextmanager
def process(
    folder: Path, *words: str, more: Mapping[str, str], ready: str, verify: bool = True, code: str = ""
) -> Iterator[Path]:
    """Run ``limen`` with *words* until the block ends; *ready* is the address that answers 200 once it stands.

    Python runs *code* in place of the installed command, where that is given.

    Yields the file of what it prints.
    """
    said = folder / "limen.out"
    with said.open("wb") as out:
        running = subprocess.Popen(
            [*([sys.executable, "-c", code] if code else [LIMEN]), *words],
            cwd=folder,
            env=environment(more),
            stdout=out,
            stderr=out,
            preexec_fn=_end_with_us,  # noqa: PLW1509  # one system call, no lock
        )
    try:
        _wait(running, ready, said, verify=verify)
        yield said
    finally:
        running.send_signal(signal.SIGINT)
        try:
            running.wait(60)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


@contextmanager
def demonstration(folder: Path, more: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Run ``limen demo`` in *folder* with settings of its own, until the block ends."""
    port, shop = free_port(), free_port()
    url, shop_url = f"http://localhost:{port}", f"http://localhost:{shop}"
    words = ("demo", "--port", str(port), "--shop-port", str(shop), "--data-dir", str(folder / "data"))
    with process(folder, *words, more=more or {}, ready=f"{shop_url}/health") as said:
        database = (more or {}).get("LIMEN_DATABASE_URL", str(folder / "data" / "limen.db"))
        yield Running(url, shop_url, _setup_link(said), folder, database)


async def _ask_postgres(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(_WAITING))
    finally:
        await connection.close()


def _setup_link(said: Path) -> str:
    wait_until(lambda: _SETUP.search(said.read_text()), "no set-up link was shown")
    found = _SETUP.search(said.read_text())
    assert found
    return found[0]


def _wait(running: "subprocess.Popen[bytes]", url: str, said: Path, *, verify: bool) -> None:
    deadline = time.monotonic() + PATIENCE
    with httpx2.Client(trust_env=False, verify=verify, timeout=5) as http:
        while True:
            try:
                if http.get(url).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            if running.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"limen did not start: {said.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)


def _end_with_us() -> None:
    """Ask Linux to end the process when this one is gone, however it went: nothing stays of a killed test run."""
    if sys.platform == "linux":
        _LIBC.prctl(_DEATH_SIGNAL, signal.SIGTERM)
