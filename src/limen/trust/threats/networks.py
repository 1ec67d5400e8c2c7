"""Ranges of addresses in sorted arrays: a million in twenty megabytes, looked up in about a microsecond.

IPv4 ranges are pairs of 32-bit numbers. Of IPv6 the first 64 bits are kept: a /64 is one subscriber, and what names
less of it means all of it. Ranges that overlap or touch are joined, so that one bisection answers.
"""

import socket
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

_V4_BITS: Final = 32
_V6_BITS: Final = 128
_HALF: Final = 64
_MAPPED: Final = bytes(10) + b"\xff\xff"


class RangeTable:
    """Which addresses are in any of many ranges."""

    __slots__ = ("_ends4", "_ends6", "_starts4", "_starts6")

    def __init__(self, ranges: Iterable["Range"] = ()) -> None:
        """Sort and join *ranges*."""
        packed4: array[int] = array("Q")
        wide6: list[int] = []
        for is_wide, first, last in ranges:
            if is_wide:
                wide6.append(first << _HALF | last)
            else:
                packed4.append(first << _V4_BITS | last)
        self._starts4, self._ends4 = _joined(sorted(packed4), _V4_BITS, "I")
        self._starts6, self._ends6 = _joined(sorted(wide6), _HALF, "Q")

    def __len__(self) -> int:
        """Return how many ranges there are once they are joined."""
        return len(self._starts4) + len(self._starts6)

    def __contains__(self, address: object) -> bool:
        """Tell whether *address*, as text, is in one; what is no address is in none."""
        number = address_number(address) if isinstance(address, str) else None
        if number is None:
            return False
        starts, ends = (self._starts6, self._ends6) if number[0] else (self._starts4, self._ends4)
        at = bisect_right(starts, number[1]) - 1
        return at >= 0 and ends[at] >= number[1]


Range = tuple[bool, int, int]
"""Whether it is IPv6, and its first and last number."""


def address_number(text: str) -> tuple[bool, int] | None:
    """Return whether an address is IPv6, and its number: of an IPv6 address the first 64 bits."""
    try:
        if ":" not in text:
            return False, int.from_bytes(socket.inet_pton(socket.AF_INET, text), "big")
        packed = socket.inet_pton(socket.AF_INET6, text.partition("%")[0])
    except (OSError, ValueError):
        return None
    if packed.startswith(_MAPPED):
        return False, int.from_bytes(packed[12:], "big")
    return True, int.from_bytes(packed[:8], "big")


def range_of(text: str) -> Range | None:
    """Return the range of an address, a network (CIDR) or two addresses with a hyphen between; None for neither."""
    head, is_span, tail = text.partition("-")
    if is_span:
        first, last = address_number(head.strip()), address_number(tail.strip())
        if first is None or last is None or first[0] != last[0] or first[1] > last[1]:
            return None
        return first[0], first[1], last[1]
    head, has_length, length = text.partition("/")
    found = address_number(head)
    if found is None:
        return None
    bits = _V6_BITS if ":" in head else _V4_BITS
    if not has_length:
        return found[0], found[1], found[1]
    if not length.isascii() or not length.isdigit() or not 0 <= int(length) <= bits:
        return None
    is_wide, number = found
    if is_wide != (":" in head):  # an IPv4 network written as IPv6
        length = str(max(0, int(length) - (_V6_BITS - _V4_BITS)))
    return _network(is_wide, number, int(length))


def _network(is_wide: bool, number: int, length: int) -> Range:  # noqa: FBT001
    spare = max(0, (_HALF if is_wide else _V4_BITS) - length)
    first = number >> spare << spare
    return is_wide, first, first | (1 << spare) - 1


def _joined(packed: list[int], shift: int, code: str) -> tuple["array[int]", "array[int]"]:
    starts, ends = array(code), array(code)
    mask = (1 << shift) - 1
    for one in packed:
        first, last = one >> shift, one & mask
        if ends and first <= ends[-1] + 1:
            ends[-1] = max(ends[-1], last)
            continue
        starts.append(first)
        ends.append(last)
    return starts, ends


def ranges_of(texts: Iterable[str]) -> Iterator[Range]:
    """Yield the ranges of what is known to be well written."""
    for text in texts:
        found = range_of(text)
        if found is not None:
            yield found
