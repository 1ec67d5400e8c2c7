"""What the doctor says of geography: which databases there are, and how old."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from limen.app.doctor.findings import Finding, weak, wrong
from limen.app.geography import database_paths
from limen.app.settings import Settings
from limen.kernel.clock import DAY, SystemClock
from limen.kernel.errors import Misconfigured
from limen.trust.geography.databases import BadDatabase, read_database

_OLD: Final = 90 * DAY


def geography_findings(settings: Settings) -> Iterator[Finding]:
    """Yield what is missing, damaged or old, and what nobody knows because of it."""
    try:
        paths = database_paths(settings)
    except Misconfigured as error:
        yield wrong(str(error), error.hint)
        return
    for path in paths:
        yield from _database(path)
    if not paths and settings.geography.base == "off":
        yield weak(
            "geography: no country is known: signals and notices that rest on it say nothing",
            "set geography.base to registries, or name a database in geography.databases",
        )


def _database(path: Path) -> Iterator[Finding]:
    name = f"geography.databases: {path}"
    try:
        with tempfile.NamedTemporaryFile(suffix=".mmdb") as copy:  # it is mapped, and may be written to meanwhile
            copy.write(path.read_bytes())
            copy.flush()
            found = read_database(Path(copy.name))
            found.reader.close()
    except OSError as error:
        yield wrong(f"{name} cannot be read ({type(error).__name__}); the last good one stays", "see the path")
        return
    except BadDatabase as error:
        yield wrong(f"{name} is refused ({error}); the last good one stays", "fetch it again")
        return
    age = SystemClock().now() - found.built_at
    if age > _OLD:
        yield weak(f"{name} was made {age // DAY} days ago: networks have moved since", "fetch a newer one")
