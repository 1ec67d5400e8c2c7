"""What must be there before anything is served: tables, the keyring, the default tenant."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog

from limen.app.settings.derived import DatabaseUrls, keyring_path
from limen.app.settings.records import Settings
from limen.identity.administrators import SYSTEM
from limen.identity.keyring import FileKeyring, Keyring, KeyringSettings
from limen.identity.tenants.management import Tenancy
from limen.identity.tenants.records import DEFAULT_SLUG, Tenant
from limen.kernel.clock import Clock
from limen.kernel.entropy import Entropy, random_token
from limen.kernel.errors import Misconfigured, Refusal
from limen.kernel.secret import Secret
from limen.storage.opening import Storage
from limen.storage.revision import newest_revision, revision

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
    return FileKeyring.ensure(KeyringSettings(keyring_path(settings), tuple(roots), lifetime), clock, entropy)


@contextmanager
def reachable() -> Iterator[None]:
    """Turn the many ways in which a database does not answer into one.

    Raises:
        Misconfigured: it does not. The driver's own message is left out: it may quote the address.
    """
    from asyncpg import PostgresError  # noqa: PLC0415
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    try:
        yield
    except (OSError, PostgresError, DBAPIError) as error:
        problem = f"the database does not answer ({type(getattr(error, 'orig', None) or error).__name__})"
        raise Misconfigured(problem, "see that it runs, and that its URL, login and rights are right") from error


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
        await data.engine.dispose()
        await keys.engine.dispose()


async def require_migrated(storage: Storage, urls: DatabaseUrls) -> None:
    """See that the tables are of this version; an embedded database that is new is brought there.

    Raises:
        Misconfigured: they are not.
    """
    found = await revision(storage.database)
    if found == newest_revision():
        return
    if found is None and urls.is_sqlite:
        _log.info("database.first_start")
        await migrate_databases(urls)
        return
    what = "has no tables yet" if found is None else f"is at revision {found}, this version is at {newest_revision()}"
    raise Misconfigured(f"the database {what}", "run: limen migrate")


async def default_tenant(
    settings: Settings, storage: Storage, keyring: Keyring, clock: Clock, entropy: Entropy
) -> Tenant:
    """Return the default tenant, made at the first start.

    Raises:
        Misconfigured: it was made with another issuer, or no issuer is set.
    """
    tenant = await storage.tenants.find(DEFAULT_SLUG)
    if tenant is None:
        if not settings.issuer:
            raise Misconfigured("the issuer is not set", "set LIMEN_ISSUER to the public base URL")
        made = await tenancy(settings, storage, keyring, clock, entropy).create(DEFAULT_SLUG, "Limen", SYSTEM)
        if not isinstance(made, Refusal):
            return made
        tenant = await storage.tenants.find(DEFAULT_SLUG)  # another process was quicker
        if tenant is None:
            raise Misconfigured(f"the default tenant cannot be made: {made.code}", "look at the issuer")
    if settings.issuer and tenant.issuer != settings.issuer:
        raise Misconfigured(
            f"the issuer is {settings.issuer}, but this database was set up for {tenant.issuer}",
            "an issuer is fixed: tokens, clients and passkeys depend on it. Set LIMEN_ISSUER back, or use a new database",
        )
    return tenant


def tenancy(
    settings: Settings, storage: Storage, keyring: Keyring, clock: Clock, entropy: Entropy, platform: Tenant | None = None
) -> Tenancy:
    """Return the administration of tenants."""
    return Tenancy(
        begin=storage.database.begin,
        reading=storage.database.read,
        keyring=keyring,
        base_url=settings.issuer,
        platform=platform.id if platform is not None else None,
        clock=clock,
        entropy=entropy,
    )
