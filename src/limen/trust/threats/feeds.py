"""Feeds of addresses: read whole or refused with the line named.

``cidr``: an address, a network or a span a line; what follows ``#`` or ``;`` is a remark. ``csv``: the column called
``network``, ``cidr``, ``ip``, ``address`` or ``prefix``, else the first. ``stix``: a STIX 2.1 bundle, of which the
patterns of indicators that are neither revoked nor over are searched for ``ipv4-addr`` and ``ipv6-addr`` values; what a
bundle says of other things is left out.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, get_args

import msgspec

from limen.kernel.clock import SECOND, Instant
from limen.trust.threats.networks import Range, RangeTable, range_of

Format = Literal["cidr", "csv", "stix"]
Action = Literal["block", "challenge", "note"]
FORMATS: Final[tuple[str, ...]] = get_args(Format)
ACTIONS: Final[tuple[str, ...]] = get_args(Action)
_COLUMNS: Final = ("network", "cidr", "ip", "address", "prefix")
_REMARK: Final = re.compile(r"[#;]")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_ADDRESSES: Final = re.compile(r"ipv[46]-addr:value\s*(?:=|ISSUBSET)\s*'([^']{1,64})'")
_LONGEST_LINE: Final = 10_000


class BadFeed(Exception):
    """A feed that is refused; the text names the line."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as the settings name it: ``NAME ACTION FORMAT LOCATION``; a location is an https URL or a path."""

    name: str
    action: Action
    format: Format
    location: str

    @property
    def is_remote(self) -> bool:
        """Tell whether it is fetched."""
        return "://" in self.location


def feed_of(text: str) -> Feed | None:
    """Return the feed that a line of the settings names; None where it names none."""
    parts = text.split(None, 3)
    if len(parts) < 4 or not _NAME.fullmatch(parts[0]) or parts[1] not in ACTIONS or parts[2] not in FORMATS:
        return None
    name, action, kind, location = parts
    return Feed(name, msgspec.convert(action, Action), msgspec.convert(kind, Format), location)


def read_feed(kind: Format, data: bytes, now: Instant) -> RangeTable:
    """Return the ranges of a feed. Takes seconds for a million: not on an event loop.

    Raises:
        BadFeed: something in it is not what it should be, or it holds no address at all.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFeed(f"line {data[: error.start].count(10) + 1}: it is not UTF-8") from None
    readers = {"cidr": _lines, "csv": _rows, "stix": _stix}
    table = RangeTable(readers[kind](text, now))
    if not len(table):
        raise BadFeed("it holds no address")
    return table


def _lines(text: str, _: Instant) -> Iterator[Range]:
    for number, line in enumerate(io.StringIO(text), 1):
        word = _REMARK.split(line, maxsplit=1)[0].strip() if "#" in line or ";" in line else line.strip()
        if not word:
            continue
        found = range_of(word)
        if found is None:
            raise _bad(number)
        yield found


def _rows(text: str, _: Instant) -> Iterator[Range]:
    lines = text.splitlines()
    if any(len(line) > _LONGEST_LINE for line in lines):
        raise BadFeed(f"line {next(n for n, one in enumerate(lines, 1) if len(one) > _LONGEST_LINE)}: it is too long")
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


def _stix(text: str, now: Instant) -> Iterator[Range]:
    try:
        bundle: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        at = re.search(r"byte (\d+)", str(error))
        line = text.encode()[: int(at[1])].count(10) + 1 if at else 1
        raise _bad(line, "it is no JSON") from None
    if not isinstance(bundle, dict) or bundle.get("type") != "bundle" or not isinstance(bundle.get("objects"), list):
        raise _bad(1, "it is no STIX bundle")
    for index, one in enumerate(bundle["objects"]):
        if not isinstance(one, dict):
            raise BadFeed(f"object {index}: it is none")
        if one.get("type") == "indicator" and _holds(one, now):
            yield from _indicated(one, index)


def _holds(indicator: dict[str, Any], now: Instant) -> bool:
    until = indicator.get("valid_until")
    if indicator.get("revoked") is True:
        return False
    if not isinstance(until, str):
        return True
    try:
        return msgspec.convert(until, datetime).timestamp() * SECOND > now
    except (msgspec.ValidationError, OverflowError):
        return True


def _indicated(indicator: dict[str, Any], index: int) -> Iterable[Range]:
    pattern = indicator.get("pattern")
    if not isinstance(pattern, str):
        raise BadFeed(f"object {index}: an indicator without a pattern")
    for word in _ADDRESSES.findall(pattern):
        found = range_of(word)
        if found is None:
            raise BadFeed(f"object {index}: {len(word)} characters that are no address")
        yield found


def _bad(number: int, why: str = "it is no address, network or span") -> BadFeed:
    return BadFeed(f"line {number}: {why}")
