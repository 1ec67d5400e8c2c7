"""A set of a billion passwords in two bytes each: Golomb-Rice coded, mapped into memory, read in place.

Each member is 64 bits of a hash, taken as evenly spread. Scaled to ``[0, count * 2**BITS)`` the members lie about
``2**BITS`` apart, and what is stored is how far each is from the one before: the low :data:`BITS` bits as they are,
the rest in unary (Golomb 1966, Rice 1979). Members lie in blocks of :data:`BLOCK`; an index says where each block
begins, so that a look-up reads one. It is wrong for one stranger in ``2**BITS`` (1 in 4,096), and never about a member.

Layout: :data:`MAGIC`, a header (what it holds, how many, when made), the index of 5-byte offsets, the blocks.
"""

import hashlib
import mmap
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Literal

from limen.kernel.clock import Instant
from limen.kernel.errors import Corrupted

MAGIC: Final = b"limen.set.1\n"
BITS: Final = 12
BLOCK: Final = 64
Kind = Literal["passwords", "pairs"]
_KINDS: Final[tuple[Kind, ...]] = ("passwords", "pairs")
_HEADER: Final = struct.Struct(">BQQQ32s")
"""Kind, members, microseconds since 1970 when it was made, bytes of the blocks, SHA-256 of index and these fields."""
_OFFSET: Final = 5
_SPAN: Final = BLOCK << BITS
_LOW: Final = (1 << BITS) - 1


def fingerprint(data: bytes) -> int:
    """Return the 64 bits by which *data* is a member: the first of its SHA-1, by which lists of breaches go."""
    return int.from_bytes(hashlib.sha1(data, usedforsecurity=False).digest()[:8], "big")


@dataclass(frozen=True, slots=True)
class About:
    """What a set says of itself."""

    kind: Kind
    count: int
    made_at: Instant


def encode(members: Iterable[int], about: About, target: BinaryIO) -> None:
    """Write the set of *members*, ascending and each once, ``about.count`` of them, to *target* (seekable)."""
    blocks = -(-about.count // BLOCK)
    begin = target.tell() + len(MAGIC) + _HEADER.size
    target.seek(begin + (blocks + 1) * _OFFSET)
    offsets, written = bytearray(), 0
    for block in _in_blocks(members, about.count, blocks):
        offsets += written.to_bytes(_OFFSET, "big")
        coded = _coded(block)
        target.write(coded)
        written += len(coded)
    offsets += written.to_bytes(_OFFSET, "big")
    target.seek(begin)
    target.write(offsets)
    target.seek(begin - len(MAGIC) - _HEADER.size)
    facts = (_KINDS.index(about.kind), about.count, about.made_at, written)
    target.write(MAGIC + _HEADER.pack(*facts, _seal(facts, offsets)))


def _in_blocks(members: Iterable[int], count: int, blocks: int) -> Iterator[list[int]]:
    """Yield the distances within each block from its beginning, ascending; empty blocks too."""
    scale, at = count << BITS, 0
    block: list[int] = []
    for member in members:
        number, rest = divmod((member * scale) >> 64, _SPAN)
        while at < number:
            yield block
            block, at = [], at + 1
        block.append(rest)
    while at < blocks:
        yield block
        block, at = [], at + 1


def _coded(block: list[int]) -> bytes:
    """Return the distances, each a run of ones, a zero and :data:`BITS` bits; ones fill the last byte."""
    bits, length, before = 0, 0, 0
    for value in block:
        far = value - before
        ones = far >> BITS
        bits = (((bits << ones) | ((1 << ones) - 1)) << (BITS + 1)) | (far & _LOW)
        length += ones + 1 + BITS
        before = value
    spare = -length % 8
    return ((bits << spare) | ((1 << spare) - 1)).to_bytes((length + spare) // 8, "big")


def _seal(facts: tuple[int, ...], offsets: bytes | bytearray | memoryview) -> bytes:
    digest = hashlib.sha256(struct.pack(">BQQQ", *facts))
    digest.update(offsets)
    return digest.digest()


class CompactSet:
    """A set as it lies in memory, or in a file that is mapped."""

    def __init__(self, data: bytes | mmap.mmap) -> None:
        """Read what *data* says of itself.

        Raises:
            Corrupted: it is no such set, or not whole.
        """
        begin = len(MAGIC) + _HEADER.size
        if len(data) < begin or data[: len(MAGIC)] != MAGIC:
            raise Corrupted("this is no set of ours")
        kind, count, made_at, written, seal = _HEADER.unpack(data[len(MAGIC) : begin])
        blocks = -(-count // BLOCK)
        self._blocks = begin + (blocks + 1) * _OFFSET
        if kind >= len(_KINDS) or len(data) != self._blocks + written:
            raise Corrupted("the set is not whole")
        with memoryview(data) as view, view[begin : self._blocks] as offsets:
            if _seal((kind, count, made_at, written), offsets) != seal:
                raise Corrupted("the set's index is damaged")
        self.about = About(_KINDS[kind], count, made_at)
        self._data, self._index = data, begin

    @classmethod
    def open(cls, path: Path) -> "CompactSet":
        """Map the file at *path*; its pages are read as they are asked for, and shared by all processes.

        Raises:
            Corrupted: it is no such set, or not whole.
            OSError: it cannot be read.
        """
        with path.open("rb") as file:
            if not path.stat().st_size:
                raise Corrupted("this is no set of ours")
            return cls(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))

    def __len__(self) -> int:
        """Return how many members there are."""
        return self.about.count

    def __contains__(self, member: object) -> bool:
        """Tell whether *member* is in it."""
        if not isinstance(member, int) or not self.about.count:
            return False
        number, wanted = divmod((member * (self.about.count << BITS)) >> 64, _SPAN)
        at = self._index + number * _OFFSET
        bounds = self._data[at : at + 2 * _OFFSET]
        first = self._blocks + int.from_bytes(bounds[:_OFFSET], "big")
        last = self._blocks + int.from_bytes(bounds[_OFFSET:], "big")
        return _is_in(wanted, self._data[first:last])


def _is_in(wanted: int, coded: bytes) -> bool:
    """Walk a block until *wanted* is met or passed. Text is what this language searches fastest."""
    bits = f"{int.from_bytes(coded, 'big'):0{len(coded) * 8}b}" if coded else ""
    at, value = 0, 0
    while (zero := bits.find("0", at)) >= 0:
        end = zero + 1 + BITS
        value += ((zero - at) << BITS) + int(bits[zero + 1 : end], 2)
        if value >= wanted:
            return value == wanted
        at = end
    return False
