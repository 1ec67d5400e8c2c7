"""What the parts say: the keyring file and the databases. Nothing is made where there is nothing yet."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from limen.app.doctor.audit import audit_findings
from limen.app.doctor.clients import client_findings
from limen.app.doctor.findings import Finding, weak, wrong
from limen.app.doctor.search import search_findings
from limen.app.preparing import reachable
from limen.app.settings import Settings
from limen.app.settings.derived import DatabaseUrls, database_urls, keyring_path
from limen.identity.keyring.keyfile import KeyFile
from limen.identity.tenants.records import Tenant
from limen.kernel.clock import SystemClock
from limen.kernel.entropy import SystemEntropy
from limen.kernel.errors import Misconfigured
from limen.storage.database import Database, open_dialect
from limen.storage.dialects.sqlite import path_of
from limen.storage.postgres import role_for
from limen.storage.revision import newest_revision, revision
from limen.storage.standing import is_durable, login_bypasses_row_security
from limen.storage.tenants import SqlTenants

_APP_ROLE = "limen_app"


@dataclass(frozen=True, slots=True)
class Parts:
    """What was found, and the tenants that are active; None where they cannot be read."""

    findings: Sequence[Finding]
    tenants: Sequence[Tenant] | None = None


async def parts_of(settings: Settings) -> Parts:
    """Return what is wrong with the keyring and the databases, and who lives there."""
    found = [*_keyring(settings)]
    urls = database_urls(settings)
    if urls.is_sqlite and not path_of(urls.data).exists():
        found.append(weak("there is no database yet", "limen serve makes the embedded one at its first start"))
        return Parts(found)
    try:
        with reachable():
            return await _database(urls, found)
    except Misconfigured as error:
        return Parts([*found, wrong(str(error), error.hint)])


def _keyring(settings: Settings) -> Iterator[Finding]:
    path = keyring_path(settings)
    if not path.exists():
        yield weak("there is no keyring yet", "limen serve makes it at its first start")
        return
    try:
        KeyFile(path).read()
    except Misconfigured as error:
        yield wrong(str(error), error.hint)


async def _database(urls: DatabaseUrls, found: list[Finding]) -> Parts:
    dialect = open_dialect(urls.data, role=None if urls.is_sqlite else role_for(urls.data, _APP_ROLE))
    database = Database(dialect, SystemClock(), SystemEntropy(), worker="doctor")
    try:
        at = await revision(database)
        if at != newest_revision():
            words = f"the database is at revision {at}, this version at {newest_revision()}"
            return Parts([*found, wrong(words, "limen migrate")])
        found += [one async for one in _standing(database, urls)]
        for asked in (audit_findings, search_findings, client_findings):
            found += await asked(database)
        return Parts(found, await _active(database))
    finally:
        await database.close()


async def _standing(database: Database, urls: DatabaseUrls) -> AsyncIterator[Finding]:
    if not await is_durable(database):
        words = f"a power cut may lose what was acknowledged: {await database.dialect.durability()}"
        yield weak(words, "see the guide")
    if await login_bypasses_row_security(database):
        yield weak(
            "the login is above row-level security, which then rests on the role it takes",
            "log in as a plain member of limen_app",
        )
    if not urls.is_sqlite and not urls.token:
        yield weak("the token doors share the pages' login", "set LIMEN_TOKEN_DATABASE_URL to a member of limen_token")


async def _active(database: Database) -> list[Tenant]:
    found: list[Tenant] = []
    after = ""
    while page := await SqlTenants(database).list(after=after, limit=200):
        found += [tenant for tenant in page if tenant.is_active]
        after = page[-1].id
    return found
