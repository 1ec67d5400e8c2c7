"""Connections to addresses that were looked at: a name is resolved once, by us, and the result is what is connected to.

Without that, a name could show a public address to the check and a private one to the connection (DNS rebinding).
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import httpcore2

from limen.integration.outgoing.addresses import AddressPolicy

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to addresses; raises ``OSError`` where there are none."""

_DNS_THREADS: Final = 4
_MOST_ADDRESSES: Final = 4
"""How many of a name's addresses are tried."""


class ForbiddenAddress(Exception):
    """A name leads where nothing is asked."""


class SystemResolver:
    """The machine's resolver, on threads of its own: a name server that never answers must not stop other work."""

    def __init__(self) -> None:
        """Start no thread before it is needed."""
        self._threads = ThreadPoolExecutor(_DNS_THREADS, "outgoing-dns")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Return every address of *host*."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _look_up, host, port)
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))

    def close(self) -> None:
        """End the threads; who waits for DNS is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class PinnedNetwork(httpcore2.AsyncNetworkBackend):
    """Resolves, checks every address of the name, and connects to one of those that were checked."""

    def __init__(self, policy: AddressPolicy, resolver: Resolver) -> None:
        """Connect where *policy* allows it."""
        self._policy = policy
        self._resolve = resolver
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to *host*; TLS then still names the host, not the address.

        Raises:
            ForbiddenAddress: one of its addresses is not allowed. One is enough: nobody whose name is also private is
                somebody we should talk to.
        """
        addresses = await self._resolve(host, port)
        if not addresses or not all(self._policy.allows(address) for address in addresses):
            raise ForbiddenAddress
        failed: Exception = httpcore2.ConnectError("no address")
        for address in addresses[:_MOST_ADDRESSES]:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
        raise failed


def _look_up(host: str, port: int) -> list[tuple[int, int, int, str, tuple[str | int, ...]]]:
    return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))  # type: ignore[arg-type]
