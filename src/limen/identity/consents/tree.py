"""The Merkle tree over a tenant's records: roots, proofs of inclusion, proofs of consistency (RFC 9162 §2.1).

Leaves are hashed behind 0x00 and nodes behind 0x01. Roots of whole subtrees of 256, 65,536, … leaves are kept as
*tiles* by whoever stores the tree, so that a root or a proof costs a few reads of at most 256 hashes, however large the
tree is.
"""

from collections.abc import Sequence
from typing import Final, Protocol

from limen.kernel.encoding import sha256

TILE: Final = 256
_TILE_BITS: Final = 8


class Hashes(Protocol):
    """Reads the stored hashes of one tree."""

    async def leaves(self, start: int, end: int) -> Sequence[bytes]:
        """Return the leaf hashes from *start* up to, without, *end*."""
        ...

    async def tiles(self, level: int, start: int, end: int) -> Sequence[bytes]:
        """Return the roots of whole subtrees of ``256 ** level`` leaves, by their number among those."""
        ...


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf with these bytes (RFC 9162 §2.1.1)."""
    return sha256(b"\x00", data)


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node."""
    return sha256(b"\x01", left, right)


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root over *hashes*, which are leaf hashes, or nodes of one height (RFC 9162 §2.1.1)."""
    if not hashes:
        return sha256()
    if len(hashes) == 1:
        return hashes[0]
    split = _split(len(hashes))
    return node_hash(root_of(hashes[:split]), root_of(hashes[split:]))


class Frontier:
    """The root of a growing tree, in memory of its height: for whoever reads all leaves once, in order."""

    def __init__(self) -> None:
        """Begin with no leaf."""
        self._peaks: list[tuple[int, bytes]] = []
        self.size = 0

    def add(self, leaf: bytes) -> None:
        """Add a leaf hash at the end."""
        height, node = 0, leaf
        while self._peaks and self._peaks[-1][0] == height:
            node = node_hash(self._peaks.pop()[1], node)
            height += 1
        self._peaks.append((height, node))
        self.size += 1

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        if not self._peaks:
            return sha256()
        root = self._peaks[-1][1]
        for _, node in reversed(self._peaks[:-1]):
            root = node_hash(node, root)
        return root


async def subtree(hashes: Hashes, start: int, end: int) -> bytes:
    """Return the root over the leaves from *start* up to *end*, a range that occurs in the definition of a tree."""
    size = end - start
    if size <= TILE:
        return root_of(await hashes.leaves(start, end))
    if size & (size - 1):
        split = start + _split(size)
        return node_hash(await subtree(hashes, start, split), await subtree(hashes, split, end))
    level = (size.bit_length() - 1) // _TILE_BITS
    span = TILE**level
    return root_of(await hashes.tiles(level, start // span, end // span))


def finished_tiles(before: int, after: int) -> list[tuple[int, int]]:
    """Return (level, number) of each tile that became whole when the tree grew from *before* leaves to *after*.

    Lower levels come first: the higher ones are made of them.
    """
    found: list[tuple[int, int]] = []
    level, span = 1, TILE
    while span <= after:
        found += [(level, number) for number in range(before // span, after // span)]
        level, span = level + 1, span * TILE
    return found


async def inclusion(hashes: Hashes, index: int, size: int) -> list[bytes]:
    """Return the proof that the leaf at *index* (from 0) is in the tree of *size* leaves (RFC 9162 §2.1.3.1)."""
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        split = start + _split(end - start)
        if index < split:
            path.append(await subtree(hashes, split, end))
            end = split
        else:
            path.append(await subtree(hashes, start, split))
            start = split
    return path[::-1]


async def consistency(hashes: Hashes, old: int, size: int) -> list[bytes]:
    """Return the proof that the tree of *size* leaves begins with that of *old*, at least one (RFC 9162 §2.1.4.1)."""
    path: list[bytes] = []
    start, end, is_left_edge = 0, size, True
    while old != end - start:
        split = _split(end - start)
        if old <= split:
            path.append(await subtree(hashes, start + split, end))
            end = start + split
        else:
            path.append(await subtree(hashes, start, start + split))
            start, old, is_left_edge = start + split, old - split, False
    if not is_left_edge:
        path.append(await subtree(hashes, start, end))
    return path[::-1]


def includes(leaf: bytes, place: tuple[int, int], path: Sequence[bytes], root: bytes) -> bool:
    """Tell whether *path* proves *leaf* at *place* (index, tree size) under *root* (RFC 9162 §2.1.3.2)."""
    index, size = place
    if not 0 <= index < size:
        return False
    number, last, node = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if number & 1 or number == last:
            node = node_hash(sibling, node)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        number, last = number >> 1, last >> 1
    return last == 0 and node == root


def extends(old: tuple[int, bytes], new: tuple[int, bytes], path: Sequence[bytes]) -> bool:
    """Tell whether *path* proves that the tree *new* (size, root) begins with *old* (RFC 9162 §2.1.4.2)."""
    (old_size, old_root), (new_size, new_root) = old, new
    if not 0 < old_size <= new_size:
        return False
    if old_size == new_size:
        return not path and old_root == new_root
    whole = [old_root, *path] if old_size & (old_size - 1) == 0 else list(path)
    if not whole:
        return False
    number, last = old_size - 1, new_size - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    before = after = whole[0]
    for node in whole[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            before, after = node_hash(node, before), node_hash(node, after)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            after = node_hash(after, node)
        number, last = number >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


def _split(size: int) -> int:
    """Return the largest power of two below *size*."""
    return 1 << (size - 1).bit_length() - 1
