"""Servers that all workers of one test run share: started by the first who asks, stopped when the run is over.

A *guardian* process owns each server. It watches the process that leads the run and stops the server when that one is
gone, however it went, so that nothing is left behind by a failure, an interrupt or ``kill -9``.
"""

import fcntl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

STARTING = 120.0
"""Seconds that a server may take to start."""


class ServerFailed(Exception):
    """A server did not start; the text says why."""


def shared_server(kind: str, directory: Path, leader: int) -> str:
    """Return the address of the run's server of *kind* (``postgres`` or ``valkey``), starting it at the first call.

    Args:
        kind: a module of this package that has ``start(directory)``.
        directory: shared by all workers of the run, and by no other run.
        leader: the process that leads the run; the server ends with it.

    Raises:
        ServerFailed: it did not start.
    """
    with locked(directory / f"{kind}.lock"):
        address = directory / f"{kind}.address"
        if not address.exists():
            _spawn_guardian(kind, directory, leader)
        text = address.read_text()
    if text.startswith("error: "):
        raise ServerFailed(text)
    return text


def stop_servers(directory: Path) -> None:
    """Stop what this run started and wait until it is gone."""
    (directory / "stop").touch()
    for pid_file in directory.glob("*.pid"):
        _wait_for_end(int(pid_file.read_text()))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold *path* as a lock among processes."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_alive(pid: int) -> bool:
    """Tell whether a process with this id runs."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _spawn_guardian(kind: str, directory: Path, leader: int) -> None:
    address = directory / f"{kind}.address"
    with (directory / f"{kind}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.guardian", kind, str(directory), str(leader)],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # an interrupt at the keyboard is the leader's to act on
        )
    (directory / f"{kind}.pid").write_text(str(process.pid))
    deadline = time.monotonic() + STARTING
    while not address.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            log_text = (directory / f"{kind}.log").read_text(errors="replace")
            address.write_text(f"error: {kind} did not start: {log_text[-800:]}")
        time.sleep(0.02)
    process.returncode = 0  # it outlives this worker on purpose: no warning that it was not waited for


def _wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + 60
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
