"""Passwords that are known from breaches (SP 800-63B-4 §3.1.1.2): what is asked when one is set.

A corpus is declared here and implemented further out. It may be out of reach; what then, is a stance: fail open, since
a shop must not close with a service of others, or fail closed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from limen.identity.credentials.prepare import refuse
from limen.kernel.errors import Refusal, Unavailable

_RETRY_SECONDS: Final = 30


class BreachCorpus(Protocol):
    """Knows which passwords were found in breaches, and which of them beside whose address."""

    async def is_breached(self, prepared: bytes, emails: Sequence[str]) -> bool | None:
        """Tell whether the *prepared* password is known, alone or beside one of *emails*; None where nobody can say.

        Implementations send out no more than a few characters of its hash.
        """
        ...


class _Nothing:
    """A corpus of nothing: until there is one."""

    async def is_breached(self, prepared: bytes, emails: Sequence[str]) -> bool | None:
        """Know no password."""
        del prepared, emails
        return False


@dataclass(frozen=True, slots=True)
class BreachGuard:
    """A corpus, and the stance where it cannot be asked. ``fails_closed``: no password is set then."""

    corpus: BreachCorpus
    fails_closed: bool = False

    async def judge(self, prepared: bytes, emails: Sequence[str] = ()) -> Refusal | None:
        """Return why whoever owns *emails*, as they are stored, may not set the *prepared* password, or None."""
        found = await self.corpus.is_breached(prepared, emails)
        if found is None and self.fails_closed:
            # It has words of its own: another password would be refused as well, and nobody is busy.
            return Unavailable("password_unchecked", "the breach corpus cannot be asked", retry_after=_RETRY_SECONDS)
        return refuse("password.breached") if found else None


NO_CORPUS: Final = BreachGuard(_Nothing())
