"""Lengths, bounds and patterns, as the fields themselves declare them (:mod:`limen.access.clients.fields`)."""

import re
from typing import Any, Final

from limen.access.clients.fields import Described, described, public_fields
from limen.access.clients.records import ClientDocument
from limen.access.clients.rules.problem import Problems

_FIELDS: Final = tuple((field.name, described(field.type)) for field in public_fields(ClientDocument))


def shape(document: ClientDocument) -> Problems:
    """Hold every field to its declared lengths and bounds."""
    for name, kind in _FIELDS:
        yield from _held(name, getattr(document, name), kind)


def _held(place: str, value: Any, kind: Described) -> Problems:
    schema = kind.schema
    if isinstance(value, tuple):
        yield from _list(place, value, kind)
    elif isinstance(value, str):
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            yield place, "text.length"
        elif "pattern" in schema and re.fullmatch(schema["pattern"][1:-1], value) is None:
            yield place, "text.characters"
    elif isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield place, "number.out_of_bounds"


def _list(place: str, values: tuple[Any, ...], kind: Described) -> Problems:
    most = kind.schema.get("maxItems", len(values))
    if len(values) > most:
        yield place, "list.too_long"
    elif len(values) < kind.schema.get("minItems", 0):
        yield place, "list.too_short"
    elif any(value in values[:index] for index, value in enumerate(values)):
        yield place, "list.repeated"
    item = kind.item
    for index, value in enumerate(values[:most]):
        if item is not None:
            yield from _held(f"{place}.{index}", value, item)
