"""Languages by their tags (BCP 47): what somebody wants to read, and which of what there is comes nearest."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

_MOST: Final = 16
_LONGEST: Final = 512
_LONGEST_TAG: Final = 35
_TAG: Final = re.compile(
    r"[a-z]{2,8}(-[a-z]{3}){0,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"
    r"(-[a-wyz0-9](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?",
    re.IGNORECASE,
)


def is_tag(text: str) -> bool:
    """Tell whether *text* is a well-formed language tag (RFC 5646 §2.1), of at most 35 characters (§4.4.1)."""
    return len(text) <= _LONGEST_TAG and text.isascii() and _TAG.fullmatch(text) is not None


@lru_cache(maxsize=512)
def wanted(accept_language: str, chosen: str = "") -> tuple[str, ...]:
    """Return the tags that somebody wants to read, most wanted first, in small letters.

    Args:
        accept_language: the header (RFC 9110 §12.5.4); malformed parts of it are passed over.
        chosen: what was asked for, separated by spaces; it comes first.
    """
    tags = (*chosen[:_LONGEST].split()[:_MOST], *_ranges(accept_language))
    return tuple(tag.lower().replace("_", "-") for tag in tags)


def best(wished: Iterable[str], offered: Iterable[str]) -> str | None:
    """Return which of *offered* suits the first of the *wished* tags that any suits; None where none does.

    What is offered suits a tag where it is the tag or a beginning of it (lookup, RFC 4647 §3.4), or else where it is a
    variety of the same: ``pt-BR`` for who reads ``pt`` or ``pt-PT``.
    """
    by_tag = {tag.lower(): tag for tag in offered}
    for tag in wished:
        for candidate in lookup(tag.lower()):
            if candidate in by_tag:
                return by_tag[candidate]
        language = tag.lower().partition("-")[0]
        near = next((one for low, one in by_tag.items() if low.partition("-")[0] == language), None)
        if near is not None:
            return near
    return None


def _ranges(header: str) -> list[str]:
    """Return the language ranges of *header*, most wanted first; those with q=0 are left out."""
    weighed = []
    for part in header[:_LONGEST].split(",")[:_MOST]:
        tag, _, parameter = part.strip().partition(";")
        weight = _weight(parameter.strip())
        if tag and weight > 0:
            weighed.append((weight, tag.strip()))
    return [tag for _, tag in sorted(weighed, key=lambda pair: -pair[0])]


def _weight(parameter: str) -> float:
    if not parameter:
        return 1.0
    name, _, value = parameter.partition("=")
    try:
        return float(value) if name.strip() == "q" and len(value) <= len("0.000") else 0.0
    except ValueError:
        return 0.0


def lookup(tag: str) -> Iterator[str]:
    """Yield *tag* and its ever shorter beginnings (lookup, RFC 4647 §3.4)."""
    while tag:
        yield tag
        tag = tag.rpartition("-")[0]
