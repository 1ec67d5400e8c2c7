"""Feeds of addresses: read whole or refused with the line named.

``cidr``: an address, a network or a span a line; what follows ``#`` or ``;`` is a remark. ``csv``: the column called
``network``, ``cidr``, ``ip``, ``address`` or ``prefix``, else the first. ``stix``: a STIX 2.1 bundle; ``taxii``: what a
collection of a TAXII 2.1 server holds, kept as such a bundle (:mod:`.stix`, :mod:`.taxii`).
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, get_args

import msgspec

from limen.kernel.clock import Instant
from limen.trust.threats.networks import Range, RangeTable, range_of
from limen.trust.threats.records import BadFeed
from limen.trust.threats.stix import ranges_in

Format = Literal["cidr", "csv", "stix", "taxii"]
Action = Literal["block", "challenge", "note"]
Kind = Literal["", "anonymiser", "hosting"]
FORMATS: Final[tuple[str, ...]] = get_args(Format)
ACTIONS: Final[tuple[str, ...]] = get_args(Action)
KINDS: Final[tuple[str, ...]] = get_args(Kind)[1:]
_COLUMNS: Final = ("network", "cidr", "ip", "address", "prefix")
_REMARK: Final = re.compile(r"[#;]")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_LONGEST_LINE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as the settings name it: ``NAME ACTION [KIND] FORMAT LOCATION``; a location is an https URL or a path.

    That of a collection (``taxii``) is its URL, and nothing but a URL. A kind says what all its addresses are.
    """

    name: str
    action: Action
    format: Format
    location: str
    kind: Kind = ""

    @property
    def lists(self) -> bool:
        """Tell whether it holds something against its addresses; a mere note of what they are does not."""
        return self.action != "note" or not self.kind

    @property
    def is_remote(self) -> bool:
        """Tell whether it is fetched."""
        return "://" in self.location


def feed_of(text: str) -> Feed | None:
    """Return the feed that a line of the settings names; None where it names none."""
    parts = text.split(None, 3)
    of = parts.pop(2) if len(parts) == 4 and parts[2] in KINDS else ""
    if of:
        parts += parts.pop().split(None, 1)
    if len(parts) < 4 or not _NAME.fullmatch(parts[0]) or parts[1] not in ACTIONS or parts[2] not in FORMATS:
        return None
    name, action, kind, location = parts
    if kind == "taxii" and "://" not in location:
        return None
    convert = msgspec.convert
    return Feed(name, convert(action, Action), convert(kind, Format), location, convert(of, Kind))


def read_feed(kind: Format, data: bytes, now: Instant) -> RangeTable:
    """Return the ranges of a feed. Takes seconds for a million: not on an event loop.

    Raises:
        BadFeed: something in it is not what it should be, or it holds no address at all.
    """
    readers = {"cidr": _lines, "csv": _rows}
    try:
        reader = readers.get(kind)
        found = reader(_short(data)) if reader is not None else ranges_in(data.decode("utf-8-sig"), now)
        table = RangeTable(found)
    except UnicodeDecodeError:
        raise _bad(_undecodable(data), "it is not UTF-8") from None
    if not len(table):
        raise BadFeed("it holds no address")
    return table


def _lines(lines: Iterable[str]) -> Iterator[Range]:
    for number, line in enumerate(lines, 1):
        word = _REMARK.split(line, maxsplit=1)[0].strip() if "#" in line or ";" in line else line.strip()
        if not word:
            continue
        found = range_of(word)
        if found is None:
            raise _bad(number)
        yield found


def _rows(lines: Iterable[str]) -> Iterator[Range]:
    reader = csv.reader(lines, strict=True)
    column = 0
    try:
        for row in reader:
            if not row or row[0].lstrip().startswith("#"):
                continue
            if reader.line_num == 1 and range_of(row[0].strip()) is None:
                names = [name.strip().lower() for name in row]
                column = next((names.index(name) for name in _COLUMNS if name in names), 0)
                if not any(name in names for name in _COLUMNS):
                    raise _bad(1, "no column is called network, cidr, ip, address or prefix")
                continue
            found = range_of(row[column].strip()) if column < len(row) else None
            if found is None:
                raise _bad(reader.line_num)
            yield found
    except csv.Error:
        raise _bad(reader.line_num, "it is no CSV") from None


def _short(data: bytes) -> Iterator[str]:
    """Yield the lines, never all at once: there may be a million."""
    for number, line in enumerate(io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", newline=None), 1):
        if len(line) > _LONGEST_LINE:
            raise _bad(number, "it is too long")
        yield line


def _undecodable(data: bytes) -> int:
    """Return the number of the first line that is not UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return data[: error.start].count(10) + 1
    return 1


def _bad(number: int, why: str = "it is no address, network or span") -> BadFeed:
    return BadFeed(f"line {number}: {why}")
