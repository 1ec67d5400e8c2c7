"""From settings to a listening server."""

from pathlib import Path

import structlog
from granian.constants import SSLProtocols

from limen.app import huge
from limen.app.footprint import settle
from limen.app.server.serving import ServeOptions
from limen.app.settings.derived import database_urls
from limen.app.settings.records import Settings


def options_of(settings: Settings) -> ServeOptions:
    """Return how to listen."""
    server = settings.server
    return ServeOptions(
        host=server.host,
        port=server.port,
        workers=server.workers,
        certificate=Path(server.tls_certificate) if server.tls_certificate else None,
        key=Path(server.tls_key) if server.tls_key else None,
        tls_min=SSLProtocols(server.tls_min),
        drain_seconds=server.drain_seconds,
    )


def announce(settings: Settings) -> None:
    """Say that the server listens, and settle down for a long life: its memory is laid in large pages meanwhile."""
    settle()
    huge.spread()
    structlog.get_logger("limen.server").info(
        "server.listening",
        host=settings.server.host,
        port=settings.server.port,
        issuer=settings.issuer,
        database="sqlite" if database_urls(settings).is_sqlite else "postgresql",
    )
