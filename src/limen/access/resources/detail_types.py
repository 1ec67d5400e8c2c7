"""Types of ``authorization_details``, made ready: a compiled schema and wordings (RFC 9396 §2, §5)."""

from collections.abc import Mapping
from typing import Any, Final

from limen.access.resources.records import DetailTypeDocument
from limen.access.resources.wording import worded
from limen.kernel.json_schema import Matches, compiled

_DEFAULT: Final = "en"


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
