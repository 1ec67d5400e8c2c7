"""A compact set: never wrong about a member, seldom about a stranger, small, and whole or refused."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from limen.kernel.errors import Corrupted, Misconfigured
from limen.trust.threats import building
from limen.trust.threats.building import Recipe, build, pair_member
from limen.trust.threats.common import commonest
from limen.trust.threats.sets import BITS, CompactSet, fingerprint

HASHED = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:9659365"  # SHA-1 of "password", as the download has it
NOW = 1_790_000_000_000_000


def silent(_what: str, _number: int) -> None:
    pass


def digest(number: int) -> str:
    return hashlib.sha1(b"%d" % number, usedforsecurity=False).hexdigest().upper()


def made(folder: Path, lines: str, recipe: Recipe = Recipe()) -> CompactSet:  # noqa: B008
    source, target = folder / "list", folder / "set"
    source.write_text(lines)
    build(source, target, recipe, NOW, silent)
    return CompactSet.open(target)


def test_the_commonest_are_known_and_others_are_not() -> None:
    known = commonest()
    assert len(known) == 30_000
    for word in (b"password", b"123456", b"qwerty"):
        assert fingerprint(word) in known
    assert fingerprint(b"correct horse battery staple") not in known


def test_strangers_are_taken_for_members_no_oftener_than_said() -> None:
    known = commonest()
    wrong = sum(fingerprint(b"stranger %d" % number) in known for number in range(20_000))
    assert wrong <= 3 * 20_000 / 2**BITS


@given(some.sets(some.integers(0, 2**64 - 1), min_size=1, max_size=300))
def test_every_member_is_in_it(tmp_path_factory, members: set[int]) -> None:
    found = made(tmp_path_factory.mktemp("set"), "".join(f"{one:016X}{0:024X}:1\n" for one in members))
    assert all(member in found for member in members)
    assert len(found) == len(members)


def test_two_bytes_a_password_are_enough(tmp_path: Path) -> None:
    lines = "".join(sorted(f"{digest(number)}:1\r\n" for number in range(20_000)))
    made(tmp_path, lines)
    assert (tmp_path / "set").stat().st_size / 20_000 < 1.8


def test_an_ordered_list_and_a_shuffled_one_make_the_same_set(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(building, "RUN", 100)
    lines = sorted(f"{digest(number)}:1\n" for number in range(1_000))
    made(tmp_path, "".join(lines))
    ordered = (tmp_path / "set").read_bytes()
    made(tmp_path, "".join([*lines[500:], *lines[:500], lines[0]]))
    assert (tmp_path / "set").read_bytes() == ordered
    assert not list(tmp_path.glob(".limen-*"))


def test_a_list_of_plain_passwords_is_hashed_as_they_would_be_presented(tmp_path: Path) -> None:
    found = made(tmp_path, "password\ncafe\u0301\n")
    assert fingerprint(b"password") in found
    assert fingerprint("café".encode()) in found


def test_rare_passwords_may_be_left_out(tmp_path: Path) -> None:
    found = made(tmp_path, f"{HASHED}\n{'A' * 40}:1\n", Recipe(least=2))
    assert len(found) == 1
    assert fingerprint(b"password") in found


def test_pairs_are_keyed(tmp_path: Path) -> None:
    found = made(tmp_path, "Ann@Example.com:hunter2 hunter2\n", Recipe("pairs", pair_key=b"k" * 32))
    assert pair_member(b"k" * 32, "ann@example.com", b"hunter2 hunter2") in found
    assert pair_member(b"x" * 32, "ann@example.com", b"hunter2 hunter2") not in found
    assert (tmp_path / "set").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("lines", "recipe", "line"),
    [
        (f"{HASHED}\nnot a hash\n", Recipe(), "line 2"),
        (f"{HASHED}\n\n{HASHED[:39]}\n", Recipe(), "line 3"),
        ("x" * 5_000, Recipe(), "line 1"),
        ("ann@example.com:secret word\nnobody\n", Recipe("pairs", pair_key=b"k"), "line 2"),
        ("", Recipe(), "holds nothing"),
    ],
)
def test_a_bad_list_is_refused_whole_with_its_line_named(tmp_path: Path, lines: str, recipe: Recipe, line: str) -> None:
    made(tmp_path, f"{HASHED}\n")
    before = (tmp_path / "set").read_bytes()
    with pytest.raises(Misconfigured, match=line) as refused:
        made(tmp_path, lines, recipe)
    assert "secret" not in str(refused.value)
    assert (tmp_path / "set").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"list", "set"}


@pytest.mark.parametrize("harm", ["cut", "index", "magic", "empty"])
def test_a_damaged_set_is_refused(tmp_path: Path, harm: str) -> None:
    made(tmp_path, "one\ntwo\nthree\n")
    path = tmp_path / "set"
    data = bytearray(path.read_bytes())
    if harm == "index":
        data[-6] ^= 1
        data[75] ^= 1
    harmed = {"cut": bytes(data[:-1]), "index": bytes(data), "magic": b"x" + bytes(data[1:]), "empty": b""}[harm]
    path.write_bytes(harmed)
    with pytest.raises(Corrupted):
        CompactSet.open(path)
