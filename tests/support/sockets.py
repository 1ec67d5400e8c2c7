"""Sockets off: a unit test that reaches for the network fails at the place that did it."""

import socket
from collections.abc import Callable
from typing import NoReturn

import pytest

CLOSED = ("bind", "connect", "connect_ex", "sendto")


class NetworkInUnitTest(Exception):
    """A unit test touched the network; it belongs in tests/integration, or needs a double."""


def close_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every socket refuse to reach out or to listen; event loops need neither."""
    for name in CLOSED:
        monkeypatch.setattr(socket.socket, name, _refuse(name))
    monkeypatch.setattr(socket, "getaddrinfo", _refuse("getaddrinfo"))


def _refuse(name: str) -> Callable[..., NoReturn]:
    def refuse(*_: object, **__: object) -> NoReturn:
        msg = f"socket {name} in a unit test"
        raise NetworkInUnitTest(msg)

    return refuse
