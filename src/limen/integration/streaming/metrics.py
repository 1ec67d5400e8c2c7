"""What is measured of the audit stream."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge

_OUTCOMES: Final = ("delivered", "failed", "dead")
_KINDS: Final = ("syslog", "http", "file")


class StreamMetrics:
    """Counts by the kind of destination: which one fails, the API and the doctor say."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register the metrics, once for each *registry*."""
        self._records = Counter(
            "limen_audit_stream_records",
            "Audit records that were sent, by the kind of destination and what became of them",
            ["kind", "outcome"],
            registry=registry,
        )
        self._lag = Gauge(
            "limen_audit_stream_lag_seconds",
            "How old the oldest audit record is that the most backward destination of a kind waits for",
            ["kind"],
            registry=registry,
        )
        for kind in _KINDS:
            self._lag.labels(kind)
            for outcome in _OUTCOMES:
                self._records.labels(kind, outcome)

    def sent(self, kind: str, outcome: str, count: int) -> None:
        """Count records."""
        self._records.labels(kind, outcome).inc(count)

    def behind(self, kind: str, seconds: float) -> None:
        """Note a lag."""
        self._lag.labels(kind).set(seconds)
