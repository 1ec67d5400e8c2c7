"""The reference page of what a tenant's administrator may change, made from the records and what they say of each."""

import inspect
import re
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal, get_args, get_origin

import msgspec

from limen.identity.tenants.records import TenantSettings

Struct = type[msgspec.Struct]
_ATTRIBUTES: Final = "\nAttributes:\n"
_NAMED: Final = re.compile(r"    (\w+(?:, \w+)*): (.*)")
_KINDS: Final = {str: "text", int: "whole number", bool: "true or false"}
_BOUNDS: Final = {"minimum": "≥ {}", "maximum": "≤ {}", "minItems": "{} at least", "maxItems": "{} at the most"}


def tenant_settings_page() -> str:
    """Return every setting of a tenant as reStructuredText."""
    lines = ["Settings of a tenant", "====================", "", *_LEAD]
    _write(TenantSettings, "", lines)
    return "\n".join(lines)


def settings_in_words(struct: Struct = TenantSettings, head: str = "") -> Iterator[tuple[str, str]]:
    """Yield the place of every setting, ``risk.mode``, and what is said of it; empty where nothing is."""
    words = _words(struct)
    for field in msgspec.structs.fields(struct):
        inner = _inner(field.type)
        if inner is None or field.name in words:
            yield f"{head}{field.name}", words.get(field.name, "")
        if inner is not None:
            yield from settings_in_words(inner, f"{head}{field.name}.")


def _write(struct: Struct, head: str, lines: list[str]) -> None:
    words, nested = _words(struct), list[tuple[str, Struct]]()
    for field in msgspec.structs.fields(struct):
        place, inner = f"{head}{field.name}", _inner(field.type)
        if inner is not None:
            nested.append((place if get_origin(_plain(field.type)) is None else f"{place}[]", inner))
        if inner is None or field.name in words:
            lines += [f"``{place}``", f"    {words.get(field.name, '')}", "", f"    {_kind(field)}", ""]
    for place, inner in nested:
        title = f"``{place}``"
        lines += [title, ("-" if "." not in place else "~") * len(title), "", _prose(inner), ""]
        _write(inner, f"{place}.", lines)


def _prose(struct: Struct) -> str:
    return inspect.cleandoc(struct.__doc__ or "").partition(_ATTRIBUTES)[0].strip()


def _words(struct: Struct) -> dict[str, str]:
    """Return what a record's docstring says of its members."""
    found: dict[str, str] = {}
    names: list[str] = []
    for line in inspect.cleandoc(struct.__doc__ or "").partition(_ATTRIBUTES)[2].splitlines():
        begins = _NAMED.fullmatch(line)
        if begins is not None:
            names = begins[1].split(", ")
            found |= dict.fromkeys(names, begins[2])
        elif line.startswith("        "):
            found |= {name: f"{found[name]} {line.strip()}" for name in names}
    return found


def _plain(declared: Any) -> Any:
    return get_args(declared)[0] if get_origin(declared) is Annotated else declared


def _inner(declared: Any) -> Struct | None:
    """Return the record that a member is, or that it has any number of."""
    plain = _plain(declared)
    if isinstance(plain, type) and issubclass(plain, msgspec.Struct):
        return plain
    return next((found for one in get_args(plain) if (found := _inner(one)) is not None), None)


def _kind(field: msgspec.structs.FieldInfo) -> str:
    plain = _plain(field.type)
    choices = [one for one in get_args(plain) if isinstance(one, str | int)] if get_origin(plain) is Literal else []
    kind = "one of " + ", ".join(f"``{one}``" for one in choices) if choices else _KINDS.get(plain, "")
    if not kind:
        kind = "by name" if get_origin(plain) is dict else "list" if get_origin(plain) is tuple else "may be left out"
    metas = [meta for meta in get_args(field.type)[1:] if isinstance(meta, msgspec.Meta)]
    bounds = {name: value for meta in metas for name, value in (meta.extra_json_schema or {}).items()}
    limits = [text.format(f"{bounds[name]:,}") for name, text in _BOUNDS.items() if name in bounds]
    return ", ".join([kind, *limits]) + _default(field)


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.default is msgspec.NODEFAULT and field.default_factory is msgspec.NODEFAULT:
        return "; required"
    default = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    if default is None or isinstance(default, msgspec.Struct):
        return ""
    if default in ("", ()) or isinstance(default, dict):
        return "; empty at first"
    shown = ", ".join(map(str, default)) if isinstance(default, tuple) else str(default)
    return f"; default: ``{shown.lower() if isinstance(default, bool) else shown}``"


_LEAD: Final = (
    "What the administrator of a tenant may change, with ``PATCH /api/v1/tenants/{slug}`` or in a file of ``limen",
    "apply``, below ``settings``; what is absent keeps its value. In force within a second, in every process. What the",
    "operator sets for all of them is in :doc:`settings`.",
    "",
)
