"""Brackets that were put into a document make no user of what is nested in one; good documents are read whole."""

import io
import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limen.access.imports.records import UNREAD, Arrival
from limen.integration.imports import window
from limen.integration.imports.elements import elements
from limen.integration.imports.lines import LONGEST
from tests.unit.integration.test_import_readers import FOUR, LAYOUTS, UNTOLD, read, told, wounded

SHAPES = {**LAYOUTS, **UNTOLD}
PLACES = st.integers(0, 999).map(lambda place: place / 1000)  # floats would gather at a few
PUT = st.tuples(PLACES, st.integers(0, 1), st.sampled_from(["]}", "}]", "}]}"]))


def named(layout):
    """The layout of users who are known by what they are called, as those of Keycloak are."""
    return lambda users: layout([{"id": one["id"], "username": "x", **one} for one in users])


def ids(content: bytes, form: str = "keycloak") -> list[str]:
    return [row.external_id for row in read(form, content) if isinstance(row, Arrival)]


@given(st.sampled_from(list(SHAPES)), FOUR, st.integers(0, 3), PUT, st.sampled_from([17, 1 << 16]))
@settings(max_examples=400)
def test_brackets_that_are_put_in_invent_nobody(layout, texts, broken, wound, chunk):
    content, _, _ = wounded(named(SHAPES[layout]), texts, broken, wound)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window, "_CHUNK", chunk)
        found = ids(content)
    assert "no" not in found
    assert len(found) <= 4


@pytest.mark.parametrize("layout", list(SHAPES))
@pytest.mark.parametrize("put", ["]}", "}]"])
@pytest.mark.parametrize("known", [named, lambda layout: layout])
def test_whoever_stands_before_a_list_that_was_closed_is_read_and_the_broken_one_is_not(layout, put, known):
    content, begin, _ = wounded(known(SHAPES[layout]), ["a"] * 4, 2, (0, 0, ""))
    at = content.index(b'"a"', begin) + 3
    if put == "]}":
        at = content.index(b"}", at) + 1
    found = ids(content[:at] + put.encode() + content[at:])
    assert found == (["u0", "u1", "u3"] if layout in LAYOUTS else ["u0", "u1"])


@pytest.mark.parametrize("layout", list(SHAPES))
@given(texts=FOUR, chunk=st.sampled_from([17, 1 << 16]))
@settings(max_examples=20)
def test_a_good_document_is_read_whole(layout, texts, chunk):
    content, _, _ = wounded(SHAPES[layout], texts, 0, (0, 0, ""))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window, "_CHUNK", chunk)
        assert (ids(content), told(read("keycloak", content))) == (["u0", "u1", "u2", "u3"], [])


def test_an_address_that_is_linked_to_a_user_makes_no_customer():
    linked = [{"email": f"{name}@linked.example", "providerId": "google.com"} for name in ("a", "b", "c")]
    users = [{"email": f"{n}@example.com", "localId": f"u{n}", "providerUserInfo": linked} for n in range(4)]
    content = json.dumps({"users": users, "b": [{"id": "no"}]}).encode()
    at = content.index(b"}", content.index(b'"u2"')) + 1
    rows = read("firebase", content[:at] + b"]}" + content[at:])
    assert [row.profile.email for row in rows if isinstance(row, Arrival)] == ["0@example.com", "1@example.com"]
    assert [code for *_, code in told(rows)] == [UNREAD]


def test_an_array_of_which_nothing_is_known_is_told_by_what_comes_again_behind_the_list():
    more = {"others": [{"email": "a@other.example"}, {"email": "b@other.example"}], "plan": "gold"}
    users = [{"email": f"{n}@example.com", "user_metadata": {}, **more} for n in range(4)]
    content = json.dumps(users).encode()
    at = content.index(b"}", content.index(b'"a@other', content.index(b"2@example.com"))) + 1
    rows = read("auth0", content[:at] + b"]}" + content[at:])
    assert [row.profile.email for row in rows if isinstance(row, Arrival)] == ["0@example.com", "1@example.com"]
    assert [code for *_, code in told(rows)] == [UNREAD]


def test_what_stands_behind_the_array_closes_no_list_in_a_user():
    users = '{"users": [{"id": "u0", "list": [1]}, {"id": "u1", "list": [{"id": "no"}]}]'
    for behind in ("}", ', "b": {"c": [{}]}}', ', "b": 1} more', ', "b": {}}, "c": 1}', ', "b": {"c": '):
        assert ids((users + behind).encode()) == ["u0", "u1"], behind


class Listed(io.RawIOBase):
    """One line of many users, each with a list, that is never whole in memory."""

    def __init__(self, count: int, behind: bytes) -> None:
        self.left, self.given, self.behind = count, b"[", behind

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while len(self.given) < size and self.left:
            self.left -= 1
            self.given += b'{"id": "u", "x": "%s", "list": [{"id": "no"}]}' % (b"x" * 200)
            self.given += b", " if self.left else self.behind
        taken, self.given = self.given[:size], self.given[size:]
        return taken


@pytest.mark.parametrize("behind", [b"]", b"", b", {"])
def test_little_is_held_of_users_in_one_line(behind):
    tracemalloc.start()
    count = sum(1 for _, row in elements(Listed(10_000, behind), b"users") if isinstance(row, bytes) and row)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 10_000
    assert peak < 6 * LONGEST
