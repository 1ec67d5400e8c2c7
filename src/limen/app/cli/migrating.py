"""``limen migrate``."""

import asyncio

from limen.app.cli.options import ConfigFile, settings_from
from limen.app.settings.derived import database_urls


def migrate(*, config: ConfigFile = None) -> None:
    """Bring the databases to this version, as their owner. It may run while older processes still serve."""
    settings = settings_from(config)
    from limen.app.preparing import migrate_databases, reachable  # noqa: PLC0415

    with reachable():
        before, after = asyncio.run(migrate_databases(database_urls(settings)))
    moved = f"{before or 'nothing'} → {after}" if before != after else f"{after}, nothing to do"
    print(f"The database is at revision {moved}.")  # noqa: T201
