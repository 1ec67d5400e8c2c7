"""The JSON Schema and the reference page, made from the records."""

import json
from typing import Any, get_args

import msgspec

from limen.app.settings.records import Settings
from limen.app.settings.sections import Section
from limen.app.settings.sources import Place, variable
from limen.app.settings.values import Rate
from limen.kernel.secret import Secret


def schema_json() -> str:
    """Return the JSON Schema (2020-12) of ``limen.toml``."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "limen.toml"}
    return json.dumps(head | _schema(Settings), indent=2, ensure_ascii=False)


def _schema(section: type[Section]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for field in msgspec.structs.fields(section):
        if isinstance(field.default, Section):
            properties[field.name] = {"description": _description(field.type), **_schema(type(field.default))}
        else:
            own = msgspec.json.schema(field.type, schema_hook=_custom)
            properties[field.name] = {**own, "default": _plain(field.default)}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def reference_page() -> str:
    """Return the reference page as reStructuredText."""
    lines = [
        "Settings",
        "========",
        "",
        "Read once, at the start: from ``limen.toml`` (``--config``, ``LIMEN_CONFIG``, or the one in the working",
        "directory), then from the environment, which wins. The name of a variable with ``_FILE`` behind it names a",
        "file that holds the value. A setting that is not known is an error. ``limen settings schema`` prints the",
        "JSON Schema.",
        "",
    ]
    _write(Settings, (), lines)
    return "\n".join(lines)


def _write(section: type[Section], head: Place, lines: list[str]) -> None:
    nested: list[tuple[Place, type[Section], str]] = []
    for field in msgspec.structs.fields(section):
        place, words = (*head, field.name), _description(field.type)
        if isinstance(field.default, Section):
            nested.append((place, type(field.default), words))
            continue
        lines += [f"``{'.'.join(place)}``", f"    {words}", ""]
        lines += [f"    {_kind(field.type)}; default: {_shown(field.default)}; ``{variable(place)}``", ""]
    for place, kind, words in nested:
        title = f"[{'.'.join(place)}]"
        lines += [title, "-" * len(title), "", words, ""]
        _write(kind, place, lines)


def _description(annotation: Any) -> str:
    words = next((meta.description for meta in get_args(annotation)[1:] if isinstance(meta, msgspec.Meta)), None)
    return (words or "").replace("`", "``")


def _kind(annotation: Any) -> str:
    kind = get_args(annotation)[0]
    if kind is Secret:
        return "text, secret"
    if kind is Rate:
        return "``count/seconds`` or ``off``"
    choices = [one for one in get_args(kind) if isinstance(one, str)]
    if choices:
        return "one of " + ", ".join(f"``{choice}``" if choice else "empty" for choice in choices)
    bounds = next((_bounds(meta) for meta in get_args(annotation)[1:] if isinstance(meta, msgspec.Meta)), "")
    names = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    return names.get(kind, "list of texts") + bounds


def _bounds(meta: msgspec.Meta) -> str:
    words = [
        f"{sign} {value:g}" for sign, value in (("≥", meta.ge), (">", meta.gt), ("≤", meta.le)) if value is not None
    ]
    return f" {' and '.join(words)}" if words else ""


def _shown(default: Any) -> str:
    plain = _plain(default)
    if plain in ("", None) or plain == ():
        return "empty"
    return f"``{str(plain).lower() if isinstance(plain, bool) else plain}``"


def _plain(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    return value if isinstance(value, bool | int | float | str | tuple | type(None)) else str(value)


def _custom(kind: type) -> dict[str, Any]:
    if kind is Rate:
        return {"type": "string", "pattern": r"^(off|[1-9][0-9]{0,8}/[1-9][0-9]{0,8})$"}
    return {"type": "string"}
