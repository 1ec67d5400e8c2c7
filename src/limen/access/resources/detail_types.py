"""Types of ``authorization_details``, made ready: a compiled schema and wordings (RFC 9396 §2, §5).

The schema library is loaded with the first type that a process meets: most tenants have none.
"""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from limen.access.resources.records import DetailTypeDocument
from limen.access.resources.wording import worded

_DEFAULT: Final = "en"


class Matches(Protocol):
    """A compiled JSON Schema."""

    def is_valid(self, _value: Any, /) -> bool:
        """Tell whether the value meets it."""
        ...


class DetailType:
    """One registered type. The schema is compiled when it is first needed."""

    __slots__ = ("_document", "_matches")

    def __init__(self, document: DetailTypeDocument) -> None:
        """Take what is registered."""
        self._document = document
        self._matches: Matches | None = None

    def accepts(self, detail: Mapping[str, Any]) -> bool:
        """Tell whether *detail* meets the schema."""
        if self._matches is None:
            self._matches = compiled(self._document.detail_schema)
        return self._matches.is_valid(dict(detail))

    def in_words(self, detail: Mapping[str, Any], locale: str) -> str:
        """Return *detail* as the consent page says it in the language *locale*."""
        wording = self._document.wording
        template = wording.get(locale) or wording.get(locale.partition("-")[0]) or wording[_DEFAULT]
        return worded(template, detail)


def compiled(schema: Mapping[str, Any]) -> Matches:
    """Return *schema* compiled: nothing is fetched, and no pattern takes more than linear time.

    Raises:
        ValueError: it is not a JSON Schema (2020-12), refers to another document, or has a pattern of another kind.
    """
    from jsonschema_rs import Draft202012Validator, RegexOptions  # noqa: PLC0415 - see the module's docstring

    return Draft202012Validator(dict(schema), retriever=_refuse, pattern_options=RegexOptions())


def _refuse(uri: str) -> Any:
    msg = f"a schema refers to nothing outside of itself: {uri[:100]}"
    raise ValueError(msg)
