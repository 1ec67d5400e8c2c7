"""Serving: granian inside this process, and a watch that ends it with its parent."""

import asyncio
import os
import signal
import socket
from contextlib import suppress

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from examples.demo_app.app import create_app
from examples.demo_app.settings import NotConfigured, Settings


async def serve(settings: Settings) -> None:
    """Serve the shop until a signal comes or the parent goes.

    Raises:
        NotConfigured: somebody else listens on our port.
    """
    _check_port(settings)
    server = Server(
        create_app(settings),
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_level=LogLevels.error,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _stop, server)
    watch = asyncio.create_task(_watch(settings.parent or os.getppid(), server))
    try:
        await server.serve()
    finally:
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch


async def _watch(parent: int, server: Server) -> None:
    """Stop *server* when *parent* is no longer our parent.

    Asked twice a second rather than by PR_SET_PDEATHSIG, which fires when the *thread* that started us ends.
    """
    while os.getppid() == parent:  # noqa: ASYNC110 - nobody tells us when it goes
        await asyncio.sleep(0.5)
    _stop(server)


def _stop(server: Server) -> None:
    server.stop()  # type: ignore[no-untyped-call]  # granian leaves its return unsaid


def _check_port(settings: Settings) -> None:
    """Find out before granian does: it shares ports, and would split the visitors with whoever is there."""
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise NotConfigured(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}") from error
