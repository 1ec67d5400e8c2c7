"""Which languages there are, and which one a person gets."""

from collections.abc import Mapping
from functools import lru_cache

from limen.kernel.languages import lookup, wanted

LOCALES: dict[str, str] = {"en": "English", "de": "Deutsch", "ar": "العربية"}
"""Locale to its own name, in the order in which they are offered; the first is the fallback of all."""

_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


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
    for tag in wanted(accept_language, chosen):
        for candidate in lookup(tag):
            if candidate in by_tag:
                return by_tag[candidate]
    return supported[0]
