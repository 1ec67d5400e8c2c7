"""``/metrics`` in the Prometheus text format."""

import hmac
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from limen.access.http import Door, HotRequest, HotResponse, oauth_error
from limen.integration.edge.arrival import was_forwarded
from limen.integration.edge.metrics import HttpMetrics
from limen.kernel.secret import Secret

_TEXT: Final = (("content-type", "text/plain; version=0.0.4; charset=utf-8"), ("cache-control", "no-store"))


class HttpCollector(Collector):
    """Folds :class:`HttpMetrics` into Prometheus families at scrape time."""

    def __init__(self, metrics: HttpMetrics) -> None:
        """Read from *metrics*."""
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        """Yield the families."""
        answers = CounterMetricFamily(
            "limen_http_requests", "Answers by door, method and status.", labels=("door", "method", "status")
        )
        for door, method, status, count in self._metrics.answers():
            answers.add_metric((door, method, status), count)
        yield answers
        durations = HistogramMetricFamily("limen_http_request_seconds", "Seconds until the answer.", labels=("door",))
        for door, buckets, total in self._metrics.durations():
            durations.add_metric((door,), buckets, total)
        yield durations

    def describe(self) -> Iterable[Metric]:
        """Yield nothing: the families are known when they are collected."""
        return ()


def metrics_door(registry: CollectorRegistry, token: Secret | None = None) -> Door:
    """Return the ``/metrics`` door.

    Whoever may scrape learns how busy we are and which doors are tried, so that it is not for strangers: with a *token*
    it wants ``Authorization: Bearer``, without one it answers to loopback only, and to nothing that a proxy on this
    machine passes on: to us, all of those come from loopback. Others find nothing there.
    """

    async def scrape(request: HotRequest) -> HotResponse:
        if not _may_scrape(request, token):
            return oauth_error(404, "not_found")
        return HotResponse(200, _TEXT, generate_latest(registry))

    return Door("metrics", scrape)


def _may_scrape(request: HotRequest, token: Secret | None) -> bool:
    if token:
        presented = (request.headers.get("authorization") or "").encode()
        return hmac.compare_digest(presented, f"Bearer {token.reveal()}".encode())
    if was_forwarded(request.headers):
        return False
    try:
        return ip_address(request.address).is_loopback
    except ValueError:
        return False
