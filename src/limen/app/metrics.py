"""What is measured of the parts themselves: read when somebody scrapes, or counted where something happens once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from limen.access.passkeys.trust import Blob
from limen.identity.credentials.pool import HashPool
from limen.integration.api.deprecation import DEPRECATED
from limen.kernel.clock import SECOND, Clock
from limen.kernel.events import Event
from limen.storage.database import Subscriber
from limen.storage.opening import Storage
from limen.storage.unit import Unit
from limen.trust.geography.atlas import Atlas
from limen.trust.threats.reputation import Reputation

_POOL: Final = "limen_hash_pool"


class JobMetrics:
    """Counts what jobs do; a job's name is its label."""

    def __init__(self, registry: CollectorRegistry, clock: Clock) -> None:
        """Register the metrics, once for each *registry*."""
        self._clock = clock
        self._runs = Counter(
            "limen_job_runs", "Runs of a job, by how they ended", ["job", "outcome"], registry=registry
        )
        self._last = Gauge(
            "limen_job_last_success_timestamp_seconds", "When a job last ended well", ["job"], registry=registry
        )
        self.overdue_requests = Gauge(
            "limen_privacy_requests_overdue",
            "Privacy requests whose deadline passed, by the last look",
            registry=registry,
        )
        self._inactive = Counter(
            "limen_inactive_accounts",
            "Accounts to which nobody signs in, by what became of them",
            ["what"],
            registry=registry,
        )
        self._ended = Counter(
            "limen_consents_ended",
            "Consents that ended by themselves, by the event that told of it",
            ["event"],
            registry=registry,
        )
        self._lost = Counter(
            "limen_audit_records_lost", "Times a checkpoint named audit records that are gone", registry=registry
        )
        self._unindexed = Gauge(
            "limen_search_index_customers_left", "Customers that search indexes still have to walk", registry=registry
        )

    def inactive(self, what: str, how_many: int) -> None:
        """Count what became of accounts to which nobody signs in."""
        self._inactive.labels(what).inc(how_many)

    def ended(self, event: str, how_many: int) -> None:
        """Count consents that ended by themselves."""
        self._ended.labels(event).inc(how_many)

    def known(self, job: str) -> None:
        """Show *job* from the start, so that one that never failed can be told from one that is not there."""
        for outcome in ("done", "failed"):
            self._runs.labels(job, outcome)

    def done(self, job: str) -> None:
        """Count a run that ended well."""
        self._runs.labels(job, "done").inc()
        self._last.labels(job).set(self._clock.now() / SECOND)

    def failed(self, job: str) -> None:
        """Count a run that raised."""
        self._runs.labels(job, "failed").inc()

    def records_lost(self) -> None:
        """Count one audit log found with less in it than was signed."""
        self._lost.inc()

    def unindexed(self, left: int) -> None:
        """Show how many customers search indexes still have to walk."""
        self._unindexed.set(left)


def kms_counter(registry: CollectorRegistry) -> Callable[[str, str], None]:
    """Return what counts requests to a KMS by operation and outcome (``ok``, ``away``, ``failed``)."""
    counter = Counter(
        "limen_kms_requests", "Requests to the KMS that holds the root key", ["operation", "outcome"],
        registry=registry,
    )  # fmt: skip
    for operation in ("wrap", "unwrap"):
        for outcome in ("ok", "away", "failed"):
            counter.labels(operation, outcome)
    return lambda operation, outcome: counter.labels(operation, outcome).inc()


def deprecation_counter(registry: CollectorRegistry) -> Callable[[str], None]:
    """Return what counts calls of the API that use what will go, by operation: each is a row of ours."""
    counter = Counter(
        "limen_api_deprecated_calls", "Calls of the API that use what will go", ["operation"], registry=registry
    )
    for operation in DEPRECATED:
        counter.labels(operation)
    return lambda operation: counter.labels(operation).inc()


def registration_counter(registry: CollectorRegistry) -> Callable[[str, str], None]:
    """Return what counts clients that register themselves, by what they ask for and what came of it."""
    counter = Counter(
        "limen_client_registrations", "Requests of clients that register themselves", ["action", "outcome"],
        registry=registry,
    )  # fmt: skip
    for action in ("register", "read", "update", "remove"):
        counter.labels(action, "done")
    return lambda action, outcome: counter.labels(action, outcome).inc()


def breach_counter(registry: CollectorRegistry) -> Callable[[str, str], None]:
    """Return what counts questions about breached passwords by whom was asked and outcome; threads ask, too."""
    counter = Counter(
        "limen_breach_checks", "Questions whether a password is known from a breach", ["source", "outcome"],
        registry=registry,
    )  # fmt: skip
    found = cache(counter.labels)
    return lambda source, outcome: found(source, outcome).inc()


def feed_counter(registry: CollectorRegistry) -> Callable[[str, str], None]:
    """Return what counts how feeds of addresses fare: their names are the operator's, the outcomes ours."""
    counter = Counter(
        "limen_feed_reads", "Feeds of addresses, by what became of them", ["feed", "outcome"], registry=registry
    )
    return lambda feed, outcome: counter.labels(feed, outcome).inc()


class FeedCollector(Collector):
    """How the feeds of addresses stand, asked at each scrape."""

    def __init__(self, reputation: Reputation, clock: Clock) -> None:
        """Look at *reputation*."""
        self._reputation, self._clock = reputation, clock

    def collect(self) -> Iterator[Metric]:
        """Yield the families."""
        ranges = GaugeMetricFamily("limen_feed_ranges", "Ranges of a feed that are in force.", labels=["feed"])
        words = "Seconds since a feed's content was last seen to be current."
        ages = GaugeMetricFamily("limen_feed_age_seconds", words, labels=["feed"])
        for one in self._reputation:
            ranges.add_metric([one.feed.name], len(one.table))
            ages.add_metric([one.feed.name], (self._clock.now() - one.current_at) / SECOND)
        yield ranges
        yield ages

    def describe(self) -> Iterable[Metric]:
        """Yield nothing: the families are known when they are collected."""
        return ()


def geography_counter(registry: CollectorRegistry) -> Callable[[str, str], None]:
    """Return what counts how databases of geography fare."""
    words = "Databases of geography that were read, by what became of them"
    reads = Counter("limen_geography_reads", words, ["database", "outcome"], registry=registry)
    return lambda name, outcome: reads.labels(name, outcome).inc()


class GeographyCollector(Collector):
    """How old the databases of geography are, asked at each scrape."""

    def __init__(self, atlas: Atlas, clock: Clock) -> None:
        """Look at *atlas*."""
        self._atlas, self._clock = atlas, clock

    def collect(self) -> Iterator[Metric]:
        """Yield the family."""
        words = "Seconds since a database of geography was made, as its maker says."
        ages = GaugeMetricFamily("limen_geography_age_seconds", words, labels=["database"])
        for one in self._atlas.databases:
            if one.held is not None:
                ages.add_metric([one.path.name], (self._clock.now() - one.held.built_at) / SECOND)
        yield ages

    def describe(self) -> Iterable[Metric]:
        """Yield nothing: the family is known when it is collected."""
        return ()


def mail_domain_counter(registry: CollectorRegistry) -> Callable[[str], None]:
    """Return what counts what DNS said of the domains of sign-ups."""
    words = "Questions to DNS whether a domain takes mail, by what became of them"
    counter = Counter("limen_mail_domain_questions", words, ["outcome"], registry=registry)
    return lambda outcome: counter.labels(outcome).inc()


def model_counter(registry: CollectorRegistry) -> Callable[[str], None]:
    """Return what counts how the metadata of passkey models fares."""
    words = "Metadata of passkey models, by what became of it"
    counter = Counter("limen_passkey_metadata_reads", words, ["outcome"], registry=registry)
    return lambda outcome: counter.labels(outcome).inc()


class ModelCollector(Collector):
    """How the metadata of passkey models stands, asked at each scrape; nothing where there is none."""

    def __init__(self, blob: Callable[[], Blob | None], clock: Clock) -> None:
        """Look at what *blob* returns."""
        self._blob, self._clock = blob, clock

    def collect(self) -> Iterator[Metric]:
        """Yield the families."""
        blob = self._blob()
        if blob is None:
            return
        words = "Models of passkeys that the metadata in force knows."
        yield GaugeMetricFamily("limen_passkey_models", words, value=len(blob.metadata.models))
        words = "Seconds since the metadata in force should have been replaced; below 0 while it is current."
        late = (self._clock.now() - blob.next_update) / SECOND
        yield GaugeMetricFamily("limen_passkey_metadata_late_seconds", words, value=late)

    def describe(self) -> Iterable[Metric]:
        """Yield nothing: the families are known when they are collected."""
        return ()


SAFETY_EVENTS: Final = (
    "password.changed",
    "password.guessed",
    "email.changed",
    "email.added",
    "email.removed",
    "email.made_primary",
    "phone.added",
    "phone.removed",
    "phone.made_primary",
    "username.changed",
    "identity.linked",
    "identity.unlinked",
    "account.reclaimed",
    "recovery.requested",
    "recovery.ready",
    "recovery.completed",
    "recovery.cancelled",
    "recovery.expired",
    "account.secured",
    "device.trusted",
    "device.forgotten",
)
"""What is counted of recoveries and changes; each a label of its own."""


def safety_subscribers(registry: CollectorRegistry) -> dict[str, Sequence[Subscriber]]:
    """Return what counts changes that matter for the safety of accounts, where they are announced."""
    counter = Counter("limen_account_safety", "Recoveries and sensitive changes", ["event"], registry=registry)
    for name in SAFETY_EVENTS:
        counter.labels(name)

    async def count(_: Unit, event: Event) -> None:
        counter.labels(event.name).inc()

    return dict.fromkeys(SAFETY_EVENTS, (count,))


def import_subscribers(registry: CollectorRegistry) -> dict[str, Sequence[Subscriber]]:
    """Return what counts rows that were brought in, by what became of them, where an import ends."""
    counter = Counter("limen_import_rows", "Rows of finished imports", ["outcome"], registry=registry)
    outcomes = ("created", "present", "refused")
    for outcome in outcomes:
        counter.labels(outcome)

    async def count(_: Unit, event: Event) -> None:
        for outcome in outcomes:
            counter.labels(outcome).inc(event.data[outcome])

    return {"import.finished": (count,)}


def attack_subscribers(registry: CollectorRegistry) -> dict[str, Sequence[Subscriber]]:
    """Return what counts attacks by kind and severity, where one begins and where it is over."""
    labels = ["kind", "severity"]
    begun = Counter("limen_attacks_begun", "Attacks that guards recognised", labels, registry=registry)
    over = Counter("limen_attacks_ended", "Attacks that are over", labels, registry=registry)

    def counted(counter: Counter) -> Subscriber:
        async def count(_: Unit, event: Event) -> None:
            counter.labels(event.data["kind"], event.data["severity"]).inc()

        return count

    return {"attack.recognised": (counted(begun),), "attack.ended": (counted(over),)}


class StandingCollector(Collector):
    """How the hash pool, the change feed and the disk stand, asked at each scrape."""

    def __init__(self, pool: HashPool, storage: Storage) -> None:
        """Look at *pool* and at *storage*."""
        self._pool, self._storage = pool, storage

    def collect(self) -> Iterator[Metric]:
        """Yield the families."""
        pool = self._pool
        yield GaugeMetricFamily(f"{_POOL}_queued", "Password hashes that wait for a thread.", pool.queued)
        yield GaugeMetricFamily(f"{_POOL}_running", "Password hashes at work.", pool.running)
        yield CounterMetricFamily(f"{_POOL}_done", "Password hashes finished.", pool.done)
        yield CounterMetricFamily(f"{_POOL}_refused", "Password hashes turned away: the queue was full.", pool.refused)
        if pool.niced is not None:  # before the first hash nobody has tried
            words = "1 where every hash thread could lower its priority."
            yield GaugeMetricFamily(f"{_POOL}_niced", words, int(pool.niced))
        words = "Seconds since this process last read what others changed; from one on, its caches are bypassed."
        yield GaugeMetricFamily("limen_change_feed_age_seconds", words, self._storage.feed.age())
        words = "1 where the disk refused a flush: nothing is written until this process starts anew."
        yield GaugeMetricFamily("limen_disk_refused", words, int(not self._storage.is_whole))

    def describe(self) -> Iterable[Metric]:
        """Yield nothing: the families are known when they are collected."""
        return ()
