"""RFC 9162 §2.1: the tree, proofs of inclusion and of consistency."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limen.identity.consents.tree import (
    TILE,
    Frontier,
    consistency,
    extends,
    finished_tiles,
    includes,
    inclusion,
    leaf_hash,
    root_of,
    subtree,
)
from limen.kernel.encoding import sha256

pytestmark = pytest.mark.anyio

# The inputs and roots of the test data that RFC 6962's own reference implementation publishes.
INPUTS = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


class Kept:
    """Leaves in memory, and the tiles over them that are whole."""

    def __init__(self, leaves):
        self._leaves = leaves

    async def leaves(self, start, end):
        return self._leaves[start:end]

    async def tiles(self, level, start, end):
        span = TILE**level
        return [root_of(self._leaves[number * span : (number + 1) * span]) for number in range(start, end)]


def leaves(count):
    return [leaf_hash(str(number).encode()) for number in range(count)]


async def test_the_published_roots_are_met():
    hashed = [leaf_hash(data) for data in INPUTS]
    assert {size: root_of(hashed[:size]).hex() for size in ROOTS} == ROOTS
    assert root_of([]) == Frontier().root() == sha256()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 8, 255, 256, 257, 600])
async def test_a_growing_tree_and_one_from_tiles_have_the_root_of_the_definition(count):
    frontier = Frontier()
    for leaf in leaves(count):
        frontier.add(leaf)
    assert frontier.root() == root_of(leaves(count)) == await subtree(Kept(leaves(count)), 0, count)


@given(st.data())
@settings(deadline=None, max_examples=60)
async def test_every_leaf_is_proven_and_no_other_is(data):
    size = data.draw(st.integers(1, 70))
    index = data.draw(st.integers(0, size - 1))
    found, root = leaves(size), root_of(leaves(size))
    path = await inclusion(Kept(found), index, size)
    assert includes(found[index], (index, size), path, root)
    assert not includes(leaf_hash(b"another"), (index, size), path, root)
    assert not includes(found[index], (index, size), [*path, root], root)
    assert not includes(found[index], (size, size), path, root)
    assert not path or not includes(found[index], (index, size), path[:-1], root)


@given(st.data())
@settings(deadline=None, max_examples=60)
async def test_a_tree_is_proven_to_begin_with_each_earlier_one_and_no_other(data):
    size = data.draw(st.integers(1, 70))
    old = data.draw(st.integers(1, size))
    found = leaves(size)
    before, after = (old, root_of(found[:old])), (size, root_of(found))
    path = await consistency(Kept(found), old, size)
    assert extends(before, after, path)
    assert not extends((old, sha256(b"another")), after, path)
    assert not extends(before, (size, sha256(b"another")), path)
    assert not extends(before, after, [*path, after[1]])
    assert not extends((0, sha256()), after, path)


def test_tiles_are_finished_lower_ones_first():
    assert finished_tiles(0, TILE - 1) == []
    assert finished_tiles(TILE - 1, 2 * TILE) == [(1, 0), (1, 1)]
    assert finished_tiles(TILE**2 - 1, TILE**2) == [(1, TILE - 1), (2, 0)]
