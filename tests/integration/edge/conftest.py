"""The site under each server."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPResponse
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.waiting import PATIENCE, wait_until

ROOT = Path(__file__).parents[3]
VARYING = {"date", "server", "connection", "transfer-encoding", "x-request-id", "keep-alive"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    varying: dict[str, str] = field(compare=False)

    def header(self, name: str) -> str:
        return dict(self.headers).get(name, "")


@dataclass
class Site:
    port: int
    process: subprocess.Popen[str]

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def listens(self) -> bool:
        try:
            self.connect().close()
        except OSError:
            return False
        return True

    def raw(self, request: bytes, method: str = "GET") -> Answer | None:
        """Send *request* as it stands; None where the server closes without an answer."""
        with self.connect() as connection:
            connection.sendall(request)
            return answer(connection, method)

    def ask(self, method: str, target: str, body: bytes | None = None, *headers: str) -> Answer:
        lines = [f"{method} {target} HTTP/1.1", "host: localhost", "connection: close", *headers]
        if body is not None and not any(header.startswith("transfer-encoding") for header in headers):
            lines.append(f"content-length: {len(body)}")
        found = self.raw("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b""), method)
        assert found is not None, f"no answer to {method} {target}"
        return found

    def stop(self) -> tuple[int, str, str]:
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, err


def answer(connection: socket.socket, method: str = "GET") -> Answer | None:
    response = HTTPResponse(connection, method=method)
    try:
        response.begin()
        body = response.read()
    except (ConnectionError, OSError, ValueError):
        return None
    except Exception as error:
        if type(error).__name__ in {"BadStatusLine", "RemoteDisconnected"}:
            return None
        raise
    finally:
        response.close()
    pairs = sorted((name.lower(), value) for name, value in response.getheaders())
    varying = {name: value for name, value in pairs if name in VARYING}
    return Answer(response.status, [pair for pair in pairs if pair[0] not in VARYING], body, varying)


@contextmanager
def running(kind: str, begun: Callable[[Site], object] = Site.listens, **more: str) -> Iterator[Site]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.edge.site", kind, str(port)],
        cwd=ROOT,
        env=os.environ | more,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    site = Site(port, process)
    try:
        wait_until(lambda: process.poll() is not None or begun(site), "the server did not start")
        assert process.poll() is None, process.communicate()
        yield site
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


@pytest.fixture(scope="module")
def granian() -> Iterator[Site]:
    with running("granian") as site:
        yield site


@pytest.fixture(scope="module")
def uvicorn() -> Iterator[Site]:
    with running("uvicorn") as site:
        yield site
