"""JSON Schema (2020-12) of strangers and tenants: nothing is fetched, and no pattern takes more than linear time.

The library is loaded with the first schema that a process meets: most tenants have none.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, Final, Protocol

import msgspec

LONGEST_SCHEMA: Final = 32_768
"""Bytes of a schema as JSON."""


class Found(Protocol):
    """One thing that is wrong with a value: where, and by which rule."""

    @property
    def instance_path(self) -> list[str | int]:
        """Return the way to the member that is wrong."""
        ...

    @property
    def evaluation_path(self) -> list[str | int]:
        """Return the way to the rule that it breaks, through every reference."""
        ...


class Matches(Protocol):
    """A compiled JSON Schema."""

    def is_valid(self, _value: Any, /) -> bool:
        """Tell whether the value meets it."""
        ...

    def iter_errors(self, _value: Any, /) -> Iterator[Found]:
        """Yield what is wrong."""
        ...


def compiled(schema: Mapping[str, Any]) -> Matches:
    """Return *schema* compiled.

    Raises:
        ValueError: it is not a JSON Schema (2020-12), refers to another document, or has a pattern of another kind.
    """
    from jsonschema_rs import Draft202012Validator, RegexOptions  # noqa: PLC0415 - see the module's docstring

    return Draft202012Validator(dict(schema), retriever=_refuse, pattern_options=RegexOptions())


def place(found: Found) -> Iterator[str | int]:
    """Yield the way to what is wrong, as far as the schema names it: what else was sent may be personal."""
    declared = (name for keyword, name in pairwise(found.evaluation_path) if keyword == "properties")
    for step in found.instance_path:
        if isinstance(step, str) and step not in declared:  # which goes on from where the last one was found
            return
        yield step


def pointer(steps: Iterable[str | int]) -> str:
    """Return *steps* as a JSON Pointer (RFC 6901)."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def schema_problem(schema: Mapping[str, Any]) -> str:
    """Return the message key of what is wrong with *schema*; empty if nothing is."""
    if len(msgspec.json.encode(schema)) > LONGEST_SCHEMA:
        return "schema.too_long"
    try:
        compiled(schema)
    except ValueError:
        return "schema.invalid"
    return ""


def _refuse(uri: str) -> Any:
    msg = f"a schema refers to nothing outside of itself: {uri[:100]}"
    raise ValueError(msg)
