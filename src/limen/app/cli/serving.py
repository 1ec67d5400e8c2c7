"""``limen serve``."""

from typing import Annotated

from cyclopts import Parameter

from limen.app.cli.options import ConfigFile, settings_from
from limen.app.settings import Settings, require_servable


def serve(
    *,
    config: ConfigFile = None,
    host: Annotated[str | None, Parameter(help="The address to listen on.")] = None,
    port: Annotated[int | None, Parameter(help="The TCP port to listen on.")] = None,
    workers: Annotated[int | None, Parameter(help="Processes that serve; SQLite allows one.")] = None,
) -> None:
    """Serve until told to stop. Requests in flight are finished first, and nothing acknowledged is lost."""
    settings = settings_from(config, server__host=host, server__port=port, server__workers=workers)
    require_servable(settings)
    run(settings)


def run(settings: Settings) -> None:
    """Serve *settings*."""
    from limen.app.footprint import loading, spare_memory  # noqa: PLC0415  # what is heavy: once the settings are right

    spare_memory()
    with loading():
        from limen.app.compose import build  # noqa: PLC0415
        from limen.app.server.serving import serve as serve_app  # noqa: PLC0415
        from limen.app.serving import announce, options_of  # noqa: PLC0415

    serve_app(lambda: build(settings), options_of(settings), lambda: announce(settings))
