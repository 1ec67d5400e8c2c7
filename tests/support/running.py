"""Limen as people run it: real processes on free ports of the loopback, that end with the test run."""

import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

ROOT = Path(__file__).parents[2]
LIMEN = Path(sys.executable).with_name("limen")
STARTING = 60.0
"""Seconds that a process may take until it answers, on a machine that does other things as well."""
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


def free_port() -> int:
    """Return a port of the loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


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
        timeout=STARTING,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def process(folder: Path, *words: str, more: Mapping[str, str], ready: str, verify: bool = True) -> Iterator[Path]:
    """Run ``limen`` with *words* until the block ends; *ready* is the address that answers 200 once it stands.

    Yields the file of what it prints.
    """
    said = folder / "limen.out"
    with said.open("wb") as out:
        running = subprocess.Popen(
            [LIMEN, *words],
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
            running.wait(20)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait(5)


@contextmanager
def demonstration(folder: Path, more: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Run ``limen demo`` in *folder* with settings of its own, until the block ends."""
    port, shop = free_port(), free_port()
    url, shop_url = f"http://localhost:{port}", f"http://localhost:{shop}"
    words = ("demo", "--port", str(port), "--shop-port", str(shop), "--data-dir", str(folder / "data"))
    with process(folder, *words, more=more or {}, ready=f"{shop_url}/health") as said:
        yield Running(url, shop_url, _setup_link(said), folder)


def _setup_link(said: Path) -> str:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        found = _SETUP.search(said.read_text())
        if found:
            return found[0]
        time.sleep(0.05)
    return ""


def _wait(running: "subprocess.Popen[bytes]", url: str, said: Path, *, verify: bool) -> None:
    deadline = time.monotonic() + STARTING
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
