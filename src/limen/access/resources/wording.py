"""Details in words: what the consent page says of each ``authorization_details`` object (RFC 9396 §11.1).

A wording is a sentence with places: ``Pay {amount.value} {amount.currency} to {creditor}``. What stands in a place is
chosen by the client, so that it is shown as data: on one line, at a bounded length, isolated from the direction of the
text around it (Unicode TR 9 §2.4.2), and escaped by whoever renders it.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

_PLACE: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*){0,5})\}")
_BRACE: Final = re.compile(r"[{}]")
_LONGEST: Final = 200
_MOST: Final = 20
_ISOLATE, _END = "\u2068", "\u2069"  # FIRST STRONG ISOLATE, POP DIRECTIONAL ISOLATE
_NOTHING: Final = "\u2013"  # EN DASH


def is_wording(template: str) -> bool:
    """Tell whether *template* has a reading: printable, and every brace belongs to a place."""
    return template.isprintable() and not _BRACE.search(_PLACE.sub("", template))


def worded(template: str, detail: Mapping[str, Any]) -> str:
    """Return *template* with the members of *detail* in its places, where they can do nothing but stand."""
    return _PLACE.sub(lambda place: f"{_ISOLATE}{_shown(_at(detail, place[1]))}{_END}", template)


def _at(value: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        more = ["…"] if len(value) > _MOST else []
        return _plain(", ".join([_one(item) for item in value[:_MOST]] + more))
    return _plain(_one(value))


def _one(value: Any) -> str:
    if value is None or value == "":
        return _NOTHING
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_one(member)}" for name, member in list(value.items())[:_MOST])
    return str(value) if not isinstance(value, list | tuple) else ", ".join(_one(item) for item in value[:_MOST])


def _plain(text: str) -> str:
    """Return *text* without characters that steer: controls, formats (so no bidi marks), line ends, surrogates."""
    kept = "".join(" " if unicodedata.category(one) in {"Cc", "Zl", "Zp"} else one for one in text[: 4 * _LONGEST])
    kept = "".join(one for one in kept if unicodedata.category(one) not in {"Cf", "Cs", "Co", "Cn"})
    return kept if len(kept) <= _LONGEST else kept[: _LONGEST - 1] + "…"
