"""Reading files of customers: good rows are read although others are broken, in constant memory, and nothing raises."""

import io
import json
import tracemalloc
from itertools import islice

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from limen.access.imports.records import UNREAD, Arrival, Refused
from limen.integration.imports import jsonl
from limen.integration.imports.elements import elements
from limen.integration.imports.firebase import HashParameters
from limen.integration.imports.lines import LONGEST, lines
from limen.integration.imports.picking import decoded
from limen.integration.imports.table import FORMATS

PROJECT = HashParameters(signer_key="AAAA")


def read(form: str, content: bytes) -> list[Arrival | Refused]:
    return list(FORMATS[form].rows(io.BytesIO(content), PROJECT))


def told(rows) -> list[tuple[int, int, str, str]]:
    return [(row.row, row.line, row.field, row.code) for row in rows if isinstance(row, Refused)]


def test_good_lines_are_read_although_others_are_broken():
    content = b"\n".join(
        [
            b'{"email": "ann@example.com", "email_verified": true, "password_hash": "x", "plan": "gold"}',
            b"",
            b'{"email": "broken',
            b'{"email": "\xff\xfe"}',
            b'["email"]',
            b'{"email": 7}',
            b'{"email": "x@example.com", "email_verified": "perhaps"}',
            b'{"email": "' + b"x" * LONGEST + b'"}',
            b"[" * 100_000,
            b'{"email": "a@example.com", "totp": [{"secret": "no base32!"}]}',
            b'{"email": "a@example.com", "totp": [{"secret": "JBSWY3DPEHPK3PXP", "digits": 8}]}',
            b'{"email": "a@example.com", "created_at": "yesterday"}',
            b'{"email": "zoe@example.com", "created_at": "2020-01-01T00:00:00Z"}',
        ]
    )
    rows = read("jsonl", content)
    assert [row.profile.email for row in rows if isinstance(row, Arrival)] == ["ann@example.com", "zoe@example.com"]
    assert rows[0].left_out == ("plan",)
    assert rows[-1].created_at == 1_577_836_800_000_000
    assert told(rows) == [
        (2, 3, "", "json.invalid"),
        (3, 4, "", "encoding.broken"),
        (4, 5, "", "type.wrong"),
        (5, 6, "email", "type.wrong"),
        (6, 7, "email_verified", "type.wrong"),
        (7, 8, "", "row.too_long"),
        (8, 9, "", "json.invalid"),
        (9, 10, "totp", "totp.invalid"),
        (10, 11, "totp", "totp.unsupported"),
        (11, 12, "created_at", "instant.invalid"),
    ]


def test_a_table_is_read_although_records_are_broken():
    content = (
        b"\xef\xbb\xbfemail,name,email_verified,plan\n"
        b'ann@example.com,"Ann\nLee",true,gold\n'
        b"too,few\n"
        b"\n"
        b"b@example.com,\xff,no,\n"
        b'c@example.com,"never"closed,1,\n'
        b"d@example.com," + b"x" * (LONGEST + 5) + b",1,\n"
        b"zoe@example.com,,,\n"
    )
    rows = read("csv", content)
    good = [row for row in rows if isinstance(row, Arrival)]
    assert [(row.profile.email, row.profile.name, row.line) for row in good] == [
        ("ann@example.com", "Ann\nLee", 2),
        ("zoe@example.com", "", 9),
    ]
    assert good[0].profile.attributes == {"plan": "gold"}
    assert told(rows) == [
        (2, 4, "", "columns.wrong"),
        (3, 6, "name", "encoding.broken"),
        (4, 7, "", "csv.invalid"),
        (5, 8, "", "row.too_long"),
    ]


@pytest.mark.parametrize("content", [b"", b"name,mail\nx,y\n", b"email,email\n", b'"email'])
def test_a_table_without_the_column_that_is_needed_is_one_refusal(content):
    assert told(read("csv", content)) == [(1, 1, "", "header.invalid")]


def test_users_are_found_in_a_document_of_any_shape_and_line():
    users = [{"id": str(n), "email": f'u{n}@example.com "}}]" \\'} for n in range(5)]
    document = {"users_": [1, {"users": [{"email": "no"}]}], "a": "users", "b": {"c": [[]]}, "users": users, "z": []}
    content = json.dumps(document, indent=1).encode()
    rows = read("keycloak", content)
    assert [row.external_id for row in rows] == list("01234")
    whole = content.decode().split("\n")
    assert all(whole[row.line - 1].strip() == "{" for row in rows)
    assert [row.external_id for row in read("keycloak", json.dumps(users).encode())] == list("01234")


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"users": {}}', b'{"users": "x"}', b'{"users": [', b'[{"id": "1"}, ']
)
def test_a_document_without_its_array_or_its_end_says_so_once(content):
    assert [found[2:] for found in told(read("keycloak", content))] == [("", "json.invalid")]


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        (b'{"users": [', b'{"id": "1"'),
        (b'{"users": [', b'{"id": "1'),
        (b'[{"id": "1"}, ', b'"'),
        (b'[{"id": "1"}, ', b'{"id": "2", "x": {}, {"id": "3"}]'),
        (b'[{"id": "1"}, ', b'{"id": "2", "x": [{"id": "no"}, {"id": "no"}, "y": 1}, {"id": "3"}]'),
        (b'[{"id": "1"}, ', b'{"id": "2"}], {"id": "3"}]'),
        (b'[{"id": "1"}, ', b'{"id": "2"}, "x": {"id": "no"}}, {"id": "3"}]'),
        (b"[", b'{"id": "1", "x": ["y}, {"id": "no"}], "z": "", "id": 7}, {"id": "no"}]'),
        (b'[\n{\n"id": "1"\n},\n', b'{\n"id": "2",\n"x": [\n{\n"id": "no"\n},\n{\n"id": "no"\n}\n}\n]'),
        (b'[\n{\n"id": "1", "x": [\n{\n"id": "no"\n}\n]\n},\n', b'{"id": "2", "x": [},\n{"id": "3"}\n]'),
    ],
)
def test_where_nothing_tells_what_is_behind_a_broken_user_it_is_said_how_much_was_not_read(good, broken):
    found = read("keycloak", good + broken)
    assert [row.external_id for row in found if isinstance(row, Arrival)] == ["1"] * good.count(b'"1"')
    assert [row[1:] for row in told(found)] == [(1 + good.count(b"\n"), f"{len(broken)} bytes", UNREAD)]


def test_an_element_that_is_no_user_is_refused_and_the_next_is_read():
    content = b"""[ {"id": "1"}, null, [{"id": "no"}], "x, {", 7, {"id": "2",}, {"id": "3"}, {"id": NaN}, ]"""
    seen = [row.external_id if isinstance(row, Arrival) else row.code for row in read("keycloak", content)]
    wrong, invalid = "type.wrong", "json.invalid"
    assert seen == ["1", wrong, wrong, wrong, wrong, invalid, "3", invalid]


def test_users_of_auth0_may_be_one_array():
    rows = read("auth0", b' [\n{"email": "ann@example.com"},\n{"email": "x,\n{"email": "zoe@example.com"}\n]\n')
    assert [row.profile.email for row in rows if isinstance(row, Arrival)] == ["ann@example.com", "zoe@example.com"]
    assert told(rows) == [(2, 3, "", "json.invalid")]


def test_one_user_that_is_too_long_does_not_hide_the_next():
    users = [{"id": "1"}, {"id": "2", "x": ["y" * 1000] * (LONGEST // 900)}, {"id": "3"}]
    rows = read("keycloak", json.dumps({"users": users}).encode())
    assert [(row.external_id if isinstance(row, Arrival) else row.code) for row in rows] == ["1", "row.too_long", "3"]


class Endless(io.RawIOBase):
    """A realm of many users that is never whole in memory."""

    def __init__(self, count: int) -> None:
        self.left, self.given = count, b'{"users": ['

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while len(self.given) < size and self.left:
            self.left -= 1
            self.given += b'{"id": "%d", "email": "u@example.com", "x": "%s"}' % (self.left, b"x" * 500)
            self.given += b"," if self.left else b"]}"
        taken, self.given = self.given[:size], self.given[size:]
        return taken


def test_a_file_of_any_size_is_read_in_constant_memory():
    tracemalloc.start()
    count = sum(1 for _ in elements(Endless(5_000), b"users"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 5_000
    assert peak < 1_000_000


def jackson(value, margin="") -> str:
    """A value as Keycloak lays it out: the elements of an array are on its line, those that are objects too."""
    if isinstance(value, dict):
        inner = margin + "  "
        members = (f"{inner}{json.dumps(name)} : {jackson(one, inner)}" for name, one in value.items())
        return "{\n" + ",\n".join(members) + f"\n{margin}}}"
    return f"[ {', '.join(jackson(one, margin) for one in value)} ]" if isinstance(value, list) else json.dumps(value)


LAYOUTS = {
    "indented": lambda users: json.dumps({"a": [{"id": "no"}], "users": users, "b": [{"id": "no"}], "c": {}}, indent=2),
    "tabs": lambda users: json.dumps(users, indent="\t"),
    "keycloak": lambda users: jackson({"a": [{"id": "no"}], "users": users, "b": [{"id": "no"}] * 3}),
    "firebase": lambda users: '{"users": [\n' + ",\n".join(json.dumps(one, indent=2) for one in users) + "]}",
    "lines": lambda users: '{"users": [\n' + ",\n".join(map(json.dumps, users)) + '\n],\n"b": [\n{"id": "no"}\n]}',
}
UNTOLD = {
    "one line": lambda users: json.dumps({"users": users, "b": [{"id": "no"}]}),
    "no indentation": lambda users: json.dumps({"users": users, "b": [{"id": "no"}]}, indent=0),
}
TEXTS = st.text(st.sampled_from('"\\{}[],: \nx'), max_size=8)
WOUNDS = st.tuples(
    st.floats(0, 1, exclude_max=True),
    st.integers(0, 1),
    st.sampled_from(["", *'"{}[],:\\x7', "null", '"}']),
)


def wounded(layout, texts, broken, wound) -> tuple[bytes, int, int]:
    """A document of four users, one of whom is broken somewhere; where that user was, and where the next."""
    inner = {"id": "no", "deep": [[{"id": "no"}]]}
    users = [
        {"id": f"u{n}", "list": [{"id": "no", "x": text}, {"id": "no"}], "x": text, "inner": inner, "last": [inner]}
        for n, text in enumerate(texts)
    ]
    content = layout(users)
    named = content.index(f'"u{broken}"')
    begin = content.rindex("{", 0, named)
    _, size = json.JSONDecoder().raw_decode(content[begin:])
    place, lost, put = wound
    at = begin + int(place * size)
    put = put if lost or at > begin else ""
    return (content[:at] + put + content[at + lost :]).encode(), len(content[:begin].encode()), begin + size


FOUR = st.lists(TEXTS, min_size=4, max_size=4)


@given(st.sampled_from(list(LAYOUTS)), FOUR, st.integers(0, 3), WOUNDS)
@example("keycloak", [""] * 4, 0, (0.015625, 0, '"'))
@example("keycloak", ["[{ ", "\n{ ", "", "x"], 0, (0.9945310087813287, 0, "]"))
@settings(max_examples=400)
def test_what_is_broken_in_one_user_costs_no_other(layout, texts, broken, wound):
    content, _, _ = wounded(LAYOUTS[layout], texts, broken, wound)
    rows = read("keycloak", content)
    found = [row.external_id for row in rows if isinstance(row, Arrival)]
    whole = [f"u{n}" for n in range(4) if n != broken]
    assert [one for one in found if one in whole] == whole
    assert "no" not in found
    assert len(found) == 4 or told(rows)
    assert len(found) <= 4


@given(st.sampled_from(list(UNTOLD)), FOUR, st.integers(0, 3), WOUNDS)
@settings(max_examples=300)
def test_in_a_document_whose_lines_tell_nothing_none_is_invented_and_the_rest_is_counted(layout, texts, broken, wound):
    content, begin, _ = wounded(UNTOLD[layout], texts, broken, wound)
    rows = read("keycloak", content)
    found = [row.external_id for row in rows if isinstance(row, Arrival)]
    assert found[:broken] == [f"u{n}" for n in range(broken)]
    assert "no" not in found
    assert len(found) + len(told(rows)) >= 4 or told(rows)[-1][2:] == (f"{len(content) - begin} bytes", UNREAD)


def test_what_is_nested_is_no_user_where_its_list_was_closed_twice_and_odd_lines_are_read():
    inner = [{"name": name} for name in ("a", "b", "c", "d")]
    users = [{"id": f"u{n}", "list": [{"id": "no", "x": inner}, {"id": "no"}, {"id": "no"}]} for n in range(3)]
    for layout, shape in LAYOUTS.items():
        content = shape(users)
        at = content.index('"a"', content.index('"u1"'))
        at = content.index("}", at) + 1
        rows = read("keycloak", (content[:at] + "]}" + content[at:]).encode())
        found = [row.external_id for row in rows if isinstance(row, Arrival)]
        assert found == ["u0", "u2"], layout
    odd = '{"users": [\n{"id": "u0", "list": [1]}, {"id": "u1", "list": [{"id": "no"}]}, {"id": "u2"},\n{"id": "u3"}]}'
    found = [row.external_id for row in read("keycloak", odd.encode()) if isinstance(row, Arrival)]
    assert found == ["u0", "u1", "u2", "u3"]


class Much(io.RawIOBase):
    """The same again and again, never whole in memory."""

    def __init__(self, head: bytes, part: bytes, size: int) -> None:
        self.head, self.part, self.left = head, part * (-(-(1 << 16) // len(part))), size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        taken, self.head = (self.head, b"") if self.head else (self.part if self.left > 0 else b"", b"")
        self.left -= len(taken)
        return taken


LONG = "x" * 200
MUCH = ["[", "{", "}", " ", ",", "x", '"\\', '{"a":', '{"a":[', '{"id":1,']
MUCH += [f"{LONG}\n", f'"{LONG}', f"[{{{' ' * 200}\n", f'"{LONG}\n', f'{{"a":"{LONG}"}},', f'"{LONG}",']


@pytest.mark.parametrize("head", [b'{"users": [', b'{"users": [\n{"id": "1", "x": ', b'{"users": [{"id": "1"}'])
def test_however_much_of_one_thing_stands_in_a_document_little_is_held(head):
    for part in MUCH:
        tracemalloc.start()
        count = sum(1 for _ in elements(Much(head, part.encode(), 2 * LONGEST), b"users"))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert count
        assert peak < 5 * LONGEST, part


def test_a_lost_quote_is_read_no_further_than_to_the_next_user():
    """Else the strings of many are read over each other: a megabyte for each of five bytes."""
    document = Much(b'[\n {"id": "1"},\n', b' {\\"\n', 2 * LONGEST)
    rows = [row for _, row in islice(elements(document, b"users"), 100)]
    assert rows == [b'{"id": "1"}', *[b""] * 99]
    assert document.left > LONGEST


@given(st.binary(max_size=300), st.sampled_from(list(FORMATS)))
@settings(max_examples=300)
def test_no_bytes_break_a_reader(content, form):
    head = {"csv": b"email,name\n", "cognito": b"email,name\n", "keycloak": b'{"users": [', "firebase": b'{"users": ['}
    for given_bytes in (content, head.get(form, b"") + content):
        for row in read(form, given_bytes):
            assert isinstance(row, Arrival | Refused)
            if isinstance(row, Refused):
                assert row.code
                assert row.row >= 1


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
_NAMES = (
    "email id users credentials type secretData credentialData attributes firstName mfa_factors user_metadata totp"
    " custom_password_hash algorithm hash value passwordHash salt providerUserInfo mfaInfo createdAt createdTimestamp"
    " address profile birthdate"
)


@given(
    st.dictionaries(
        st.sampled_from(_NAMES.split()), _json | st.sampled_from(["otp", "password", "{}", "[]"]), max_size=8
    ),
    st.sampled_from(["jsonl", "keycloak", "auth0", "firebase"]),
)
@settings(max_examples=150)
def test_members_of_any_type_are_read_or_refused(members, form):
    line = json.dumps(members).encode()
    content = b'{"users": [' + line + b"]}" if form in {"keycloak", "firebase"} else line + b"\n"
    rows = read(form, content)
    assert len(rows) <= 1


@given(st.binary(max_size=2_000))
def test_lines_are_whole(content):
    joined = b"\n".join(raw for _, raw in lines(io.BytesIO(content)))
    assert joined.replace(b"\r", b"").rstrip(b"\n") == content.replace(b"\r", b"").rstrip(b"\n")


MEMBERS = st.sampled_from(
    (
        *("email", "email_verified", "name", "locale", "attributes", "external_id", "disabled", "created_at", "plan"),
        *("totp", "address", "birthdate"),
    )
)
SAID = (
    st.none()
    | st.booleans()
    | st.integers(-1, 1 << 60)
    | st.text(max_size=6)
    | st.sampled_from(
        ("true", "1700000000000", "x" * 2_048, "x" * 2_049, [], {}, {"plan": "gold"}, {"locality": "Wien"}, [7])
    )
)


@settings(max_examples=300)
@given(st.dictionaries(MEMBERS, SAID, max_size=5))
def test_a_plain_line_is_read_as_it_is_read_closely(line):
    raw = json.dumps(line).encode()
    quick = jsonl.plain(raw, 3, 4)
    if quick is not None:
        assert quick == jsonl.arrival(decoded(raw), 3, 4)


def test_nearly_every_line_is_plain():
    line = {"email": "ann@example.com", "email_verified": True, "created_at": 1, "attributes": {"plan": "gold"}}
    line |= {"birthdate": "1990", "address": {"locality": "Wien"}}
    assert jsonl.plain(json.dumps(line).encode(), 1, 1) is not None
