"""Reading a JSON body so that nobody after us could read it in another way (security, *Parsers*)."""

import json
import math
import re
from typing import Any, Final, NoReturn

_MAX_DEPTH: Final = 32
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class MalformedJson(ValueError):
    """It is not JSON, or JSON with two readings."""


def strict_json(data: bytes) -> Any:
    """Return the value of *data*.

    Raises:
        MalformedJson: not UTF-8 JSON (RFC 8259), a member twice in one object, NaN or infinity, a number beyond 64
            bits, NUL or a lone surrogate in a text, or deeper than 32.
    """
    try:
        value = _decoder.decode(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise MalformedJson from error
    _check(value, 0)
    return value


def _check(value: Any, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise MalformedJson
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, list):
        for member in value:
            _check(member, depth + 1)
    elif isinstance(value, dict):
        for name, member in value.items():
            _check_text(name)
            _check(member, depth + 1)


def _check_text(text: str) -> None:
    if "\x00" in text or not (text.isascii() or _SURROGATE.search(text) is None):
        raise MalformedJson


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedJson
    return members


def _integer(text: str) -> int:
    value = int(text) if len(text) <= 20 else 1 << 64
    if not -(1 << 63) <= value < 1 << 63:
        raise MalformedJson
    return value


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise MalformedJson
    return value


def _no_constant(_name: str) -> NoReturn:
    raise MalformedJson


_decoder = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_number, parse_constant=_no_constant
)
