"""Running the server: granian over RSGI.

One worker runs in this process and in our own event loop (granian's embedded server): it serves as fast as granian's
supervised worker and needs some 30 MB less memory, since there is no supervising process. More workers are granian's
processes.
"""

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
import uvloop
from granian.constants import HTTPModes, Interfaces, Loops, SSLProtocols
from granian.http import HTTP1Settings, HTTP2Settings
from granian.server import Server as ProcessServer
from granian.server.embed import Server as EmbeddedServer

from limen.app.server.application import App
from limen.app.server.turns import take_turns
from limen.kernel.errors import Misconfigured

_HEADER_BYTES: Final = 65_536
_HTTP1: Final = HTTP1Settings(header_read_timeout=10_000, max_buffer_size=_HEADER_BYTES)
_HTTP2: Final = HTTP2Settings(max_concurrent_streams=100, max_headers_size=_HEADER_BYTES, keep_alive_interval=30_000)


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """How to listen.

    Attributes:
        host: an address.
        port: a TCP port.
        workers: processes; one runs in this process.
        certificate: a PEM chain; with it and *key* the server speaks TLS.
        key: a PKCS#8 PEM key.
        tls_min: the oldest protocol version, ``tls1.2`` or ``tls1.3``.
        backlog: connections that may wait.
        drain_seconds: how long requests in flight may take once we are asked to stop.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    certificate: Path | None = None
    key: Path | None = None
    tls_min: SSLProtocols = SSLProtocols.tls12
    backlog: int = 1024
    drain_seconds: float = 25.0


def serve(make: Callable[[], App], options: ServeOptions, ready: Callable[[], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; requests in flight are finished first.

    Args:
        make: builds the application; with several workers it is called in each of them.
        options: how to listen.
        ready: called once the socket listens (one worker only).

    Raises:
        Misconfigured: the address is taken, or not ours.
    """
    _claim(options)
    take_turns()
    if options.workers > 1:
        _serve_processes(make, options)
    else:
        uvloop.run(serve_here(make(), options, ready))


async def serve_here(app: App, options: ServeOptions, ready: Callable[[], None] | None = None) -> None:
    """Serve *app* in the running loop until SIGTERM or SIGINT.

    Raises:
        Exception: what the lifespan raised.
    """
    loop = asyncio.get_running_loop()
    server = EmbeddedServer(
        app,
        address=options.host,
        port=options.port,
        interface=Interfaces.RSGI,
        http=HTTPModes.auto,
        websockets=False,
        backlog=options.backlog,
        http1_settings=_HTTP1,
        http2_settings=_HTTP2,
        log_enabled=False,
        ssl_cert=options.certificate,
        ssl_key=options.key,
        ssl_protocol_min=options.tls_min,
    )
    await app.startup()
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, server.stop)
        if ready is not None:
            loop.call_soon(ready)
        await server.serve()
        await _drain(app, options.drain_seconds)
    finally:
        await app.shutdown()


def _claim(options: ServeOptions) -> None:
    """Refuse an address that somebody listens on: granian shares ports, so that two servers would take turns unseen."""
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((options.host, options.port))
        except OSError as error:
            where = f"{options.host}:{options.port}"
            raise Misconfigured(f"cannot listen on {where}: {error.strerror}", "choose another host or port") from error


async def _drain(app: App, seconds: float) -> None:
    """Wait until nothing is in flight, for *seconds* at most."""
    for _ in range(int(seconds * 20)):
        if not app.in_flight:
            return
        await asyncio.sleep(0.05)
    structlog.get_logger("limen.server").warning("server.requests_abandoned", count=app.in_flight)


def _serve_processes(make: Callable[[], App], options: ServeOptions) -> None:
    # granian's supervisor takes the signals before it forks: a worker that is told to stop before it has handlers of
    # its own would run those, which end nothing, and be waited for until the drain is over.
    os.register_at_fork(after_in_child=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL))
    server = ProcessServer(
        "limen",
        address=options.host,
        port=options.port,
        interface=Interfaces.RSGI,
        workers=options.workers,
        loop=Loops.uvloop,
        http=HTTPModes.auto,
        websockets=False,
        backlog=options.backlog,
        http1_settings=_HTTP1,
        http2_settings=_HTTP2,
        log_enabled=False,
        ssl_cert=options.certificate,
        ssl_key=options.key,
        ssl_protocol_min=options.tls_min,
        workers_kill_timeout=int(options.drain_seconds),
    )
    server.serve(target_loader=make, wrap_loader=False)
