"""How long an answer is kept (RFC 9111 §4.2), within the bounds of whoever asks, and where."""

import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from limen.access.outgoing import Fetched, Wanted
from limen.kernel.clock import SECOND, Clock, Instant
from limen.kernel.errors import Refusal, Unavailable

_MAX_AGE: Final = re.compile(r'(?:^|,)\s*max-age\s*=\s*"?([0-9]{1,10})"?\s*(?=,|$)', re.IGNORECASE)
_NOT_KEPT: Final = re.compile(r"(?:^|,)\s*(?:no-store|no-cache)\b", re.IGNORECASE)
_AGE: Final = re.compile(r"[0-9]{1,10}")


def fresh_seconds(cache_control: str, age: str, wanted: Wanted) -> int:
    """Return for how many seconds an answer with these headers is kept."""
    found = _MAX_AGE.search(cache_control)
    seconds = wanted.usual
    if _NOT_KEPT.search(cache_control):
        seconds = 0
    elif found is not None:
        seconds = int(found[1]) - (int(age) if _AGE.fullmatch(age) else 0)
    return min(max(seconds, wanted.shortest), wanted.longest)


@dataclass(frozen=True, slots=True)
class _Kept:
    answer: Fetched | Refusal
    at: Instant
    until: Instant
    size: int


class AnswerCache:
    """Answers by address and kind, bounded by number and by bytes; the least recently used goes first."""

    def __init__(self, clock: Clock, most: int = 2_000, most_bytes: int = 16_777_216) -> None:
        """Keep *most* answers of *most_bytes* together."""
        self._clock = clock
        self._most, self._most_bytes = most, most_bytes
        self._bytes = 0
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()

    def get(self, url: str, purpose: str, newer_than: Instant) -> Fetched | Refusal | None:
        """Return what was answered, if it is fresh and younger than *newer_than*."""
        kept = self._kept.get((url, purpose))
        if kept is None or kept.until <= self._clock.now() or kept.at <= newer_than:
            return None
        self._kept.move_to_end((url, purpose))
        return kept.answer

    def put(self, url: str, wanted: Wanted, answer: Fetched | Refusal) -> None:
        """Keep *answer*; a busy moment of our own is not kept."""
        now = self._clock.now()
        if isinstance(answer, Fetched):
            until, size = answer.fresh_until, len(answer.body)
        elif isinstance(answer, Unavailable) and answer.detail == "busy":
            return
        else:
            until, size = now + wanted.failures * SECOND, 0
        key = (url, wanted.purpose)
        self._drop(key)
        self._kept[key] = _Kept(answer, now, until, size + len(url))
        self._bytes += size + len(url)
        while len(self._kept) > self._most or self._bytes > self._most_bytes:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: tuple[str, str]) -> None:
        gone = self._kept.pop(key, None)
        if gone is not None:
            self._bytes -= gone.size
