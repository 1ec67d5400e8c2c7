"""Where addresses are: which databases a process reads, and what stands in for them."""

from pathlib import Path

from limen.app.settings import Settings
from limen.integration.outgoing.copies import put_copy
from limen.kernel.errors import Misconfigured
from limen.trust.geography.atlas import Atlas
from limen.trust.geography.databases import Count, Database


def geography_folder(settings: Settings) -> Path:
    """Return where copies of the databases lie."""
    return Path(settings.data_dir) / "geography"


def database_paths(settings: Settings) -> tuple[Path, ...]:
    """Return where the operator's databases lie.

    Raises:
        Misconfigured: two have one name, and so would have one copy.
    """
    paths = tuple(Path(named) for named in settings.geography.databases)
    if len({path.name for path in paths}) < len(paths):
        raise Misconfigured("geography.databases names two files that are called the same", "call them differently")
    return paths


def atlas_of(settings: Settings, count: Count) -> Atlas:
    """Return what knows where addresses are; nothing is read yet."""
    folder = geography_folder(settings)
    databases = [Database(path, folder, put_copy, count) for path in database_paths(settings)]
    return Atlas(databases, has_base=settings.geography.base == "registries")
