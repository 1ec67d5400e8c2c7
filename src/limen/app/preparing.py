"""What must be there before storage is of use: the keyring, and tables of this version."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog

from limen.app.settings.derived import DatabaseUrls, keyring_path
from limen.app.settings.records import Settings
from limen.identity.keyring import FileKeyring, KeyringSettings
from limen.kernel.clock import Clock
from limen.kernel.entropy import Entropy, random_token
from limen.kernel.errors import Misconfigured
from limen.kernel.secret import Secret
from limen.storage.opening import Storage
from limen.storage.revision import is_planner_told, newest_revision, revision

_log = structlog.get_logger("limen.start")


def worker_name(entropy: Entropy) -> str:
    """Return a name that no other start of any process has: host, process, chance; at most 55 characters."""
    return f"{os.uname().nodename[:32]}:{os.getpid()}:{random_token(entropy, 6)}"


def file_keyring(settings: Settings, clock: Clock, entropy: Entropy) -> FileKeyring:
    """Return the keyring file, made at the first start. Blocks.

    Raises:
        Misconfigured: it cannot be made, or not be used.
    """
    roots = [Secret(part.strip()) for part in settings.root_key.reveal().split(",") if part.strip()]
    lifetime = timedelta(days=settings.keyring.epoch_days)
    elsewhere = bool(settings.kms.kind)
    return FileKeyring.ensure(
        KeyringSettings(keyring_path(settings), tuple(roots), lifetime, elsewhere), clock, entropy
    )


@contextmanager
def reachable() -> Iterator[None]:
    """Turn the many ways in which a database does not answer into one.

    Raises:
        Misconfigured: it does not. The driver's own message is left out: it may quote the address.
    """
    try:
        yield
    except Exception as error:
        if not isinstance(error, _unanswered()):
            raise
        problem = f"the database does not answer ({type(getattr(error, 'orig', None) or error).__name__})"
        raise Misconfigured(problem, "see that it runs, and that its URL, login and rights are right") from error


def _unanswered() -> tuple[type[Exception], ...]:
    """Return what drivers raise; asked where something went wrong, since SQLite spares the other's."""
    from asyncpg import InterfaceError, PostgresError  # noqa: PLC0415
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    return OSError, PostgresError, InterfaceError, sqlite3.Error, DBAPIError


async def migrate_databases(urls: DatabaseUrls) -> tuple[str | None, str | None]:
    """Bring both databases to this version, as their owner; return the data's revision before and after.

    Raises:
        Misconfigured: a URL is not understood.
    """
    from limen.storage.database import open_dialect  # noqa: PLC0415
    from limen.storage.migrations import migrate, migrate_keystore  # noqa: PLC0415  # Alembic: 8 MB, few starts need it

    data, keys = open_dialect(urls.data_owner), open_dialect(urls.keys_owner)
    try:
        await migrate_keystore(keys)
        return await migrate(data)
    finally:
        await data.close()
        await keys.close()


async def require_migrated(storage: Storage, urls: DatabaseUrls) -> None:
    """See that the tables are of this version; an embedded database that is new, or was told less, is brought there.

    Raises:
        Misconfigured: they are not.
    """
    found = await revision(storage.database)
    is_newest = found == newest_revision()
    if is_newest and await is_planner_told(storage.database):
        return
    if urls.is_sqlite and (is_newest or found is None):
        _log.info("database.planner_told" if is_newest else "database.first_start")
        await migrate_databases(urls)
        return
    raise outdated(found)


async def require_tables(urls: DatabaseUrls, chance: tuple[Clock, Entropy]) -> None:
    """Look at the tables without taking a role: before the first migration there is none.

    Raises:
        Misconfigured: they are not of this version.
    """
    from limen.storage.database import Database, open_dialect  # noqa: PLC0415  # only where something is wrong

    database = Database(open_dialect(urls.data), *chance, worker="start")
    try:
        found = await revision(database)
    finally:
        await database.close()
    if found != newest_revision():
        raise outdated(found)


def outdated(found: str | None) -> Misconfigured:
    """Return what to say of tables at revision *found*."""
    what = "has no tables yet" if found is None else f"is at revision {found}, this version is at {newest_revision()}"
    return Misconfigured(f"the database {what}", "run: limen migrate")
