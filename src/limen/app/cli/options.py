"""What several commands take."""

import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from limen.app.settings import Settings, read_settings
from limen.integration.edge import logs

ConfigFile = Annotated[
    Path | None, Parameter(name="--config", help="The settings' file; LIMEN_CONFIG or ./limen.toml unless given.")
]


def thumbprint_of(what: str) -> Parameter:
    """Return ``--key``, the thumbprint of *what*. One in sixty-four begins with a hyphen (base64url, RFC 7638)."""
    help_text = f"The thumbprint of {what} (its `kid`), learnt elsewhere: no other is believed."
    return Parameter(name="--key", help=help_text, allow_leading_hyphen=True)


def settings_from(config: Path | None, **given: Any) -> Settings:
    """Read the settings and begin to log as they say.

    Raises:
        Misconfigured: a setting is unknown or wrong.
    """
    settings = read_settings(file=config, **given)
    begin_logging(settings)
    return settings


def begin_logging(settings: Settings, least: str | None = None) -> None:
    """Send the logs to standard error, so that standard output is the command's own."""
    log = settings.log
    as_json = log.format == "json" or (log.format == "auto" and not sys.stderr.isatty())
    logs.configure(sys.stderr, (least or log.level).upper(), as_json=as_json)
