"""What sessions ask of storage."""

from typing import Protocol

from limen.access.sessions.records import Browser, Party, Session
from limen.kernel.clock import Instant
from limen.kernel.ids import BrowserId, CustomerId, SessionId


class SessionStore(Protocol):
    """One tenant's browsers and sessions inside one transaction."""

    async def browser(self, browser_id: BrowserId) -> Browser | None:
        """Return the browser."""
        ...

    async def add_browser(self, browser: Browser) -> None:
        """Store a browser, unless it is."""
        ...

    async def keep_browser(self, browser: Browser, was: bytes) -> bool:
        """Store a browser, or the secret that it has now.

        Returns:
            False if it is stored with another secret than the one whose hash *was* stored: nothing changed.
        """
        ...

    async def at_browser(self, browser_id: BrowserId) -> list[Session]:
        """Return the sessions of a browser that were not ended, newest proof first."""
        ...

    async def owners_at(self, browser_id: BrowserId) -> frozenset[CustomerId]:
        """Return whose sessions a browser ever held, ended ones too: whose device it is."""
        ...

    async def of_customer(self, customer_id: CustomerId) -> list[Session]:
        """Return a customer's sessions at all browsers that were not ended, last seen first."""
        ...

    async def get(self, session_id: SessionId) -> Session | None:
        """Return the session."""
        ...

    async def find_sid(self, sid: str) -> Session | None:
        """Return the session with this public identifier."""
        ...

    async def add(self, session: Session) -> None:
        """Store a new session."""
        ...

    async def renew(self, session: Session) -> bool:
        """Replace evidence, ``seen_at``, ``expires_at`` and ``sealed`` of a session that was not ended."""
        ...

    async def parties(self, session_id: SessionId) -> list[Party]:
        """Return the relying parties that had tokens for a session that has not ended."""
        ...

    async def end(self, session_id: SessionId, now: Instant) -> bool:
        """End a session, revoke the token families that hang on it, and announce it to who had tokens for it.

        Returns:
            False if it was ended already.
        """
        ...

    async def end_all(self, customer_id: CustomerId, now: Instant, *, except_for: SessionId | None = None) -> int:
        """End a customer's sessions, revoke their families, void trusted devices; return how many sessions ended."""
        ...

    async def forget_browsers(self, customer_id: CustomerId, now: Instant) -> None:
        """Delete the browsers at which nobody but the customer was signed in, before the customer goes.

        Those of this week stay for the sweep: their first secret would be taken for a newcomer's.
        """
        ...
