"""Starts servers on one core, waits until they answer, stops them."""

import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep

_POLL_SECONDS = 0.01
_STOP_SECONDS = 10.0


class StartError(Exception):
    """A server or a preparing command did not come up; the text holds the last line it wrote."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its first process leads a process group of its own."""

    port: int
    process: "subprocess.Popen[bytes]"
    started_in: float

    @property
    def pid(self) -> int:
        """Return the first process of the server's tree."""
        return self.process.pid

    def stop(self) -> None:
        """End the group: politely, then surely."""
        for how in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.pid, how)
                self.process.wait(_STOP_SECONDS)
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue


@dataclass(frozen=True, slots=True)
class Launch:
    """What to start: the command, its environment on top of ours, where it logs and which path answers 200."""

    command: Sequence[str]
    port: int
    ready_path: str
    log: Path
    environment: Mapping[str, str]
    cwd: Path


def free_port() -> int:
    """Return a port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(launch: Launch, core: int, within: float = 60.0) -> Server:
    """Start pinned to *core* and wait for the first 200; raises ``StartError`` after *within* seconds."""
    begun = perf_counter()
    with launch.log.open("ab") as log:
        process = subprocess.Popen(
            ["/usr/bin/env", "taskset", "-c", str(core), *launch.command],
            cwd=launch.cwd,
            env={**os.environ, **launch.environment},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    server = Server(launch.port, process, 0.0)
    while not answers(launch.port, launch.ready_path):
        if process.poll() is not None or perf_counter() - begun > within:
            server.stop()
            message = f"{Path(launch.command[0]).name} did not start: {last_line(launch.log)}"
            raise StartError(message)
        sleep(_POLL_SECONDS)
    return Server(launch.port, process, perf_counter() - begun)


def answers(port: int, path: str) -> bool:
    """Tell whether a GET gives 200 now."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def last_line(log: Path) -> str:
    """Return the last line of a log, or a remark that there is none."""
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it wrote nothing"


def command(words: Sequence[str], environment: Mapping[str, str], cwd: Path) -> str:
    """Run a command to its end and return what it printed; raises ``StartError`` with its last line where it fails."""
    done = subprocess.run(
        words, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode != 0:
        lines = (done.stderr + done.stdout).strip().splitlines() or ["it wrote nothing"]
        message = f"{' '.join(words[:2])} failed: {lines[-1]}"
        raise StartError(message)
    return done.stdout
