"""What a profile schema may declare, and what values of it are."""

import pytest

from limen.identity.profiles.records import ClaimAnnotation, ProfileSettings, Question
from limen.identity.profiles.schema import (
    LONGEST_ATTRIBUTES,
    MOST_VIOLATIONS,
    problems_of,
    read_value,
    title,
    violations,
    wrong_attributes,
)

SIZE = {"type": "integer", "minimum": 14, "maximum": 60, "limen": {"title": {"en": "Shoe size", "de": "Schuhgröße"}}}
COLOUR = {"type": "string", "enum": ["red", "blue"]}
SECRET = {"type": "string", "limen": {"customer": "nothing"}}
SETTINGS = ProfileSettings(attributes={"size": SIZE, "colour": COLOUR, "secret": SECRET})
TAKEN = frozenset({"email", "name"})


def wrong(**parts):
    return dict(problems_of(ProfileSettings(**parts), "profile", TAKEN))


def test_a_good_schema_has_no_problems():
    assert dict(problems_of(SETTINGS, "profile", TAKEN)) == {}
    question = Question(fields=("size", "name"), required=True)
    assert wrong(attributes=SETTINGS.attributes, questions=(question,)) == {}


@pytest.mark.parametrize(
    ("attributes", "place"),
    [
        ({"email": {"type": "string"}}, "profile.attributes.email"),
        ({"Size": {"type": "string"}}, "profile.attributes.Size"),
        ({"a b": {"type": "string"}}, "profile.attributes.a b"),
        ({"size": {"type": "nonsense"}}, "profile.attributes"),
        ({"size": {"$ref": "https://elsewhere.example/schema"}}, "profile.attributes"),
        ({"size": {"pattern": "(?=a)b"}}, "profile.attributes"),
        ({"size": {"limen": {"unknown": 1}}}, "profile.attributes.size"),
        ({"size": {"limen": {"title": {"en": ""}}}}, "profile.attributes.size"),
        ({"size": {"limen": "nonsense"}}, "profile.attributes.size"),
        ({"size": True}, "profile.attributes.size"),
        ({f"a{n}": {} for n in range(51)}, "profile.attributes"),
        ({"size": {"description": "x" * 33_000}}, "profile.attributes"),
    ],
)
def test_what_is_no_schema_is_named(attributes, place):
    assert list(wrong(attributes=attributes)) == [place]


@pytest.mark.parametrize(
    "question",
    [
        Question(fields=("unknown",)),
        Question(fields=("secret",)),
        Question(fields=("email",)),
        Question(fields=()),
        Question(fields=("size", "size")),
        Question(fields=("size",), after_sign_ins=-1),
        Question(fields=("tick",), required=True),
        Question(fields=("list",)),
    ],
)
def test_what_cannot_be_asked_for_is_named(question):
    attributes = SETTINGS.attributes | {"tick": {"type": "boolean"}, "list": {"type": "array"}}
    assert wrong(attributes=attributes, questions=(question,))


def test_values_are_judged_one_by_one():
    assert wrong_attributes(SETTINGS, {"size": 42, "colour": "red"}) == {}
    assert wrong_attributes(SETTINGS, {"size": 3, "colour": "green", "other": 1}) == {
        "size": "attribute.invalid",
        "colour": "attribute.invalid",
        "other": "attribute.unknown",
    }
    assert wrong_attributes(SETTINGS, {"secret": "x" * LONGEST_ATTRIBUTES}) == {"": "attributes.too_long"}


def test_each_broken_rule_is_told_with_its_place_and_without_what_was_sent():
    line = {"type": "string", "maxLength": 3, "pattern": "^a"}
    kept = {"type": "object", "required": ["y", "z"], "additionalProperties": {"type": "integer"}}
    kept["properties"] = {"a/b~c": {"type": "integer"}, "lines": {"type": "array", "items": line}, "type": False}
    settings = ProfileSettings(attributes={"size": SIZE, "kept": kept})
    sent = {"a/b~c": "hidden", "lines": ["abc", "hidden"], "type": 1, "hidden@example.com": "hidden"}
    told = violations(settings, {"size": 3, "kept": sent, "other": "hidden"})
    assert sorted((one.field, one.pointer, one.rule) for one in told) == [
        ("attributes.kept", "/attributes/kept", "required"),
        ("attributes.kept", "/attributes/kept", "type"),
        ("attributes.kept", "/attributes/kept/a~1b~0c", "type"),
        ("attributes.kept", "/attributes/kept/lines/1", "maxLength"),
        ("attributes.kept", "/attributes/kept/lines/1", "pattern"),
        ("attributes.kept", "/attributes/kept/type", "false"),
        ("attributes.size", "/attributes/size", "minimum"),
    ]
    assert {one.code for one in told} == {"attribute.invalid"}
    assert "hidden" not in repr(told)
    assert violations(settings, {"size": 3}, {"size": 3}) == ()
    assert len(violations(settings, {"kept": {"lines": [1] * 500}})) == MOST_VIOLATIONS


def test_a_place_below_a_reference_is_told_as_deep_as_it_is_bounded():
    tree = {"type": "object", "properties": {"next": {"$ref": "#/properties/tree"}, "size": {"type": "integer"}}}
    settings = ProfileSettings(attributes={"tree": tree})
    (near,) = violations(settings, {"tree": {"next": {"size": "x"}}})
    assert (near.pointer, near.rule) == ("/attributes/tree/next/size", "type")
    deep = {"size": "x"}
    for _ in range(40):
        deep = {"next": deep}
    (far,) = violations(settings, {"tree": deep})
    assert far.pointer == "/attributes/tree" + "/next" * 15


def test_a_rule_is_a_keyword_whatever_properties_are_called():
    odd = {"properties": {"properties": {"maxLength": 1}}, "dependentSchemas": {"type": False}, "allOf": [True, False]}
    settings = ProfileSettings(attributes={"properties": odd, "items": {"items": {"type": "integer"}}})
    told = violations(settings, {"properties": {"properties": "long", "type": 1}, "items": ["x"]})
    assert sorted((one.pointer, one.rule) for one in told) == [
        ("/attributes/items/0", "type"),
        ("/attributes/properties", "false"),
        ("/attributes/properties/properties", "maxLength"),
    ]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "42", 42),
        ("integer", "forty", "forty"),
        ("integer", "9" * 400, "9" * 400),
        ("number", "1.5", 1.5),
        ("number", "nan", "nan"),
        ("boolean", "yes", True),
        ("boolean", "", False),
        ("string", "42", "42"),
    ],
)
def test_a_typed_text_becomes_a_value_of_its_type_or_stays_text(kind, text, value):
    assert read_value({"type": kind}, text) == value


def test_something_is_said_of_a_claim_only_if_it_can_be_said_of_it():
    said = {"birthdate": {"customer": "read"}, "nickname": {}, "family_name": {"searchable": "exact"}}
    said |= {"name": {"customer": "read", "administrator": "read", "retention_days": 30}, "email": {"scope": "mail"}}
    said["locale"] = {"write_scope": "language", "administrator": "nothing"}
    asked = (Question(fields=("nickname", "website")),)
    assert not problems_of_claims(said, asked)
    wrong = {
        "gender": {"searchable": "exact"},
        "name": {"customer": "nothing"},
        "updated_at": {},
        "birthdate": {"customer": "read"},
        "locale": {"retention_days": 30},
        "zoneinfo": {"while_allowed": "newsletter"},
        "email": {"administrator": "read"},
        "phone_number": {"write_scope": "numbers"},
        "preferred_username": {"customer": "read"},
        "family_name": {"searchable": "exact", "administrator": "nothing"},
        "picture": {"scope": "a b"},
        "website": {"while_allowed": "a\nb"},
    }
    wrong["nickname"] = {"purpose": "a\nb"}
    asked = (Question(fields=("birthdate", "address", "gender")),)
    assert problems_of_claims(wrong, asked) == {
        "p.claims.gender": "claim.not_searchable",
        "p.claims.name": "claim.always_theirs",
        "p.claims.updated_at": "claim.unknown",
        "p.claims.nickname.purpose": "text.invalid",
        "p.claims.locale": "claim.always_kept",
        "p.claims.zoneinfo": "claim.always_kept",
        "p.claims.email": "claim.always_administered",
        "p.claims.phone_number": "claim.proven",
        "p.claims.preferred_username": "claim.always_theirs",
        "p.claims.family_name": "claim.not_searchable",
        "p.claims.picture.scope": "scope.invalid",
        "p.claims.website.while_allowed": "text.invalid",
        "p.questions.0.fields.0": "question.field",
        "p.questions.0.fields.1": "question.field",
    }


def problems_of_claims(said, asked):
    annotated = {name: ClaimAnnotation(**one) for name, one in said.items()}
    return dict(problems_of(ProfileSettings(claims=annotated, questions=asked), "p", frozenset()))


def test_a_title_follows_the_language():
    assert [title(SETTINGS, "size", locale) for locale in ("de-AT", "ar", "en")] == ["Schuhgröße"] + ["Shoe size"] * 2
    assert title(SETTINGS, "colour", "de") == "colour"
