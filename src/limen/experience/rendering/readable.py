"""A document of data as a page for people: one file, without script, style sheet or picture of anybody's."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, Final

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%;margin:.5rem 0}"
    "th,td{border:1px solid #999;padding:.3rem .5rem;text-align:start;vertical-align:top}"
    "th{width:14rem;font-weight:600}h2{margin-top:2rem}"
)
Named = Callable[[str], str]
"""The name of a member of the document to its words."""


def readable(document: Mapping[str, Any], title: str, language: tuple[str, str], named: Named) -> str:
    """Return *document* as HTML in *language* (tag, direction): scalars in a table, each list under a heading."""
    scalars = {name: value for name, value in document.items() if not isinstance(value, dict | list)}
    parts = [_table(scalars, named)]
    for name, value in document.items():
        if isinstance(value, dict | list):
            parts += [f"<h2>{escape(named(name))}</h2>", _value(value, named)]
    tag, direction = language
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    body = f"<h1>{escape(title)}</h1>\n" + "\n".join(parts)
    root = f'<!doctype html>\n<html lang="{tag}" dir="{direction}">\n'
    return f"{root}<head>{head}</head>\n<body>\n{body}\n</body>\n</html>\n"


def _value(value: Any, named: Named) -> str:
    if isinstance(value, Mapping):
        return _table(value, named)
    if isinstance(value, Sequence) and not isinstance(value, str):
        if all(not isinstance(one, dict | list) for one in value):
            return f"<bdi>{escape(', '.join(str(one) for one in value)) or '-'}</bdi>"
        return "\n".join(_value(one, named) for one in value)
    return f"<bdi>{escape(str(value)) if value not in (None, '') else '-'}</bdi>"


def _table(members: Mapping[str, Any], named: Named) -> str:
    rows = [
        f'<tr><th scope="row">{escape(named(name))}</th><td>{_value(value, named)}</td></tr>'
        for name, value in members.items()
    ]
    return f"<table>{''.join(rows)}</table>"
