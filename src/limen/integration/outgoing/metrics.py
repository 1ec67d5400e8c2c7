"""How often we asked others, for what, and what came of it."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter

Count = Callable[[str, str], None]
"""(purpose, outcome)."""


def outgoing_counter(registry: CollectorRegistry) -> Count:
    """Return what counts requests; both labels are words of ours, never part of an address."""
    counter = Counter(
        "limen_outgoing_requests",
        "Requests to other servers, by purpose and outcome",
        ["purpose", "outcome"],
        registry=registry,
    )
    return lambda purpose, outcome: counter.labels(purpose, outcome).inc()
