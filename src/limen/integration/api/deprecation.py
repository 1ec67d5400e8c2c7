"""What of the API will go: one table, from which answers, the document and the count are made.

A row names an operation, and where it is not all of it, the members that will go. Nothing is in the table today.
RFC 9745 (``Deprecation``), RFC 8594 (``Sunset``).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final

NOTICE: Final = timedelta(days=365)
"""How long before it goes it is said, at the least."""


@dataclass(frozen=True, slots=True)
class Deprecation:
    """One row.

    Attributes:
        since: from when on it should not be used.
        sunset: when it will be gone; at least twelve months later.
        link: the page that says what to use in its place.
        members: query parameters and members of the body that go, and the operation stays; none where all of it goes.
    """

    since: date
    sunset: date
    link: str
    members: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Hold the row to what the guide promises.

        Raises:
            ValueError: it breaks the promise.
        """
        if self.sunset - self.since < NOTICE:
            raise ValueError("what goes is announced at least twelve months before")
        if not self.link.startswith("https://"):
            raise ValueError("a page has to say what to use in its place")

    def concerns(self, named: Iterable[str]) -> bool:
        """Tell whether a request that names these parameters and members uses what will go."""
        return not self.members or not set(self.members).isdisjoint(named)

    def headers(self) -> dict[str, str]:
        """Return what answers say of it (RFC 9745 §2 and §3, RFC 8594 §3); ``Link`` may stand beside others."""
        return {
            "deprecation": f"@{int(_midnight(self.since).timestamp())}",
            "sunset": format_datetime(_midnight(self.sunset), usegmt=True),
            "link": f'<{self.link}>; rel="deprecation"; type="text/html"',
        }

    def describe(self, operation: dict[str, Any], schemas: dict[str, Any]) -> None:
        """Say it in *operation* of the document; its body may refer to *schemas*."""
        what = f"`{'`, `'.join(self.members)}`: deprecated" if self.members else "Deprecated"
        said = f"{what} since {self.since}, gone on {self.sunset}: [what to use in its place]({self.link})."
        operation["description"] = f"{operation.get('description', '')}\n\n{said}".strip()
        if not self.members:
            operation["deprecated"] = True
            return
        found = [one for one in operation.get("parameters", ()) if one["name"] in self.members]
        for content in operation.get("requestBody", {}).get("content", {}).values():
            name = content["schema"].get("$ref", "").rpartition("/")[2]
            properties = schemas.get(name, content["schema"]).get("properties", {})
            found += [value for member, value in properties.items() if member in self.members]
        for one in found:
            one["deprecated"] = True


DEPRECATED: Final[dict[str, Deprecation]] = {}
"""``GET /api/v1/clients/{client_id}`` to what is said of it: the names are those of the document."""

CountDeprecated = Callable[[str], None]
"""Counts a call of a deprecated operation, by its name in the table."""


def uncounted_calls(_: str) -> None:
    """Count nothing."""


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
