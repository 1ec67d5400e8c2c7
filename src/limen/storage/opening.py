"""Opening everything that storage gives to the application, by URL."""

from dataclasses import dataclass

from limen.kernel.clock import Clock
from limen.kernel.entropy import Entropy
from limen.kernel.ids import TenantId
from limen.storage.database import Database
from limen.storage.dialects import dialect_of
from limen.storage.dialects.sqlite import SqliteDialect
from limen.storage.feed import ChangeFeed
from limen.storage.gate import WriteGate
from limen.storage.hot.reads import SqliteReader
from limen.storage.hot.side import HotSide
from limen.storage.hot.sqlite import SqliteWriter
from limen.storage.hot.store import TenantHotTokens
from limen.storage.keystore import SqlKeyStore
from limen.storage.lanes import Lane
from limen.storage.leases import Leases
from limen.storage.outbox import SqlOutbox
from limen.storage.tenants import SqlTenants


@dataclass(frozen=True, slots=True)
class Storage:
    """All that one process keeps open. Its databases are migrated by somebody else, before."""

    database: Database
    keystore: SqlKeyStore
    tenants: SqlTenants
    outbox: SqlOutbox
    feed: ChangeFeed
    leases: Leases
    hot: HotSide

    def hot_for(self, tenant_id: TenantId) -> TenantHotTokens:
        """Return the hot doors' store of one tenant; making one costs nothing."""
        return TenantHotTokens(tenant_id, self.hot.group, self.hot.reader)

    @property
    def is_whole(self) -> bool:
        """Tell whether the disk has taken everything so far; where it has not, nothing is written any more."""
        return self.database.dialect.is_whole and self.keystore.is_whole

    async def close(self) -> None:
        """Commit what is waiting, then close every connection."""
        try:
            await self.hot.close()
        finally:
            try:
                await self.keystore.close()
            finally:
                await self.database.close()


async def open_storage(  # noqa: PLR0913 - by name, from settings
    *,
    database_url: str,
    keystore_url: str,
    token_database_url: str | None,
    worker: str,
    clock: Clock,
    entropy: Entropy,
) -> Storage:
    """Open the databases as the roles with the least they need.

    Args:
        database_url: ``sqlite:///path`` or ``postgresql://…``.
        keystore_url: the key store, a database of its own.
        token_database_url: the same PostgreSQL database for the hot doors, where the *token* role logs in by itself;
            None: *database_url*, whose user then has to be a member of ``limen_token``.
        worker: names this process start in the audit log and in leases; at most 55 characters.
        clock: where instants come from.
        entropy: where identifiers come from.

    Raises:
        Misconfigured: a URL is not understood, or its user may not take the role.
        OSError, asyncpg.PostgresError: PostgreSQL is not there.
    """
    if dialect_of(database_url) == "sqlite":
        dialect = SqliteDialect(database_url)
        database = Database(dialect, clock, entropy, worker=worker)
        hot = _sqlite_side(database, dialect, worker)
    else:
        from limen.storage import postgres  # noqa: PLC0415 - with asyncpg, which SQLite spares

        database = Database(postgres.app_dialect(database_url), clock, entropy, worker=worker)
        hot = await postgres.hot_side(token_database_url or database_url, database, worker)
    return Storage(
        database=database,
        keystore=_open_keystore(keystore_url),
        tenants=SqlTenants(database),
        outbox=SqlOutbox(database),
        feed=ChangeFeed(database, clock, alone=database.dialect.name == "sqlite"),
        leases=Leases(database, clock, worker),
        hot=hot,
    )


def _open_keystore(url: str) -> SqlKeyStore:
    if dialect_of(url) == "sqlite":
        return SqlKeyStore(SqliteDialect(url))
    from limen.storage.postgres import keys_dialect  # noqa: PLC0415 - as above

    return SqlKeyStore(keys_dialect(url))


def _sqlite_side(database: Database, dialect: SqliteDialect, worker: str) -> HotSide:
    clock, entropy = database.clock, database.entropy
    gate = database.gate or WriteGate()  # on SQLite there always is one
    lane = Lane(clock, entropy, f"{worker}:hot")
    writer = SqliteWriter(dialect, gate, lane, clock, on_commit=database.committed)
    reader = SqliteReader(dialect.path)

    async def close() -> None:
        try:
            await writer.close()
        finally:
            await reader.close()

    return HotSide(writer.group, reader, close)
