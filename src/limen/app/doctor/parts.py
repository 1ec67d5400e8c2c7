"""What the parts say: the keyring file and the databases. Nothing is made where there is nothing yet."""

from collections.abc import AsyncIterator, Iterator

from limen.app.doctor.audit import audit_findings
from limen.app.doctor.findings import Finding, weak, wrong
from limen.app.doctor.guards import guard_findings
from limen.app.doctor.passkeys import attestation_findings
from limen.app.doctor.search import search_findings
from limen.app.preparing import reachable
from limen.app.settings import Settings
from limen.app.settings.derived import DatabaseUrls, database_urls, keyring_path
from limen.identity.keyring.keyfile import KeyFile
from limen.kernel.clock import SystemClock
from limen.kernel.entropy import SystemEntropy
from limen.kernel.errors import Misconfigured
from limen.storage.database import Database, open_dialect
from limen.storage.dialects.sqlite import path_of
from limen.storage.postgres import role_for
from limen.storage.revision import newest_revision, revision
from limen.storage.standing import is_durable, login_bypasses_row_security

_APP_ROLE = "limen_app"


async def parts_findings(settings: Settings) -> AsyncIterator[Finding]:
    """Yield what is wrong with the keyring and the databases."""
    for finding in _keyring(settings):
        yield finding
    urls = database_urls(settings)
    if urls.is_sqlite and not path_of(urls.data).exists():
        yield weak("there is no database yet", "limen serve makes the embedded one at its first start")
        return
    try:
        with reachable():
            async for finding in _database(urls, settings):
                yield finding
    except Misconfigured as error:
        yield wrong(str(error), error.hint)


def _keyring(settings: Settings) -> Iterator[Finding]:
    path = keyring_path(settings)
    if not path.exists():
        yield weak("there is no keyring yet", "limen serve makes it at its first start")
        return
    try:
        KeyFile(path).read()
    except Misconfigured as error:
        yield wrong(str(error), error.hint)


async def _database(urls: DatabaseUrls, settings: Settings) -> AsyncIterator[Finding]:
    dialect = open_dialect(urls.data, role=None if urls.is_sqlite else role_for(urls.data, _APP_ROLE))
    database = Database(dialect, SystemClock(), SystemEntropy(), worker="doctor")
    try:
        found = await revision(database)
        if found != newest_revision():
            yield wrong(f"the database is at revision {found}, this version at {newest_revision()}", "limen migrate")
            return
        if not await is_durable(database):
            yield weak(f"a power cut may lose what was acknowledged: {await dialect.durability()}", "see the guide")
        if await login_bypasses_row_security(database):
            yield weak(
                "the login is above row-level security, which then rests on the role it takes",
                "log in as a plain member of limen_app",
            )
        if not urls.is_sqlite and not urls.token:
            yield weak(
                "the token doors share the pages' login", "set LIMEN_TOKEN_DATABASE_URL to a member of limen_token"
            )
        for asked in (audit_findings, guard_findings, search_findings):
            for finding in await asked(database):
                yield finding
        for finding in await attestation_findings(database, settings):
            yield finding
    finally:
        await database.close()
