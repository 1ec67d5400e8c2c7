"""The types of single settings that are neither text nor number."""

import re
from typing import Final, final

from limen.trust.limits import UNLIMITED, Limit

_RATE: Final = re.compile(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,8})")


@final
class Rate:
    """At most ``count`` in any ``seconds``; written ``"100/600"``, or ``"off"``.

    No dataclass: those are read from objects, and this is read from text.
    """

    __slots__ = ("count", "seconds")

    def __init__(self, count: int, seconds: int) -> None:
        """Allow *count* in any *seconds*."""
        self.count = count
        self.seconds = seconds

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """Read a rate.

        Raises:
            ValueError: *text* is neither ``count/seconds`` nor ``off``.
        """
        if text == "off":
            return cls(UNLIMITED, 1)
        match = _RATE.fullmatch(text)
        if match is None:
            raise ValueError('expected "count/seconds", such as "100/600", or "off"')
        return cls(int(match[1]), int(match[2]))

    @property
    def is_off(self) -> bool:
        """Tell whether nothing is limited."""
        return self.count >= UNLIMITED

    def limit(self, name: str) -> Limit:
        """Return the rate as a limit that is called *name*."""
        return Limit(self.count, self.seconds, name)

    def __str__(self) -> str:
        """Return the rate as it is written."""
        return "off" if self.is_off else f"{self.count}/{self.seconds}"

    __repr__ = __str__
