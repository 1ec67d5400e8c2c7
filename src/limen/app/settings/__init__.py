"""The process's settings: read once from ``limen.toml`` and ``LIMEN_…``, then handed down in frozen sections.

Owns every setting's name, unit, default and meaning; the JSON Schema and the reference page are generated from the
records. Leaves what a tenant's administrator may change to the database (``limen apply``). A setting ``port`` of the
section ``server`` is ``[server] port`` in the file and ``LIMEN_SERVER_PORT`` in the environment, which wins.
"""

from limen.app.settings.checks import require_servable
from limen.app.settings.records import Settings
from limen.app.settings.sources import read_settings

__all__ = ["Settings", "read_settings", "require_servable"]
