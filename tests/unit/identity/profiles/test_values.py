"""Values of attributes under the schema there is now."""

import pytest

from limen.access.tokens.claims import released
from limen.identity.customers.records import Profile
from limen.identity.customers.validation import validate
from limen.identity.profiles.records import ProfileSettings
from limen.identity.profiles.schema import problems_of
from limen.identity.profiles.values import access, beyond, brought_up, overdue, readable, stamped
from limen.kernel.clock import DAY


def settings(**schemas) -> ProfileSettings:
    return ProfileSettings(attributes=schemas)


@pytest.mark.parametrize(
    ("schema", "value", "becomes"),
    [
        ({"type": "integer"}, "42", 42),
        ({"type": "number"}, " 4.5 ", 4.5),
        ({"type": "boolean"}, "Yes", True),
        ({"type": "string"}, 42, "42"),
        ({"type": "array", "items": {"type": "string"}}, "red", ["red"]),
        ({"type": "integer"}, "forty-two", "forty-two"),
        ({"type": "integer", "maximum": 9}, "42", "42"),
        ({"type": "string"}, True, True),
        ({"type": "integer"}, 4.5, 4.5),
        ({"type": "string", "maxLength": 2}, "long", "long"),
    ],
)
def test_a_value_is_turned_where_nothing_is_lost_and_kept_where_something_would_be(schema, value, becomes):
    found = brought_up(settings(one=schema), {"one": value})["one"]
    assert (found, type(found)) == (becomes, type(becomes))


def test_a_renamed_attribute_takes_its_values_along_and_nothing_is_dropped():
    now = settings(size={"type": "integer", "limen": {"was": ["shoe_size", "shoes"]}})
    assert brought_up(now, {"shoes": "42", "gone": 1}) == {"size": 42, "gone": 1}
    assert brought_up(now, {"shoes": 1, "size": 2}) == {"shoes": 1, "size": 2}
    both = settings(size=now.attributes["size"], shoes={})
    assert brought_up(both, {"shoes": 1}) == {"shoes": 1}  # it is an attribute of its own again
    assert dict(problems_of(both, "p", frozenset())) == {"p.attributes.size": "attribute.was"}


def test_what_was_wrong_before_keeps_nobody_from_changing_something_else():
    schema = settings(size={"type": "integer"})
    before = Profile(attributes={"size": "large", "gone": 1})
    assert validate(Profile(name="Ann", attributes=before.attributes), schema, before) is None
    refused = validate(Profile(attributes={"size": "small", "new": 1}), schema, before)
    assert refused.fields == {"attributes.size": "attribute.invalid", "attributes.new": "attribute.unknown"}


def test_who_may_read_and_write():
    schema = settings(
        open={}, shown={"limen": {"customer": "read"}}, ours={"limen": {"customer": "nothing"}},
        theirs={"limen": {"administrator": "nothing"}}, fixed={"limen": {"administrator": "read"}},
    )  # fmt: skip
    every = dict.fromkeys(("open", "shown", "ours", "theirs", "fixed", "unknown"), 1)
    assert readable(schema, every, "customer").keys() == {"open", "shown", "theirs", "fixed"}
    assert readable(schema, every, "administrator").keys() == every.keys() - {"theirs"}
    assert beyond(schema, {}, every, "administrator").keys() == {"theirs", "fixed"}
    assert beyond(schema, every, {}, "customer").keys() == {"shown", "ours", "unknown"}
    assert beyond(schema, every, every, "customer") == {}
    assert access(schema, "unknown", "administrator") == "write"


def test_clients_read_by_scope():
    schema = settings(tier={"limen": {"scope": "loyalty"}}, other={})
    [rule] = released(schema)
    assert (rule.claim, rule.field, rule.scope, set(rule.into)) == ("tier", "tier", "loyalty", {"id_token", "userinfo"})
    for wrong in (settings(tier={"limen": {"scope": "a b"}}), settings(tier={"limen": {"write_scope": "a b"}})):
        assert dict(problems_of(wrong, "p", frozenset())) == {"p.attributes.tier": "attribute.schema"}
    assert dict(problems_of(settings(t={"limen": {"retention_days": 0}}), "p", frozenset()))
    assert not dict(problems_of(settings(t={"limen": {"sealed": True}}), "p", frozenset()))
    assert dict(problems_of(settings(t={"limen": {"sealed": False}}), "p", frozenset()))


def test_a_value_counts_from_when_it_was_last_said_and_is_due_after_its_days():
    schema = settings(size={"limen": {"retention_days": 30}}, other={})
    since = stamped({"size": 1, "other": 1}, {"size": 5, "other": 5}, {"size": 2, "other": 1, "new": 1}, 9)
    assert since == {"size": 9, "other": 5, "new": 9}
    values = {"size": 2, "other": 1}
    assert overdue(schema, values, since, 9 + 30 * DAY - 1) == ()
    assert overdue(schema, values, since, 9 + 30 * DAY) == ("size",)
    assert overdue(schema, values, {}, 9 + 30 * DAY) == ()
