"""Logs, metrics and health."""

import asyncio
import io
import json
from typing import Any

import msgspec
import pytest
import structlog
from prometheus_client import CollectorRegistry

from limen.access.http import Door, HotRequest, HotResponse
from limen.app.server.asgi import AsgiHeaders
from limen.integration.edge import logs
from limen.integration.edge.arrival import Arrivals, TrustedProxies
from limen.integration.edge.health import Check, live_door, ready_door
from limen.integration.edge.metrics import BUCKETS, HttpMetrics
from limen.integration.edge.request_id import RequestIds
from limen.integration.edge.scrape import HttpCollector, metrics_door
from limen.integration.edge.throttle import limit_headers
from limen.kernel.errors import Fault
from limen.kernel.secret import Secret
from limen.trust.limits import UNLIMITED, Decision, Limit
from tests.support.clock import ManualClock
from tests.support.entropy import SeededEntropy


@pytest.fixture
def written() -> Any:
    stream = io.StringIO()
    logs.configure(stream)
    yield stream
    structlog.reset_defaults()


def _lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_event_level_and_time(written: io.StringIO) -> None:
    structlog.get_logger().info("client.created", client="app")
    (line,) = _lines(written)
    assert (line["event"], line["level"], line["client"]) == ("client.created", "info", "app")
    assert line["timestamp"].endswith("Z")


def test_fields_that_promise_personal_data_are_dropped(written: io.StringIO) -> None:
    structlog.get_logger().info("x", email="ada@example.org", address="192.0.2.7", password="hunter2", token="t0ken")
    for private in ("ada@", "192.0.2.7", "hunter2", "t0ken"):
        assert private not in written.getvalue()


def test_an_exception_shows_types_and_places_and_not_its_message(written: io.StringIO) -> None:
    try:
        try:
            int("ada@example.org")
        except ValueError as error:
            raise KeyError("hunter2") from error
    except KeyError:
        structlog.get_logger().exception("x")
    (line,) = _lines(written)
    assert "KeyError" in line["exception"]
    assert "ValueError" in line["exception"]
    assert any("test_watching.py" in place for place in line["exception"])
    assert "ada@" not in written.getvalue()
    assert "hunter2" not in written.getvalue()


def test_a_fault_of_ours_keeps_its_message(written: io.StringIO) -> None:
    structlog.get_logger().error("x", exc_info=Fault("the keyring is not there"))
    assert "the keyring is not there" in written.getvalue()


def _request(address: str = "127.0.0.1", *headers: tuple[bytes, bytes]) -> HotRequest:
    return HotRequest("GET", "/", "", AsgiHeaders(headers), b"", address, "req_1", "")


async def _json(door: Door) -> tuple[int, Any]:
    response: HotResponse = await door.handle(_request())
    return response.status, json.loads(response.body)


async def _well() -> None:
    pass


async def _ill() -> None:
    raise ConnectionError("postgresql://limen:hunter2@db")


async def _hangs() -> None:
    await asyncio.sleep(30)


@pytest.mark.anyio
async def test_readiness_names_what_failed_and_not_why_and_waits_no_longer_than_it_may() -> None:
    checks = [Check("database", _ill), Check("cache", _well), Check("keys", _hangs, seconds=0.01)]
    status, answer = await _json(ready_door(checks))
    assert status == 503
    assert answer == {"status": "unready", "checks": {"database": "failed", "cache": "ok", "keys": "failed"}}


@pytest.mark.anyio
async def test_all_well_is_ready_and_liveness_asks_nobody() -> None:
    assert (await _json(ready_door([Check("cache", _well)])))[0] == 200
    assert await _json(live_door()) == (200, {"status": "live"})


def test_every_duration_falls_into_one_bucket_and_the_last_holds_all() -> None:
    metrics = HttpMetrics()
    for seconds in (0.0, BUCKETS[0], BUCKETS[0] * 1.01, 0.3, 99.0):
        metrics.observe("token", "POST", 200, seconds)
    ((door, buckets, total),) = metrics.durations()
    found = dict(buckets)
    assert door == "token"
    assert found["0.0005"] == 2
    assert found["0.001"] == 3
    assert found["10.0"] == 4
    assert found["+Inf"] == 5
    assert total == pytest.approx(99.3, abs=0.1)


def test_a_method_of_somebodys_invention_is_no_label() -> None:
    metrics = HttpMetrics()
    metrics.observe("token", "HUNTER2", 405, 0.1)
    assert list(metrics.answers()) == [("token", "other", "405", 1)]


@pytest.mark.anyio
async def test_metrics_are_for_loopback_or_the_bearer_of_the_token() -> None:
    metrics, registry = HttpMetrics(), CollectorRegistry()
    registry.register(HttpCollector(metrics))
    metrics.observe("token", "POST", 200, 0.001)
    local, guarded = metrics_door(registry), metrics_door(registry, Secret("s3cret"))
    bearer = (b"authorization", b"Bearer s3cret")
    assert (
        b'limen_http_requests_total{door="token",method="POST",status="200"} 1.0'
        in (await local.handle(_request())).body
    )
    assert (await local.handle(_request("203.0.113.9"))).status == 404
    assert (await local.handle(_request(""))).status == 404
    assert (await guarded.handle(_request())).status == 404
    assert (await guarded.handle(_request("203.0.113.9", bearer))).status == 200


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["Forwarded", "Via", "X-Forwarded-For", "X-Real-IP"])
@pytest.mark.parametrize("is_filtered", [True, False])
async def test_what_a_proxy_on_this_machine_passes_on_is_not_from_here(name: str, is_filtered: bool) -> None:
    request = _request("127.0.0.1", (name.lower().encode(), b"203.0.113.9"))
    if is_filtered:  # as the server hands it on: the headers of proxies are hidden
        arrivals = Arrivals(RequestIds(ManualClock(), SeededEntropy()), TrustedProxies())
        arrival = arrivals.of("127.0.0.1", "http", "", request.headers)
        request = msgspec.structs.replace(request, headers=arrivals.visible(request.headers, arrival))
    assert (await metrics_door(CollectorRegistry()).handle(request)).status == 404
    bearer = _request("127.0.0.1", (name.lower().encode(), b"x"), (b"authorization", b"Bearer s3cret"))
    assert (await metrics_door(CollectorRegistry(), Secret("s3cret")).handle(bearer)).status == 200


def test_of_a_limit_that_is_off_nothing_is_said() -> None:
    assert limit_headers(Limit(UNLIMITED, 1, "off"), Decision(allowed=True, remaining=5, reset_seconds=1)) == ()


def test_a_refusal_says_when_to_come_back_and_an_allowance_does_not() -> None:
    limit = Limit(10, 60, "sign-in")
    assert dict(limit_headers(limit, Decision(allowed=True, remaining=4, reset_seconds=30))) == {
        "ratelimit-policy": '"sign-in";q=10;w=60',
        "ratelimit": '"sign-in";r=4;t=30',
    }
    refused = dict(limit_headers(limit, Decision(allowed=False, remaining=0, reset_seconds=0)))
    assert refused["retry-after"] == "1"
