"""The application without a server: lifespan, routing, faults."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from limen.access.http import Door, HotRequest, json_response
from limen.app.server import App, Parts, PathTenants
from limen.integration.edge.arrival import Arrivals, TrustedProxies
from limen.integration.edge.metrics import HttpMetrics
from limen.integration.edge.request_id import RequestIds
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


def _app(life: _Life | None = None, metrics: HttpMetrics | None = None) -> App:
    clock = ManualClock()
    return App(
        Parts(
            pages=_pages,
            doors=lambda _prefix, path: Door("keys", _door) if path == "/keys" else None,
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
