"""Addresses in a STIX 2.1 bundle (OASIS STIX 2.1 §4.7, §8, §9).

The patterns of indicators are searched for what ``ipv4-addr:value`` and ``ipv6-addr:value`` equal, lie in or are one
of; no other part of a pattern is understood. Left out are indicators that are revoked, not yet or no longer valid, or
written in another language of patterns, and objects that are no indicators. Of one that comes in several versions the
latest counts.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from limen.kernel.clock import SECOND, Instant
from limen.trust.threats.networks import Range, range_of
from limen.trust.threats.records import BadFeed

_COMPARED: Final = re.compile(
    r"ipv[46]-addr:value\s*(?:(?:=|ISSUBSET)\s*'([^']{1,64})'|IN\s*\(([^()]{1,4096})\))", re.ASCII
)
_QUOTED: Final = re.compile(r"'([^']{1,64})'")
_AT_BYTE: Final = re.compile(r"byte (\d+)")


class Bundle(msgspec.Struct, frozen=True):
    """A bundle, its objects as they were written."""

    type: Literal["bundle"]
    objects: list[msgspec.Raw]


class Named(msgspec.Struct, frozen=True):
    """What every object says of itself; ``id`` and ``modified`` tell its versions apart."""

    type: str
    id: str = ""
    modified: datetime | None = None


class _Indicator(msgspec.Struct, frozen=True):
    pattern: str
    pattern_type: str = "stix"
    revoked: bool = False
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def holds(self, now: Instant) -> bool:
        """Tell whether it is to be acted upon."""
        return (
            not self.revoked
            and self.pattern_type == "stix"
            and (self.valid_from is None or _instant(self.valid_from) <= now)
            and (self.valid_until is None or now < _instant(self.valid_until))
        )


_bundles: Final = msgspec.json.Decoder(Bundle)
_named: Final = msgspec.json.Decoder(Named)
_indicators: Final = msgspec.json.Decoder(_Indicator)


def ranges_in(text: str, now: Instant) -> Iterator[Range]:
    """Yield what a bundle names.

    Raises:
        BadFeed: it is no bundle, or an object in it is not what it should be.
    """
    try:
        bundle = _bundles.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        at = _AT_BYTE.search(str(error))
        line = text.encode()[: int(at[1])].count(10) + 1 if at else 1
        raise BadFeed(f"line {line}: it is no STIX bundle") from None
    for index, raw in enumerate(latest(bundle.objects)):
        if raw is not None:
            yield from _indicated(raw, index, now)


def latest(objects: list[msgspec.Raw]) -> list[msgspec.Raw | None]:
    """Return *objects*, with None in the place of what is no indicator or has a later version.

    Raises:
        BadFeed: one is no object.
    """
    newest: dict[str, tuple[int, int]] = {}
    found: list[msgspec.Raw | None] = list(objects)
    for index, raw in enumerate(objects):
        one = named(raw, f"object {index}")
        if one.type != "indicator":
            found[index] = None
            continue
        at = _instant(one.modified) if one.modified is not None else 0
        before = newest.get(one.id) if one.id else None
        if before is not None and at < before[0]:
            found[index] = None
            continue
        if before is not None:
            found[before[1]] = None
        newest[one.id] = at, index
    return found


def named(raw: msgspec.Raw, where: str) -> Named:
    """Return what an object says of itself; *where* it is found names it in a refusal."""
    try:
        return _named.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadFeed(f"{where}: it is no object of STIX ({error})") from None


def _indicated(raw: msgspec.Raw, index: int, now: Instant) -> Iterator[Range]:
    try:
        indicator = _indicators.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadFeed(f"object {index}: it is no indicator ({error})") from None
    if not indicator.holds(now):
        return
    for single, several in _COMPARED.findall(indicator.pattern):
        for word in [single] if single else _QUOTED.findall(several):
            found = range_of(word)
            if found is None:
                raise BadFeed(f"object {index}: {len(word)} characters that are no address")
            yield found


def _instant(moment: datetime) -> Instant:
    """Return *moment*; in UTC where it names no zone, as this machine's would not reach back to the year 1."""
    return int((moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp() * SECOND)
