"""The messages of one locale.

The sources are ``locales/<locale>.po``; Babel reads them and compiles them in memory when a locale is first used.
Message identifiers are keys (``sign_in.title``), so that English is a translation like any other, reworded freely.
"""

from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from markupsafe import Markup, escape

from limen.experience.rendering.locales import LOCALES

_SOURCES = Path(__file__).resolve().parent.parent / "locales"
_FALLBACK = next(iter(LOCALES))


class MissingMessage(LookupError):
    """A key has no message."""


class Catalogue:
    """The messages of one locale."""

    def __init__(self, locale: str, source: Catalog) -> None:
        """Compile *source*."""
        compiled = BytesIO()
        write_mo(compiled, source)
        compiled.seek(0)
        self.locale = locale
        self.keys = frozenset(str(_first(message.id)) for message in source if message.id)
        self.babel = Locale.parse(locale, sep="-")
        self._translations = Translations(compiled)

    @staticmethod
    def for_locale(locale: str) -> "Catalogue":
        """Return the catalogue of a supported *locale*, made once.

        Raises:
            KeyError: the locale is none of ``LOCALES``.
        """
        if locale not in LOCALES:
            raise KeyError(locale)
        return _load(locale)

    def __contains__(self, key: object) -> bool:
        """Tell whether *key* has a message."""
        return key in self.keys

    def text(self, key: str, **values: Any) -> str:
        """Return the message *key* with *values* in its ``%(name)s`` places.

        ``count`` chooses the plural form. Messages are plain text. As soon as one value is markup, the message and the
        other values are escaped, and the answer is markup too.

        Raises:
            MissingMessage: there is no such key, here or in English.
            KeyError: a place has no value.
        """
        if key not in self.keys:
            if self.locale == _FALLBACK:
                raise MissingMessage(key)
            return Catalogue.for_locale(_FALLBACK).text(key, **values)
        message = self._message(key, values.get("count"))
        if any(isinstance(value, Markup) for value in values.values()):
            return escape(message) % values
        return message % values

    def _message(self, key: str, count: object) -> str:
        if isinstance(count, int):
            plural = str(self._translations.ungettext(key, key, count))
            if plural != key:
                return plural
        return str(self._translations.ugettext(key))


@lru_cache(maxsize=len(LOCALES))
def _load(locale: str) -> Catalogue:
    with (_SOURCES / f"{locale}.po").open("rb") as source:
        return Catalogue(locale, read_po(source, locale=locale))


def _first(identifier: Any) -> Any:
    return identifier[0] if isinstance(identifier, tuple | list) else identifier
