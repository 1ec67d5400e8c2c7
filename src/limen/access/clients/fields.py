"""How the fields of a client's metadata are described, so that everything else follows from their one declaration.

A description goes into the field's type: ``Annotated[str, text(1, 100)]``. It is kept as JSON Schema and is not
enforced when a stored document is read, because what was registered under an older rule must stay readable. It *is*
enforced by :mod:`limen.access.clients.rules.shape` when a document is registered, and by the API, whose models are made
from it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final, get_args, get_origin

import msgspec
from msgspec import Meta

_INTERNAL: Final = "internal"

INTERNAL: Final = Meta(extra={_INTERNAL: True})
"""Marks a field that no interface takes or shows, and that an update never changes: hashes of secrets, for one."""


def text(least: int = 0, most: int = 2_000, pattern: str = "") -> Meta:
    """Describe a string by its length in characters and, if given, the *pattern* that all of it matches."""
    schema: dict[str, Any] = {"minLength": least, "maxLength": most}
    return Meta(extra_json_schema=schema | ({"pattern": f"^{pattern}$"} if pattern else {}))


def items(least: int = 0, most: int = 50) -> Meta:
    """Describe a list by its number of items."""
    return Meta(extra_json_schema={"minItems": least, "maxItems": most})


def number(least: int, most: int) -> Meta:
    """Describe an integer by its bounds, both included."""
    return Meta(extra_json_schema={"minimum": least, "maximum": most})


@dataclass(frozen=True, slots=True)
class Described:
    """One type of a declaration.

    Attributes:
        plain: the type without descriptions.
        schema: what was said of it, as JSON Schema.
        is_internal: whether it bears the mark :data:`INTERNAL`.
    """

    plain: Any
    schema: dict[str, Any]
    is_internal: bool

    @property
    def item(self) -> "Described | None":
        """Return the type of the items; None where this is no list."""
        found = get_args(self.plain)
        return described(found[0]) if get_origin(self.plain) is tuple and found else None


def described(declared: Any) -> Described:
    """Return what *declared*, a type that may be ``Annotated``, says."""
    if get_origin(declared) is not Annotated:
        return Described(declared, {}, is_internal=False)
    plain, *notes = get_args(declared)
    schema: dict[str, Any] = {}
    is_internal = False
    for note in notes:
        if isinstance(note, Meta):
            schema |= note.extra_json_schema or {}
            is_internal = is_internal or _INTERNAL in (note.extra or {})
    return Described(plain, schema, is_internal)


def public_fields(struct: type[msgspec.Struct]) -> Iterator[msgspec.structs.FieldInfo]:
    """Yield the fields that interfaces take and show, in the order of their declaration."""
    for field in msgspec.structs.fields(struct):
        if not described(field.type).is_internal:
            yield field


def internal_names(struct: type[msgspec.Struct]) -> frozenset[str]:
    """Return the names of the fields that no interface takes or shows."""
    return frozenset(struct.__struct_fields__) - {field.name for field in public_fields(struct)}


def differing(before: msgspec.Struct, after: msgspec.Struct) -> list[str]:
    """Return the names of the fields in which two documents of one kind differ."""
    return [name for name in before.__struct_fields__ if getattr(before, name) != getattr(after, name)]
