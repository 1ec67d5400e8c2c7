"""The application without a server: lifespan, routing, faults."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from limen.access.http import Door, HotRequest, HotResponse, json_response
from limen.app.server import App, Parts, PathTenants
from limen.integration.edge.arrival import Arrivals, TrustedProxies
from limen.integration.edge.metrics import HttpMetrics
from limen.integration.edge.request_id import RequestIds
from limen.kernel.errors import Outage
from tests.support.clock import ManualClock
from tests.support.entropy import SeededEntropy


class _Life:
    def __init__(self, *, fails: bool = False) -> None:
        self.events: list[str] = []
        self._fails = fails

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[None]:
        self.events.append("up")
        if self._fails:
            raise ConnectionError("no database")
        yield
        self.events.append("down")


async def _pages(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _door(request: HotRequest) -> Any:
    return json_response({"prefix": request.prefix, "path": request.path})


def _app(life: _Life | None = None, metrics: HttpMetrics | None = None, door: Door | None = None) -> App:
    clock, door = ManualClock(), door or Door("keys", _door)
    return App(
        Parts(
            pages=_pages,
            doors=lambda _prefix, path: door if path == "/keys" else None,
            tenants=PathTenants(lambda prefix: prefix == "/t/acme"),
            arrivals=Arrivals(RequestIds(clock, SeededEntropy()), TrustedProxies()),
            observer=metrics or HttpMetrics(),
            clock=clock,
            lifespan=life or _Life(),
        )
    )


async def _converse(app: App, scope: dict[str, Any], *messages: dict[str, Any]) -> list[Any]:
    sent: list[Any] = []
    waiting = list(messages)

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent


@pytest.mark.anyio
async def test_the_lifespan_is_entered_before_the_first_request_and_left_after_the_last() -> None:
    life = _Life()
    sent = await _converse(
        _app(life), {"type": "lifespan"}, {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}
    )
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert life.events == ["up", "down"]


@pytest.mark.anyio
async def test_a_start_that_fails_is_said_without_the_reason_and_leaves_nothing_open() -> None:
    life = _Life(fails=True)
    app = _app(life)
    sent = await _converse(app, {"type": "lifespan"}, {"type": "lifespan.startup"})
    await app.shutdown()
    assert [message["type"] for message in sent] == ["lifespan.startup.failed"]
    assert "database" not in str(sent)
    assert life.events == ["up"]


@pytest.mark.anyio
async def test_starting_and_stopping_twice_is_once() -> None:
    life = _Life()
    app = _app(life)
    for step in (app.startup, app.startup, app.shutdown, app.shutdown):
        await step()
    assert life.events == ["up", "down"]


def _scope(path: str) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "scheme": "http",
        "headers": [],
        "client": ("192.0.2.7", 1),
    }


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "body"),
    [("/keys", b'{"prefix":"","path":"/keys"}'), ("/t/acme/keys", b'{"prefix":"/t/acme","path":"/keys"}')],
)
async def test_a_door_is_found_below_its_tenant(path: str, body: bytes) -> None:
    assert (await _converse(_app(), _scope(path)))[-1]["body"] == body


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/t/nobody/keys", "/t/keys", "/t//keys", "/t/ACME/keys", "/t/acme-/keys", "/keys/"])
async def test_what_is_no_tenants_is_no_door(path: str) -> None:
    assert (await _converse(_app(), _scope(path)))[0]["status"] == 404


class _Asked:
    """What granian gives for one GET."""

    proto, http_version, server, scheme, method = "http", "1.1", "192.0.2.1:80", "http", "GET"
    authority = None

    def __init__(self, query: str = "") -> None:
        self.path, self.query_string, self.client, self.headers = "/keys", query, "[2001:db8::7]:9", self
        self.sent: list[Any] = []

    def get(self, _key: str, default: str | None = None) -> str | None:
        return default

    def get_all(self, _key: str) -> list[str]:
        return []

    def response_bytes(self, status: int, headers: Any, body: bytes) -> None:
        self.sent.append((status, dict(headers), body))


def _at_once(_prefix: str, _path: str, _tag: str | None) -> HotResponse:
    return json_response("at once")


def _broken(_prefix: str, _path: str, _tag: str | None) -> HotResponse:
    raise LookupError


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("at_once", "query", "status", "body"),
    [
        (_at_once, "", 200, b'"at once"'),
        (lambda *_: None, "", 200, b'{"prefix":"","path":"/keys"}'),
        (_broken, "", 200, b'{"prefix":"","path":"/keys"}'),
        (_at_once, "q" * 9000, 414, b""),
    ],
)
async def test_a_door_that_answers_at_once_is_asked_first_and_may_decline(
    at_once: Any, query: str, status: int, body: bytes
) -> None:
    door, metrics, asked = Door("keys", _door, at_once=at_once, cross_origin=True), HttpMetrics(), _Asked(query)
    await _app(metrics=metrics, door=door).__rsgi__(asked, asked)  # type: ignore[arg-type]
    found, headers, sent = asked.sent[0]
    assert found == status
    assert sent.startswith(body)
    assert headers["x-request-id"].startswith("req_")
    assert headers["access-control-allow-origin"] == "*"
    assert list(metrics.answers()) == [("keys", "GET", str(status), 1)]


@pytest.mark.anyio
async def test_a_websocket_is_closed_at_once() -> None:
    assert await _converse(_app(), {"type": "websocket"}) == [{"type": "websocket.close", "code": 1000}]


@pytest.mark.anyio
async def test_nothing_stays_in_flight() -> None:
    app, metrics = _app(), HttpMetrics()
    await _converse(app, _scope("/keys"))
    assert app.in_flight == 0
    app = _app(metrics=metrics)
    await _converse(app, _scope("/keys"))
    assert list(metrics.answers()) == [("keys", "GET", "200", 1)]


@pytest.mark.anyio
async def test_an_outage_says_when_to_come_again_and_is_no_fault() -> None:
    async def away(_request: HotRequest) -> HotResponse:
        raise Outage("the KMS does not answer", 7)

    app = _app(door=Door("keys", away))
    await app.startup()
    start, body = await _converse(app, _scope("/keys"))
    assert start["status"] == 503
    assert (b"retry-after", b"7") in start["headers"]
    assert b"temporarily_unavailable" in body["body"]
    assert b"KMS" not in body["body"]
    await app.shutdown()
