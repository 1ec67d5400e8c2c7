"""Values of attributes: brought up to the schema there is now, released, let go of when their time is over.

All of it is pure. A value that an earlier schema allowed is moved to its new name and, where nothing is lost, turned
into its new type. Whatever still does not fit stays as it is, and is reported: nothing is dropped because a schema
changed.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from limen.identity.profiles.claims import SAID, by_scope, claim_access
from limen.identity.profiles.records import Access, Annotation, ClaimAnnotation, ProfileSettings, Who
from limen.identity.profiles.schema import annotation, read_value, wrong_attributes
from limen.kernel.clock import DAY, Instant

_TRUTHS: Final = {"yes": True, "true": True, "no": False, "false": False}


def brought_up(settings: ProfileSettings, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return *values* as the present schema has them."""
    found = dict(values)
    for name, schema in settings.attributes.items():
        for old in annotation(schema).was:
            if old in found and name not in found and old not in settings.attributes:
                found[name] = found.pop(old)
        if name in found and (wrong := wrong_attributes(settings, {name: found[name]})):
            turned = [value for value in _turned(schema.get("type"), found[name]) if _fits(settings, name, value)]
            found[name] = turned[0] if turned and wrong else found[name]
    return found


def _fits(settings: ProfileSettings, name: str, value: Any) -> bool:
    return not wrong_attributes(settings, {name: value})


def _turned(kind: Any, value: Any) -> Iterator[Any]:
    """Yield what *value* may be in another type without losing anything."""
    if isinstance(value, str) and kind in {"integer", "number"}:
        read = read_value({"type": kind}, value.strip())
        if not isinstance(read, str):
            yield read
    elif isinstance(value, str) and kind == "boolean":
        if value.strip().lower() in _TRUTHS:
            yield _TRUTHS[value.strip().lower()]
    elif kind == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)
    elif kind == "array":
        yield [value]


def stamped(
    before: Mapping[str, Any], since: Mapping[str, Instant], after: Mapping[str, Any], now: Instant
) -> dict[str, Instant]:
    """Return since when each value of *after* has been as it is; *since* says it of *before*."""
    return {
        name: since.get(name, now) if name in before and before[name] == value else now for name, value in after.items()
    }


def lasting(settings: ProfileSettings) -> Iterator[tuple[str, Annotation | ClaimAnnotation]]:
    """Yield what is said of how long each attribute, and each standard claim that is named, is kept."""
    for name, schema in settings.attributes.items():
        yield name, annotation(schema)
    yield from settings.claims.items()


def overdue(
    settings: ProfileSettings, values: Mapping[str, Any], since: Mapping[str, Instant], now: Instant
) -> tuple[str, ...]:
    """Return which *values* are over their time. One of before times were kept counts from when they are."""
    kept = {name: one.retention_days for name, one in lasting(settings)}
    return tuple(
        name for name in values if (days := kept.get(name)) is not None and now - since.get(name, now) >= days * DAY
    )


def beyond(settings: ProfileSettings, before: Mapping[str, Any], after: Mapping[str, Any], who: Who) -> dict[str, str]:
    """Return the attributes that changed though *who* may not write them."""
    changed = [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]
    return {name: "attribute.not_yours" for name in sorted(changed) if access(settings, name, who) != "write"}


def withheld(settings: ProfileSettings, sent: Iterable[str], who: Who) -> dict[str, str]:
    """Return what of *sent* is not *who*'s to write, attributes as ``attributes.NAME``: a message key, by name.

    It asks for no value: what is refused only where it differs can be guessed by whoever may not read it.
    """
    found: dict[str, str] = {}
    for name in sorted(sent):
        _, dot, attribute = name.partition(".")
        if dot and access(settings, attribute, who) != "write":
            found[name] = "attribute.not_yours"
        elif name in SAID and claim_access(settings, name, who) != "write":
            found[name] = "claim.not_yours"
    return found


def access(settings: ProfileSettings, name: str, who: Who) -> Access:
    """Return what *who* may do with an attribute; with one that the schema does not know any more, as with any."""
    if name not in settings.attributes:
        return "write" if who == "administrator" else "nothing"
    said = annotation(settings.attributes[name])
    if isinstance(who, frozenset):
        return by_scope(who, said.scope, said.write_scope)
    return said.customer if who == "customer" else said.administrator


def write_scopes(settings: ProfileSettings) -> tuple[str, ...]:
    """Return the scopes by which applications write something."""
    named = {one.write_scope for one in settings.claims.values()}
    named |= {annotation(schema).write_scope for schema in settings.attributes.values()}
    return tuple(sorted(named - {""}))


def readable(settings: ProfileSettings, values: Mapping[str, Any], who: Who) -> dict[str, Any]:
    """Return what of *values* may be shown to *who*."""
    return {name: value for name, value in values.items() if access(settings, name, who) != "nothing"}
