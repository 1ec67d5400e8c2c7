"""What the relay counts."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from limen.kernel.events import EVENTS


class RelayMetrics:
    """Counters by event name and outcome; names outside the catalogue share one label."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register the relay's metrics, once for each *registry*."""
        self._items = Counter(
            "limen_outbox_items", "Outbox items that left a lease", ["event", "outcome"], registry=registry
        )
        self._lag = Histogram(
            "limen_outbox_lag_seconds",
            "From the commit of an event until it was handled",
            registry=registry,
            buckets=(0.05, 0.1, 0.5, 1, 5, 30, 120, 600, 3600, 21600),
        )
        self._faults = Counter(
            "limen_outbox_queue_faults", "Times the outbox itself could not be asked or told", registry=registry
        )

    def left(self, event: str, outcome: str) -> None:
        """Count one item: done, unhandled, retried or dead."""
        self._items.labels(event if event in EVENTS else "other", outcome).inc()

    def lag(self, seconds: float) -> None:
        """Record how long an item waited in all."""
        self._lag.observe(max(0.0, seconds))

    def queue_fault(self) -> None:
        """Count one failure of the queue."""
        self._faults.inc()
