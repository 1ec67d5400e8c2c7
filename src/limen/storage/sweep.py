"""Sweeping: what has expired is deleted in small batches, so that no sweep holds a lock for long.

Ledgers are never swept. A journey's key is destroyed by whoever asked for the sweep: the key store is another database.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, exists, select, tuple_, update

from limen.access.sessions.records import BROWSER_UNSEEN
from limen.identity.rights.records import KEPT
from limen.kernel.clock import DAY, Clock, Instant
from limen.kernel.ids import JourneyId, TenantId
from limen.storage.database import Database
from limen.storage.schema.clients import initial_tokens
from limen.storage.schema.customers import contact_index
from limen.storage.schema.imports import imports
from limen.storage.schema.processes import idempotency, leases, outbox
from limen.storage.schema.rights import archives, privacy_requests
from limen.storage.schema.safety import account_links, recovery_requests, trusted_devices
from limen.storage.schema.sessions import browsers, journeys, sessions
from limen.storage.schema.tenants import setup_links
from limen.storage.schema.tokens import codes, families, pushed_requests, replays, revoked_tokens, waiting_requests
from limen.storage.schema.trust import attacks, risk_counters, tolls
from limen.storage.statements import Connection

BATCH = 500
KEPT_AFTER_EXPIRY = DAY
"""So long a replayed code, a reused token or a late click is still told from one that never was."""
REQUEST_REMEMBERED = 30 * DAY
"""So long an administrator sees what became of a recovery request."""
IMPORT_REMEMBERED = 90 * DAY
"""So long an administrator sees what an import did and which rows it refused, and may go on with it."""
ATTACK_REMEMBERED = 30 * DAY
"""So long operators see what was tried, and from which networks."""
SESSION_REMEMBERED = 180 * DAY
"""Old sessions tell whose device a browser is."""
_LOOKED_BACK = 2 * DAY
"""So long a browser that nobody signed in at is looked for; one that was missed goes with the others, later."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep of a tenant did.

    Attributes:
        journeys: the journeys that are gone, whose keys are to be destroyed now.
        rows: how many rows went, these included.
        more: whether a table still has rows to sweep.
    """

    journeys: tuple[JourneyId, ...]
    rows: int
    more: bool


Expired = Callable[[Instant], ColumnElement[bool]]


def _session_is_over(now: Instant) -> ColumnElement[bool]:
    needed = exists().where(families.c.tenant_id == sessions.c.tenant_id, families.c.session_id == sessions.c.id)
    return and_(sessions.c.expires_at <= now - SESSION_REMEMBERED, ~needed)


_had_session = exists().where(sessions.c.tenant_id == browsers.c.tenant_id, sessions.c.browser_id == browsers.c.id)


def _browser_was_not_used(now: Instant) -> ColumnElement[bool]:
    unseen = now - BROWSER_UNSEEN
    return and_(browsers.c.seen_at > unseen - _LOOKED_BACK, browsers.c.seen_at <= unseen, ~_had_session)


def _browser_is_forgotten(now: Instant) -> ColumnElement[bool]:
    return and_(browsers.c.seen_at <= now - SESSION_REMEMBERED, ~_had_session)


EXPIRED: tuple[tuple[Table, Expired], ...] = (
    (journeys, lambda now: journeys.c.expires_at <= now - KEPT_AFTER_EXPIRY),
    (
        codes,  # one that was voided has no expiry of its own
        lambda now: and_(codes.c.expires_at <= now - KEPT_AFTER_EXPIRY, codes.c.created_at <= now - KEPT_AFTER_EXPIRY),
    ),
    (waiting_requests, lambda now: waiting_requests.c.expires_at <= now - KEPT_AFTER_EXPIRY),
    (pushed_requests, lambda now: pushed_requests.c.expires_at <= now),
    (imports, lambda now: imports.c.updated_at <= now - IMPORT_REMEMBERED),
    (replays, lambda now: replays.c.expires_at <= now),
    (initial_tokens, lambda now: initial_tokens.c.expires_at <= now - KEPT_AFTER_EXPIRY),
    (idempotency, lambda now: idempotency.c.expires_at <= now),
    (revoked_tokens, lambda now: revoked_tokens.c.expires_at <= now),
    (setup_links, lambda now: setup_links.c.expires_at <= now),
    (account_links, lambda now: account_links.c.expires_at <= now - KEPT_AFTER_EXPIRY),
    (trusted_devices, lambda now: trusted_devices.c.expires_at <= now),
    (risk_counters, lambda now: risk_counters.c.expires_at <= now),
    (tolls, lambda now: tolls.c.expires_at <= now),
    (attacks, lambda now: attacks.c.ended_at <= now - ATTACK_REMEMBERED),
    (recovery_requests, lambda now: recovery_requests.c.closed_at <= now - REQUEST_REMEMBERED),
    (archives, lambda now: archives.c.expires_at <= now),
    (privacy_requests, lambda now: privacy_requests.c.closed_at <= now - KEPT),
    (contact_index, lambda now: contact_index.c.held_until <= now),
    (families, lambda now: families.c.expires_at <= now - KEPT_AFTER_EXPIRY),
    (sessions, _session_is_over),
    (browsers, _browser_was_not_used),
    (browsers, _browser_is_forgotten),
)
"""In this order: a session goes when its families are gone, a browser when its sessions are.

Nobody signed in at most browsers: they go as soon as they are unseen. Where somebody did, no session goes that was not
over for as long as it is remembered: none of those browsers needs to be looked at before, of which there are a million.
Those that were seen longer ago than that and whose session stands or is remembered still are read again by each sweep:
as many as signed in, the last time, in as long as a session may last. With a customer go the browsers that were theirs
alone (``forget_browsers``), but for those of the last week, which are then as those where nobody signed in.
"""


class Sweeper:
    """Deletes what has expired."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Sweep *database*."""
        self._database, self._clock = database, clock

    async def sweep(self, tenant_id: TenantId, *, limit: int = BATCH) -> Swept:
        """Delete at most *limit* expired rows of each of a tenant's tables, each table in its own transaction.

        Whoever calls destroys the keys of the journeys in the answer. If that does not happen any more, the sweep of
        orphaned keys finds them.
        """
        now = self._clock.now()
        gone: tuple[JourneyId, ...] = ()
        rows, more = 0, False
        for table, expired in EXPIRED:
            async with self._database.begin(tenant_id) as unit:
                keys = await _delete(unit.connection, table, and_(table.c.tenant_id == tenant_id, expired(now)), limit)
            rows, more = rows + len(keys), more or len(keys) >= limit
            if table is journeys:
                gone = tuple(JourneyId(key[1]) for key in keys)
        return Swept(gone, rows, more)

    async def sweep_outbox(self, *, limit: int = BATCH) -> int:
        """Delete at most *limit* events of all tenants that were delivered more than a day ago; return how many."""
        delivered = and_(outbox.c.state == "done", outbox.c.not_before <= self._clock.now() - DAY)
        async with self._database.platform(write=True) as connection:
            return len(await _delete(connection, outbox, delivered, limit))

    async def sweep_leases(self, *, limit: int = BATCH) -> int:
        """Delete at most *limit* leases that ended more than a day ago: of machines that are no more."""
        ended = leases.c.until <= self._clock.now() - DAY
        async with self._database.platform(write=True) as connection:
            return len(await _delete(connection, leases, ended, limit))

    async def empty_dead(self, after: Instant, *, limit: int = BATCH) -> int:
        """Drop the sealed payload of at most *limit* events that died more than *after* ago; return how many."""
        died = and_(outbox.c.state == "dead", outbox.c.sealed != b"", outbox.c.not_before <= self._clock.now() - after)
        victims = select(outbox.c.id).where(died).limit(limit).with_for_update(skip_locked=True).cte("victims")
        emptied = update(outbox).where(outbox.c.id.in_(select(victims.c.id))).values(sealed=b"").returning(outbox.c.id)
        async with self._database.platform(write=True) as connection:
            return len((await connection.execute(emptied)).all())


async def _delete(connection: Connection, table: Table, condition: ColumnElement[bool], limit: int) -> list[Any]:
    key = tuple(table.primary_key.columns)
    victims = select(*key).where(condition).limit(limit).with_for_update(skip_locked=True).cte("victims")
    listed = tuple_(*key).in_(select(*victims.c)) if len(key) > 1 else key[0].in_(select(*victims.c))
    return list((await connection.execute(delete(table).where(listed).returning(*key))).all())
