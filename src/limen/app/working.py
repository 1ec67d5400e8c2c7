"""What goes on beside the requests of a running site: the change feed, the outbox, and the jobs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from prometheus_client import CollectorRegistry

from limen.access.outgoing import Outgoing
from limen.app.archives import ArchiveParts, archive_handler
from limen.app.basis import Basis
from limen.app.desks import TenantDesks
from limen.app.erasure import erasure_handler
from limen.app.jobs import Job, Jobs, timetable
from limen.app.jobs.attacks import AttackJobs
from limen.app.jobs.schedule import JobParts
from limen.app.logout import logout_handler
from limen.app.mail import mail_handler
from limen.app.metrics import (
    FeedCollector,
    JobMetrics,
    attack_subscribers,
    feed_counter,
    import_subscribers,
    safety_subscribers,
)
from limen.app.ping import ping_handler
from limen.app.preparing import worker_name
from limen.app.sms import text_unseal, text_words
from limen.app.streaming import audit_pump
from limen.app.telling import client_finder
from limen.app.threats import feed_keeper
from limen.experience.rendering import Renderer
from limen.integration.messaging.mail import Mailer
from limen.integration.messaging.metrics import RelayMetrics
from limen.integration.messaging.relay import OutboxRelay, RelaySettings
from limen.integration.messaging.text_handler import TextHandler, text_counter
from limen.integration.messaging.texts import Texter
from limen.integration.outgoing.passkey_models import ModelKeeper
from limen.integration.streaming.metrics import StreamMetrics
from limen.integration.streaming.pump import Pump
from limen.integration.streaming.ways import Ways
from limen.trust.geography.atlas import Atlas
from limen.trust.threats.reputation import Reputation


@dataclass(frozen=True, slots=True)
class WorkParts:
    """What it works with: the storage, what words and carries messages, and what is kept current."""

    basis: Basis
    desks: TenantDesks
    registry: CollectorRegistry
    renderer: Renderer
    mailer: Mailer
    texter: Texter
    outgoing: Outgoing
    ways: Ways
    reputation: Reputation
    atlas: Atlas
    models: ModelKeeper
    attacks: AttackJobs


@asynccontextmanager
async def working(parts: WorkParts) -> AsyncIterator[None]:
    """Keep it going."""
    storage, relay = parts.basis.storage, _relay(parts)
    storage.database.subscribers = {
        **storage.database.subscribers,
        **safety_subscribers(parts.registry),
        **import_subscribers(parts.registry),
        **attack_subscribers(parts.registry),
    }
    storage.database.on_commit.append(lambda _changes, has_events: relay.nudge() if has_events else None)
    pump = audit_pump(parts.basis, parts.ways, StreamMetrics(parts.registry))
    storage.feed.listen(pump.hear)
    jobs = _jobs(parts, pump)
    await _keep_current(parts, jobs)
    await storage.feed.poll()
    feed = asyncio.create_task(storage.feed.run(), name="change-feed")
    relaying = asyncio.create_task(relay.run(), name="outbox-relay")
    jobs.start()
    try:
        yield
    finally:
        await jobs.stop()
        relay.stop()
        await relaying
        feed.cancel()
        await asyncio.wait([feed])


def _relay(parts: WorkParts) -> OutboxRelay:
    """Return what delivers the outbox: each name of an event has its handler."""
    basis, clock = parts.basis, parts.basis.clock
    storage, keyring = basis.storage, basis.keyring
    find_client = client_finder(storage.tenants.get, parts.desks)
    unseal, words = text_unseal(keyring), text_words(storage.tenants)
    archives = ArchiveParts(storage.tenants, storage.database, parts.desks, keyring, clock, basis.entropy)
    return OutboxRelay(
        storage.outbox,
        {
            "mail.requested": mail_handler(storage.tenants, keyring, lambda: parts.renderer, parts.mailer, clock),
            "sms.requested": TextHandler(unseal, words, parts.texter, clock, text_counter(parts.registry)),
            "customer.deleted": erasure_handler(keyring),
            "export.requested": archive_handler(archives),
            "logout.requested": logout_handler(find_client, parts.outgoing),
            "backchannel.answered": ping_handler(find_client, parts.outgoing),
        },
        RelaySettings(worker=worker_name(basis.entropy)),
        RelayMetrics(parts.registry),
        (clock, basis.entropy),
    )


def _jobs(parts: WorkParts, pump: Pump) -> Jobs:
    """Return the jobs by their timetable."""
    measured = JobMetrics(parts.registry, parts.basis.clock)
    work = JobParts(
        parts.basis,
        parts.desks.hand_over,
        measured.records_lost,
        measured.overdue_requests.set,
        measured.unindexed,
        pump.run,
        measured.inactive,
        measured.ended,
    )
    return Jobs(timetable(work), parts.basis.storage.leases, parts.basis.clock, measured)


async def _keep_current(parts: WorkParts, jobs: Jobs) -> None:
    """Open what is fetched from elsewhere as it was last seen, and let *jobs* keep it current in each process."""
    keeper = feed_keeper(parts.basis, parts.reputation, parts.outgoing, feed_counter(parts.registry))
    parts.registry.register(FeedCollector(parts.reputation, parts.basis.clock))
    for job in parts.attacks.timetable():
        jobs.add(job)
    await keeper.open()
    jobs.add(Job("address-feeds", keeper.refresh, 30, 5, is_leased=False))
    await asyncio.to_thread(parts.atlas.open)
    jobs.add(Job("geography", partial(asyncio.to_thread, parts.atlas.refresh), 60, 30, is_leased=False))
    await parts.models.open()
    jobs.add(Job("passkey-metadata", parts.models.refresh, 60, 15, is_leased=False))
