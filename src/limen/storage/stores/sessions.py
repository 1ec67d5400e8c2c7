"""Browsers and sessions."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import asdict
from sqlalchemy import Row, bindparam, exists, literal_column, select

from limen.access.sessions.records import BROWSER_UNSEEN, Browser, Evidence, Party, Session
from limen.kernel.clock import Instant
from limen.kernel.events import Event
from limen.kernel.ids import BrowserId, CustomerId, SessionId, TenantId
from limen.storage.schema.sessions import browsers, sessions
from limen.storage.schema.tokens import codes, families
from limen.storage.statements import Connection
from limen.storage.stores.base import (
    TenantInsertOrChange,
    TenantStatement,
    TenantStoreBase,
    columns,
    delete_mine,
    insert_mine,
    insert_new_mine,
    mine,
    of_tenant,
    select_mine,
    update_mine,
)
from limen.storage.stores.grants import revoke_families, void_codes
from limen.storage.stores.parties import news_of_the_end, parties_of_customer, parties_of_session
from limen.storage.stores.safety import FORGET_ALL

_evidence = msgspec.json.Decoder(tuple[Evidence, ...])
_RENEWED = ("evidence", "seen_at", "expires_at", "sealed")

_BROWSER = select_mine(browsers, browsers.c.id == bindparam("of"))
_ADD_BROWSER = insert_new_mine(browsers)
_KEEP_BROWSER = TenantInsertOrChange(
    browsers,
    sets=columns(browsers),
    changes={name: literal_column(f"excluded.{name}") for name in ("secret_hash", "seen_at")},
    only_if=browsers.c.secret_hash == bindparam("was"),
)
_at_browser = sessions.c.browser_id == bindparam("browser")
_is_open = sessions.c.ended_at.is_(None)
_AT_BROWSER = select_mine(sessions, _at_browser, _is_open)
_OWNERS_AT = mine(select(sessions.c.customer_id).where(_at_browser), sessions)
_is_theirs = sessions.c.customer_id == bindparam("customer")
_FORGET_BROWSERS = delete_mine(
    browsers,
    browsers.c.id.in_(select(sessions.c.browser_id).where(of_tenant(sessions), _is_theirs)),
    browsers.c.created_at <= bindparam("made_before"),
    ~exists().where(of_tenant(sessions), sessions.c.browser_id == browsers.c.id, ~_is_theirs),
)
_OF_CUSTOMER = select_mine(sessions, sessions.c.customer_id == bindparam("customer"), _is_open)
_GET = select_mine(sessions, sessions.c.id == bindparam("of"))
_FIND_SID = select_mine(sessions, sessions.c.sid == bindparam("sid"))
_ADD = insert_mine(sessions)
_RENEW = update_mine(sessions, sessions.c.id == bindparam("of"), _is_open, sets=_RENEWED)
_END = update_mine(sessions, sessions.c.id == bindparam("of"), _is_open, sets=("ended_at",))
_END_ALL = update_mine(
    sessions,
    sessions.c.customer_id == bindparam("customer"),
    _is_open,
    sessions.c.id != bindparam("kept"),
    sets=("ended_at",),
)
_owner = select(sessions.c.customer_id).where(of_tenant(sessions), sessions.c.id == bindparam("of")).scalar_subquery()
_VOID_CODES = void_codes(codes.c.customer_id == _owner, codes.c.session_id == bindparam("of"))
_VOID_ALL_CODES = void_codes(codes.c.customer_id == bindparam("customer"), codes.c.session_id != bindparam("kept"))
_REVOKE_FAMILIES = revoke_families(families.c.session_id == bindparam("of"))
_REVOKE_ALL_FAMILIES = revoke_families(
    families.c.customer_id == bindparam("customer"), families.c.session_id != bindparam("kept")
)


class SqlSessions(TenantStoreBase):
    """Implements :class:`limen.access.sessions.store.SessionStore`."""

    def __init__(
        self,
        connection: Connection,
        tenant_id: TenantId,
        change: Callable[[str, str], None],
        announce: Callable[[Event], Any],
    ) -> None:
        """Speak over *connection*; *change* tells the caches what was revoked, *announce* the relying parties."""
        super().__init__(connection, tenant_id)
        self._change, self._announce = change, announce

    async def browser(self, browser_id: BrowserId) -> Browser | None:
        """Return the browser."""
        row = await self._one(_BROWSER, of=browser_id)
        return None if row is None else Browser(BrowserId(row.id), row.secret_hash, row.created_at, row.seen_at)

    async def add_browser(self, browser: Browser) -> None:
        """Store a browser, unless it is: two tabs of a new one may answer at once."""
        await self._run(_ADD_BROWSER, asdict(browser))

    async def keep_browser(self, browser: Browser, was: bytes) -> bool:
        """Store a browser, or the secret that it has now, unless another than *was* is stored."""
        return await self._applied(_KEEP_BROWSER, asdict(browser), was=was)

    async def at_browser(self, browser_id: BrowserId) -> list[Session]:
        """Return the sessions of a browser that were not ended, newest proof first."""
        found = [_session(row) for row in await self._all(_AT_BROWSER, browser=browser_id)]
        return sorted(found, key=lambda session: session.authenticated_at, reverse=True)

    async def owners_at(self, browser_id: BrowserId) -> frozenset[CustomerId]:
        """Return whose sessions a browser ever held, ended ones too: whose device it is."""
        return frozenset(CustomerId(row.customer_id) for row in await self._all(_OWNERS_AT, browser=browser_id))

    async def of_customer(self, customer_id: CustomerId) -> list[Session]:
        """Return a customer's sessions at all browsers that were not ended, last seen first."""
        found = [_session(row) for row in await self._all(_OF_CUSTOMER, customer=customer_id)]
        return sorted(found, key=lambda session: session.seen_at, reverse=True)

    async def get(self, session_id: SessionId) -> Session | None:
        """Return the session."""
        row = await self._one(_GET, of=session_id)
        return None if row is None else _session(row)

    async def find_sid(self, sid: str) -> Session | None:
        """Return the session with this public identifier."""
        row = await self._one(_FIND_SID, sid=sid)
        return None if row is None else _session(row)

    async def add(self, session: Session) -> None:
        """Store a new session."""
        await self._run(_ADD, _values(session))

    async def renew(self, session: Session) -> bool:
        """Replace evidence and instants of a session that was not ended."""
        values = _values(session)
        changed = {name: values[name] for name in _RENEWED}
        return await self._applied(_RENEW, changed, of=session.id)

    async def parties(self, session_id: SessionId) -> list[Party]:
        """Return who had tokens for a session that has not ended."""
        return await parties_of_session(self._connection, self._tenant_id, session_id)

    async def end(self, session_id: SessionId, now: Instant) -> bool:
        """End a session, void the codes and revoke the families that hang on it, and tell who had tokens for it."""
        await self._run(_VOID_CODES, of=session_id)
        parties = await self.parties(session_id)  # a redemption that was under way has finished by now
        await self._revoke(_REVOKE_FAMILIES, now, of=session_id)
        is_ended = await self._applied(_END, of=session_id, ended_at=now)
        if is_ended:  # by us: of two who end it at once, one tells
            self._tell(parties)
        return is_ended

    async def end_all(self, customer_id: CustomerId, now: Instant, *, except_for: SessionId | None = None) -> int:
        """End a customer's sessions, their families and every trust in a device; tell who had tokens for them."""
        kept = except_for or ""
        await self._run(_VOID_ALL_CODES, customer=customer_id, kept=kept)
        self._tell(await parties_of_customer(self._connection, self._tenant_id, customer_id, kept))
        await self._revoke(_REVOKE_ALL_FAMILIES, now, customer=customer_id, kept=kept)
        await self._run(FORGET_ALL, customer=customer_id)  # here, so that nothing that ends everything forgets it
        return await self._run(_END_ALL, customer=customer_id, kept=kept, ended_at=now)

    async def forget_browsers(self, customer_id: CustomerId, now: Instant) -> None:
        """Delete the browsers at which nobody but the customer was signed in; the sweep takes those of this week."""
        await self._run(_FORGET_BROWSERS, customer=customer_id, made_before=now - BROWSER_UNSEEN)

    async def _revoke(self, statement: TenantStatement, now: Instant, **of: str) -> None:
        for family in await self._all(statement, revoked_at=now, **of):
            self._change("family", family.id)

    def _tell(self, parties: list[Party]) -> None:
        for event in news_of_the_end(parties):
            self._announce(event)


def _session(row: Row[Any]) -> Session:
    return Session(
        id=SessionId(row.id),
        sid=row.sid,
        browser_id=BrowserId(row.browser_id),
        customer_id=CustomerId(row.customer_id),
        evidence=_evidence.decode(row.evidence),
        created_at=row.created_at,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
        sealed=row.sealed,
    )


def _values(session: Session) -> dict[str, Any]:
    return asdict(session) | {"evidence": msgspec.json.encode(session.evidence).decode()}
