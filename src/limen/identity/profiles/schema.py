"""The profile schema: what may be declared, what a value of it is, and how one is read from a form."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Final

import msgspec

from limen.identity.profiles.claims import ASKABLE, LET_GO, OPTIONAL, PROVEN, SAID, claim_access
from limen.identity.profiles.records import (
    MOST_ATTRIBUTES,
    MOST_FIELDS,
    MOST_QUESTIONS,
    MOST_SEARCHABLE,
    SEARCHABLE,
    STANDARD,
    Annotation,
    ClaimAnnotation,
    ProfileSettings,
    Question,
)
from limen.identity.search.records import Match
from limen.kernel.json_schema import Matches, compiled, place, pointer, schema_problem
from limen.kernel.scopes import SCOPE
from limen.kernel.violations import Violation

KEYWORD: Final = "limen"
LONGEST_ATTRIBUTES: Final = 16_384
"""Bytes of all attributes of one customer, as JSON."""
SCALARS: Final = frozenset({"string", "integer", "number", "boolean"})
"""What can be asked for in a form."""
MOST_VIOLATIONS: Final = 50
"""Broken rules that are told at once."""
_DEEPEST: Final = 16
_NAMING: Final = frozenset({"properties", "patternProperties", "dependentSchemas"})
"""Keywords below which names stand that the schema gives, in place of further keywords."""
_SEARCHED_TYPES: Final = frozenset({"string", "integer"})
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,59}")
_LONGEST_TITLE: Final = 100
"""RFC 6749 §3.3."""
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?")


def problems_of(settings: ProfileSettings, place: str, taken: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with *settings*: where below *place*, and a message key; *taken* are names of claims."""
    here = f"{place}.attributes"
    if len(settings.attributes) > MOST_ATTRIBUTES:
        yield here, "list.too_long"
        return
    problem = schema_problem(_whole(settings.attributes))
    if problem:
        yield here, problem
        return
    for name, schema in settings.attributes.items():
        if not _NAME.fullmatch(name) or name in taken:
            yield f"{here}.{name[:60]}", "attribute.name"
        if not isinstance(schema, dict) or not _is_annotated(schema):
            yield f"{here}.{name[:60]}", "attribute.schema"
    yield from _renamed(settings, here)
    yield from _claims(settings, f"{place}.claims")
    yield from _searchable(settings, place)
    yield from _questions(settings, f"{place}.questions")
    if not 1 <= settings.ask_again_days <= 366:
        yield f"{place}.ask_again_days", "number.out_of_bounds"


def _renamed(settings: ProfileSettings, here: str) -> Iterator[tuple[str, str]]:
    """Yield the attributes that claim an earlier name which is another's, now or before."""
    claimed: set[str] = set(settings.attributes)
    for name, schema in settings.attributes.items():
        if not isinstance(schema, dict) or not _is_annotated(schema):
            continue
        for old in annotation(schema).was:
            if old in claimed:
                yield f"{here}.{name[:60]}", "attribute.was"
            claimed.add(old)


def _claims(settings: ProfileSettings, here: str) -> Iterator[tuple[str, str]]:
    """Yield the claims of which something is said that cannot be said of them."""
    for name, said in settings.claims.items():
        wrong = [code for code, is_so in _unsayable(name, said) if is_so]
        if wrong:
            yield f"{here}.{name[:60]}", wrong[0]
        if not all(SCOPE.fullmatch(scope) for scope in (said.scope, said.write_scope) if scope):
            yield f"{here}.{name[:60]}.scope", "scope.invalid"
        if len(said.purpose) > _LONGEST_TITLE or not said.purpose.isprintable():
            yield f"{here}.{name[:60]}.purpose", "text.invalid"
        if not said.while_allowed.isprintable():
            yield f"{here}.{name[:60]}.while_allowed", "text.invalid"


def _unsayable(name: str, said: ClaimAnnotation) -> Iterator[tuple[str, object]]:
    """Yield what might be wrong with what is *said* of a claim, and whether it is."""
    yield "claim.unknown", name not in SAID and name not in PROVEN
    yield "claim.not_searchable", said.searchable != "nothing" and name not in SEARCHABLE
    yield "claim.not_searchable", said.searchable != "nothing" and said.administrator == "nothing"
    theirs = {"write", "read", "nothing"} if name in OPTIONAL else {"write", "read"} if name in STANDARD else {"write"}
    yield "claim.always_theirs", said.customer not in theirs
    yield "claim.always_administered", said.administrator != "write" and name in PROVEN
    yield "claim.proven", said.write_scope and name in PROVEN
    yield "claim.always_kept", (said.retention_days or said.while_allowed) and name not in LET_GO


def searched(settings: ProfileSettings) -> dict[str, Match]:
    """Return which fields are to be searchable, and how."""
    claims = {name: said.searchable for name, said in settings.claims.items() if name in SEARCHABLE}
    attributes = {
        name: annotation(schema).searchable for name, schema in settings.attributes.items() if isinstance(schema, dict)
    }
    return {name: Match(how) for name, how in (claims | attributes).items() if how != "nothing"}


def _searchable(settings: ProfileSettings, place: str) -> Iterator[tuple[str, str]]:
    try:
        fields = searched(settings)
    except msgspec.ValidationError:
        return  # named already
    for name in fields.keys() & settings.attributes.keys():
        schema = settings.attributes[name]
        if schema.get("type") not in _SEARCHED_TYPES or annotation(schema).administrator == "nothing":
            yield f"{place}.attributes.{name[:60]}", "attribute.not_searchable"
    if len(fields) > MOST_SEARCHABLE:
        yield place, "search.too_many"


def _questions(settings: ProfileSettings, place: str) -> Iterator[tuple[str, str]]:
    if len(settings.questions) > MOST_QUESTIONS:
        yield place, "list.too_long"
    for index, question in enumerate(settings.questions[:MOST_QUESTIONS]):
        if not 1 <= len(question.fields) <= MOST_FIELDS or len(set(question.fields)) < len(question.fields):
            yield f"{place}.{index}.fields", "list.too_long"
        for at, field in enumerate(question.fields[:MOST_FIELDS]):
            if not _is_askable(settings, question, field):
                yield f"{place}.{index}.fields.{at}", "question.field"
        if not 0 <= question.after_sign_ins <= 1_000:
            yield f"{place}.{index}.after_sign_ins", "number.out_of_bounds"


def _is_askable(settings: ProfileSettings, question: Question, field: str) -> bool:
    """Tell whether *field* can be asked for: what is required of customers, they must be able to say."""
    if field in ASKABLE:
        return claim_access(settings, field) == "write"
    schema = settings.attributes.get(field)
    if not isinstance(schema, dict) or schema.get("type") not in SCALARS:
        return False
    is_possible = schema["type"] != "boolean" or not question.required  # an empty box is an answer that nobody gave
    return is_possible and annotation(schema).customer == "write"


def annotation(schema: Mapping[str, Any]) -> Annotation:
    """Return what the keyword ``limen`` says in the *schema* of an attribute.

    Raises:
        msgspec.ValidationError: it says what cannot be said there.
    """
    return msgspec.convert(schema.get(KEYWORD, {}), Annotation)


def _is_annotated(schema: dict[str, Any]) -> bool:
    try:
        said = annotation(schema)
    except msgspec.ValidationError:
        return False
    is_scope = all(SCOPE.fullmatch(scope) for scope in (said.scope, said.write_scope) if scope)
    is_whole = said.sealed and all(_NAME.fullmatch(name) for name in said.was)
    words = [*said.title.values(), *(text for text in (said.purpose, said.while_allowed) if text)]
    return is_scope and is_whole and all(0 < len(text) <= _LONGEST_TITLE and text.isprintable() for text in words)


def title(settings: ProfileSettings, name: str, locale: str) -> str:
    """Return what an attribute is called in the language *locale*; its name where nothing is said."""
    titles = annotation(settings.attributes[name]).title
    return titles.get(locale) or titles.get(locale.partition("-")[0]) or titles.get("en") or name


def wrong_attributes(
    settings: ProfileSettings, values: Mapping[str, Any], before: Mapping[str, Any] | None = None
) -> dict[str, str]:
    """Return what is wrong with *values*, by attribute; values that an older schema allowed are judged by this one.

    What stands there as it did *before* is not looked at: nobody is kept from changing something else by it.
    """
    values = _changed(values, before)
    if len(msgspec.json.encode(values)) > LONGEST_ATTRIBUTES:
        return {"": "attributes.too_long"}
    unknown = {name: "attribute.unknown" for name in values if name not in settings.attributes}
    known = {name: value for name, value in values.items() if name in settings.attributes}
    if not known:
        return unknown
    matches = _compiled(msgspec.json.encode(settings.attributes))
    wrong = {str(found.instance_path[0]): "attribute.invalid" for found in matches.iter_errors(known)}
    return unknown | wrong


def violations(
    settings: ProfileSettings, values: Mapping[str, Any], before: Mapping[str, Any] | None = None
) -> tuple[Violation, ...]:
    """Return the rules that *values* break, with the place of each; of what :func:`wrong_attributes` calls invalid."""
    values = {name: value for name, value in _changed(values, before).items() if name in settings.attributes}
    if not values or len(msgspec.json.encode(values)) > LONGEST_ATTRIBUTES:
        return ()
    found = _compiled(msgspec.json.encode(settings.attributes)).iter_errors(values)
    broken = dict.fromkeys((tuple(islice(place(one), _DEEPEST)), _rule(one.evaluation_path)) for one in found)
    return tuple(
        Violation(f"attributes.{steps[0]}", pointer(("attributes", *steps)), "attribute.invalid", rule)
        for steps, rule in islice(broken, MOST_VIOLATIONS)
    )


def _rule(path: Sequence[str | int]) -> str:
    """Return the keyword at the end of *path*; ``false`` where a name or a number ends it: there nothing is allowed."""
    rule, steps = "false", iter(path)
    for step in steps:
        is_place = isinstance(step, int) or (step in _NAMING and next(steps, None) is not None)
        rule = "false" if is_place else str(step)
    return rule


def _changed(values: Mapping[str, Any], before: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if before is None:
        return values
    return {name: value for name, value in values.items() if name not in before or before[name] != value}


def read_value(schema: Mapping[str, Any], text: str) -> Any:
    """Return the value that *text*, typed into a form, has by *schema*; text itself where it is none."""
    match schema.get("type"):
        case "boolean":
            return text == "yes"
        case "integer" if _INTEGER.fullmatch(text):
            return int(text)
        case "number" if _NUMBER.fullmatch(text):
            return float(text)
        case _:
            return text


def _whole(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(attributes)}


@lru_cache(maxsize=256)
def _compiled(attributes: bytes) -> Matches:
    return compiled(_whole(msgspec.json.decode(attributes)))
