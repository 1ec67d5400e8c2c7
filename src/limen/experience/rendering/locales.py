"""Which languages there are, and which one a person gets."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

LOCALES: dict[str, str] = {"en": "English", "de": "Deutsch", "ar": "العربية"}
"""Locale to its own name, in the order in which they are offered; the first is the fallback of all."""

_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})
_MAX_RANGES = 16
_MAX_HEADER = 512


@lru_cache(maxsize=256)
def spoken(wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of *wanted* that have a catalogue, in their order; the fallback alone where none has."""
    return tuple(locale for locale in wanted if locale in LOCALES) or (next(iter(LOCALES)),)


@lru_cache(maxsize=256)
def named(locales: tuple[str, ...]) -> Mapping[str, str]:
    """Return *locales* with their own names, for the choice at the foot of a page."""
    return {locale: LOCALES[locale] for locale in locales}


def direction(locale: str) -> str:
    """Return ``rtl`` or ``ltr``, the writing direction of *locale*."""
    return "rtl" if locale.partition("-")[0] in _RIGHT_TO_LEFT else "ltr"


@lru_cache(maxsize=512)
def negotiate_locale(accept_language: str, supported: tuple[str, ...], chosen: str = "") -> str:
    """Return the locale to answer in.

    Args:
        accept_language: the header (RFC 9110 §12.5.4); malformed parts of it are passed over.
        supported: what there is, the default first; never empty.
        chosen: what was asked for, most wanted first and separated by spaces (``ui_locales``,
            OpenID Connect Core §3.1.2.1); it wins where it names something supported.
    """
    by_tag = {locale.lower(): locale for locale in reversed(supported)}
    for tag in (*chosen[:_MAX_HEADER].split()[:_MAX_RANGES], *_ranges(accept_language)):
        for candidate in _lookup(tag.lower().replace("_", "-")):
            if candidate in by_tag:
                return by_tag[candidate]
    return supported[0]


def _ranges(header: str) -> list[str]:
    """Return the language ranges of *header*, most wanted first; those with q=0 are left out."""
    weighed = []
    for part in header[:_MAX_HEADER].split(",")[:_MAX_RANGES]:
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


def _lookup(tag: str) -> Iterator[str]:
    """Yield *tag* and its ever shorter beginnings (lookup, RFC 4647 §3.4)."""
    while tag:
        yield tag
        tag = tag.rpartition("-")[0]
