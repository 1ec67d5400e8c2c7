"""What operators and security people see."""

from typing import Annotated, Literal

from msgspec import Meta

from limen.app.settings.sections import NO_SECRET, Section
from limen.kernel.secret import Secret


class AuditSection(Section, frozen=True):
    """The audit log, beside what each tenant says of its own."""

    stream_directory: Annotated[
        str,
        Meta(
            description="The folder below which destinations of the kind `file` write, each tenant in a folder of its "
            "own: `<slug>/<name>.log`. Empty: no tenant writes files."
        ),
    ] = ""


class MetricsSection(Section, frozen=True):
    """Who may scrape `/metrics`."""

    token: Annotated[
        Secret,
        Meta(description="The bearer token a scraper must show. Empty: loopback only, and not through a proxy."),
    ] = NO_SECRET


class LogSection(Section, frozen=True):
    """What is logged to standard error."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="The least severity that is logged.")
    ] = "info"
    format: Annotated[
        Literal["auto", "json", "text"],
        Meta(description="JSON lines, or text for people. `auto`: text at a terminal."),
    ] = "auto"
