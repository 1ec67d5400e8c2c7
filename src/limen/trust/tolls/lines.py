"""What kind of line a number is on: asked of whoever knows, before the first code is sent to it.

A numbering plan tells fixed lines from mobile ones in some countries, and who carries a number today in none. Accounts
that are made by the hundred are made with numbers from services that lend them, which are voice over IP as a rule.
"""

from typing import Final, Literal, Protocol, get_args

Line = Literal["mobile", "landline", "voip", "other"]
LINES: Final[frozenset[str]] = frozenset(get_args(Line))


class LineTypes(Protocol):
    """Whoever knows kinds of lines."""

    async def of(self, number: str) -> Line | None:
        """Return the kind of line of *number* (E.164); None where that is not to be had now."""
        ...
