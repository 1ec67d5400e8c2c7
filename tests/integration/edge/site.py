"""A small site behind the whole edge: ``python -m tests.integration.edge.site granian|uvicorn PORT``."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from limen.access.http import Door, HotRequest, HotResponse, json_response, oauth_error, parse_form
from limen.app.server import App, Parts, PathTenants, ServerLimits
from limen.app.server.serving import ServeOptions, serve
from limen.integration.edge import logs
from limen.integration.edge.arrival import Arrivals, TrustedProxies
from limen.integration.edge.health import Check, live_door, ready_door
from limen.integration.edge.metrics import HttpMetrics
from limen.integration.edge.request_id import RequestIds
from limen.integration.edge.scrape import HttpCollector, metrics_door
from limen.integration.edge.shape import ShapeLimits
from limen.integration.edge.stack import EdgeParts, edge
from limen.integration.edge.throttle import Rule
from limen.kernel.clock import SystemClock
from limen.kernel.entropy import SystemEntropy
from limen.storage.cache import rate_limiter
from limen.trust.limits import Limit
from tests.support.waiting import PATIENCE

PLANTED = "planted-secret-in-an-exception"


async def token(request: HotRequest) -> HotResponse:
    form = parse_form(request.body, request.headers.get("content-type"))
    if not isinstance(form, dict):
        return oauth_error(400, form.code, form.detail)
    facts = {"form": form, "method": request.method, "path": request.path, "prefix": request.prefix}
    return json_response(facts | {"address": request.address, "xff": request.headers.get("x-forwarded-for")})


async def keys(request: HotRequest) -> HotResponse:
    return json_response({"keys": [], "query": request.query}, headers=(("cache-control", "public"),), cacheable=True)


async def broken(_request: HotRequest) -> HotResponse:
    raise ValueError(PLANTED)


async def slow(_request: HotRequest) -> HotResponse:
    os.mknod(os.environ["SITE_SLOW"])  # it has begun
    await asyncio.sleep(1)
    return json_response({"slept": 1})


async def page(request: Request) -> Response:
    return HTMLResponse(
        f"<p>{request.scope['root_path']} {request.url.path} {request.client.host if request.client else ''}"
    )


async def echo(request: Request) -> Response:
    return JSONResponse({"length": len(await request.body())})


async def stream(_request: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        for number in range(3):
            yield b"part %d;" % number

    return StreamingResponse(parts(), media_type="text/plain")


async def cookies(_request: Request) -> Response:
    response = RedirectResponse("/page", 303)
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


async def fault(_request: Request) -> Response:
    raise ValueError(PLANTED)


async def item(request: Request) -> Response:
    return JSONResponse({"item": request.path_params["item"]})


@asynccontextmanager
async def lifespan() -> AsyncIterator[None]:
    sys.stdout.write("up\n")
    sys.stdout.flush()
    yield
    sys.stdout.write("down\n")
    sys.stdout.flush()


async def well() -> None:
    """Be well."""


def make() -> App:
    if folder := os.environ.get("SITE_LINGERS"):  # while it is made
        (Path(folder) / str(os.getpid())).touch()
        time.sleep(3600)
    logs.configure(sys.stderr)
    clock, entropy, metrics, registry = SystemClock(), SystemEntropy(), HttpMetrics(), CollectorRegistry()
    registry.register(HttpCollector(metrics))
    doors = {
        "/token": Door("token", token, ("POST",), max_body=4_096, cross_origin=True),
        "/keys": Door("keys", keys),
        "/broken": Door("broken", broken),
        "/slow": Door("slow", slow),
        "/metrics": metrics_door(registry),
        "/health/live": live_door(),
        "/health/ready": ready_door([Check("database", well)]),
    }
    pages = Starlette(
        routes=[
            Route("/", page),
            Route("/page", page),
            Route("/echo", echo, methods=["POST"]),
            Route("/stream", stream),
            Route("/cookies", cookies),
            Route("/fault", fault),
            Route("/limited", page),
            Mount("/api/v1", routes=[Route("/items/{item}", item)]),
        ]
    )
    limiter = rate_limiter("", bytes(32), clock)
    rules = [Rule(Limit(2, 60, "limited"), lambda _method, path: path == "/limited")]
    parts = EdgeParts(metrics, clock, entropy, limiter, rules, ShapeLimits(body=10_000))
    arrivals = Arrivals(RequestIds(clock, entropy), TrustedProxies())
    tenants = PathTenants(lambda prefix: prefix == "/t/acme")
    return App(
        Parts(
            edge(pages, parts),
            lambda _prefix, path: doors.get(path),
            tenants,
            arrivals,
            metrics,
            clock,
            lifespan,
            ServerLimits(body_seconds=1.0),
        )
    )


if __name__ == "__main__":
    kind, port = sys.argv[1], int(sys.argv[2])
    if kind == "uvicorn":
        uvicorn.run(
            make(),
            port=port,
            loop="uvloop",
            log_level="critical",
            access_log=False,
            server_header=False,
            proxy_headers=False,  # else it believes X-Forwarded-For from loopback, before we are asked
        )
    else:
        workers = 2 if kind == "processes" else 1
        serve(make, ServeOptions(port=port, workers=workers, drain_seconds=10 * PATIENCE))
