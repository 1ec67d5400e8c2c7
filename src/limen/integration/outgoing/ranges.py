"""The range service for breached passwords: asked by five digits of a hash, answered by a few hundred others.

The protocol is that of Have I Been Pwned (k-anonymity); ``Add-Padding`` has it answer with made-up members of count
zero among the others, so that the length of an encrypted answer tells nothing either. Answers are kept for a day.
"""

import re
from collections.abc import Collection
from typing import Final

from limen.access.outgoing import Outgoing, Wanted
from limen.kernel.errors import Refusal

_WANTED: Final = Wanted(
    "breached-passwords",
    ("text/plain",),
    max_bytes=262_144,
    seconds=2.0,
    usual=86_400,
    longest=7 * 86_400,
    failures=30,
    headers=(("add-padding", "true"),),
)
_LINE: Final = re.compile(r"([0-9A-F]{35}):([0-9]{1,18})")


class Ranges:
    """A :class:`limen.trust.threats.breaches.RangeSource` over HTTP."""

    def __init__(self, outgoing: Outgoing, url: str) -> None:
        """Ask at *url*, to which the five digits are added."""
        self._outgoing = outgoing
        self._url = url

    async def suffixes(self, prefix: str) -> Collection[str] | None:
        """Return the rest of every known hash with *prefix*; None where there is no answer that will do."""
        answer = await self._outgoing.fetch(f"{self._url}{prefix}", _WANTED)
        if isinstance(answer, Refusal):
            return None
        found = set()
        for line in answer.body.decode("ascii", "replace").splitlines():
            member = _LINE.fullmatch(line.strip())
            if member is None:
                return None  # not what we asked for: better no answer than half of one
            if int(member[2]):
                found.add(member[1])
        return found
