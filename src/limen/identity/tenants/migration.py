"""Moving in one by one: the old system is asked about whoever is not known here."""

from collections.abc import Iterator
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec

SECONDS: Final = (1, 10)
PER_MINUTE: Final = (1, 6_000)
_LONGEST_URL: Final = 2_000


class MigrationSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whether an old system is asked when somebody signs in, or recovers, whom nobody knows here.

    While it is, every refusal of a sign-in takes as long as it may take to answer, for known and unknown alike.

    Attributes:
        url: where it is asked, https; empty for nowhere.
        seconds: how long it may take. Where it does not answer in time the sign-in is refused like any other.
        per_minute: how often it is asked at the most, whoever asks: stuffing here is none there. Beyond that sign-ins
            of unknown people are refused.
    """

    url: Annotated[str, msgspec.Meta(extra_json_schema={"maxLength": _LONGEST_URL})] = ""
    seconds: Annotated[int, msgspec.Meta(extra_json_schema={"minimum": SECONDS[0], "maximum": SECONDS[1]})] = 2
    per_minute: Annotated[int, msgspec.Meta(extra_json_schema={"minimum": PER_MINUTE[0], "maximum": PER_MINUTE[1]})] = (
        120
    )


def problems_of(settings: MigrationSettings, place: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with *settings*: where below *place*, and a message key."""
    if settings.url and not _is_address(settings.url):
        yield f"{place}.url", "url.invalid"
    for name, (least, most) in {"seconds": SECONDS, "per_minute": PER_MINUTE}.items():
        if not least <= getattr(settings, name) <= most:
            yield f"{place}.{name}", "number.out_of_bounds"


def _is_address(url: str) -> bool:
    """Tell whether *url* may be asked: https, or http on loopback, which the way out allows only where told so."""
    if len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_local = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}
    return (parts.scheme == "https" or is_local) and bool(parts.hostname) and "@" not in parts.netloc
