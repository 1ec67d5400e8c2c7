"""What is kept of a value so that it can be found, and what of a query finds it."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from limen.identity.search.records import Match, SearchIndex, Span

NORMALISATION: Final = "search-nfkc-casefold-1"
LENGTHS: Final = (3, 5, 8)
"""Prefixes that there are tokens for, in characters. Each further length would tell more of what it hides."""
SHORTEST: Final = LENGTHS[0]
LONGEST: Final = 256
"""Characters of a value or a query that count."""
_PARTS: Final = (3, 3, 4, 4)
"""Bytes of a prefix token's parts, each below the part before. Who collides is told apart after decryption."""
_EXACT: Final = 8
_END: Final = b"\xff" * sum(_PARTS)


class Blinds(Protocol):
    """What is asked of the tenant's vault."""

    def blind(self, kind: str, normalised: str, version: int | None = None) -> bytes:
        """Return the blind index of *normalised* text among values of *kind*."""
        ...


def folded(text: str) -> str:
    """Return *text* as it is compared: NFKC, case folded, white space single, the first characters alone."""
    short = text[: 2 * LONGEST]  # first: normalising costs the square of a run of marks
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", short).casefold())
    return " ".join(plain.split())[:LONGEST].rstrip()


@dataclass(frozen=True, slots=True)
class Searchable:
    """What of a profile may be searched, for whoever stores it: tokens are made for the indexes there are by then.

    ``values`` says it by field, where anybody asks.
    """

    blinds: Blinds = field(repr=False)
    values: Callable[[], Mapping[str, str]] = field(repr=False)

    def token(self, index: SearchIndex) -> bytes | None:
        """Return the token of the index's field; None where there is nothing to find."""
        text = folded(self.values().get(index.field, ""))
        return token_of(self.blinds, index, text) if text else None


def token_of(blinds: Blinds, index: SearchIndex, text: str) -> bytes:
    """Return the token of folded *text*: that of an exact index, or one that begins with those of its prefixes."""
    whole = blinds.blind(f"search:{index.field}", text, index.key_version)
    if index.match is Match.EXACT:
        return whole[:_EXACT]
    return _beginning(blinds, index, text, LENGTHS) + whole[: _PARTS[-1]]


def span_of(blinds: Blinds, index: SearchIndex, text: str, match: Match) -> Span:
    """Return where in *index* to look for folded *text*; for a prefix it has at least ``SHORTEST`` characters."""
    if match is Match.EXACT:
        token = token_of(blinds, index, text)
        return Span(index.number, token, token)
    start = _beginning(blinds, index, text, tuple(length for length in LENGTHS if length <= len(text)))
    return Span(index.number, start, (start + _END)[: len(_END)])


def is_found(value: str, text: str, match: Match) -> bool:
    """Tell whether *value* is what folded *text* asks for: the last word, after decryption."""
    return folded(value) == text if match is Match.EXACT else folded(value).startswith(text)


def _beginning(blinds: Blinds, index: SearchIndex, text: str, lengths: tuple[int, ...]) -> bytes:
    parts = (blinds.blind(f"search:{index.field}:{n}", text[:n], index.key_version) for n in lengths)
    return b"".join(part[:size] for part, size in zip(parts, _PARTS, strict=False))
