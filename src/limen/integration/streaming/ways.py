"""The ways out: one batch, one destination, and what became of it."""

import asyncio
import os
import socket
import ssl
import stat
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from limen.access.outgoing import Notice, Outgoing
from limen.identity.audit.destinations import Destination
from limen.integration.outgoing import AddressPolicy
from limen.integration.streaming.fact import Fact
from limen.integration.streaming.lines import framed, line, syslog
from limen.integration.streaming.rules import syslog_target
from limen.kernel.clock import Clock
from limen.kernel.errors import Refusal
from limen.kernel.secret import Secret
from limen.kernel.webhooks import Headers, signed

SECONDS: Final = 10.0
"""For one batch, everything together."""
_GRACE: Final = 1.0
"""So much longer the loop waits than the thread's own clock."""
_THREADS: Final = 4
_REFUSED: Final = frozenset({400, 413, 422})
"""What a receiver answers to content that it will never take; everything else may be otherwise tomorrow."""
_MEDIA: Final = {"cef": "text/plain; charset=utf-8"}
_NDJSON: Final = "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one segment, in order, of the tenant called *slug*; at least one."""

    slug: str
    facts: Sequence[Fact]

    @property
    def id(self) -> str:
        """Return what is the same where the same records are sent again."""
        return f"{self.facts[0].id}-{self.facts[-1].seq}"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a batch did not arrive. ``is_content``: the receiver will not take it, whenever it is sent."""

    code: str
    is_content: bool = False


class Send(Protocol):
    """Delivers one batch."""

    async def __call__(self, to: Destination, batch: Batch, secret: Secret | None) -> Failure | None:
        """Return None when *batch* has arrived, as far as the way can tell."""
        ...


class Ways:
    """A :class:`Send` over all three ways."""

    def __init__(self, outgoing: Outgoing, policy: AddressPolicy, directory: Path | None, clock: Clock) -> None:
        """Post by *outgoing*; speak TLS to what *policy* allows; write files below *directory*, if there is one."""
        self._outgoing, self._policy, self._directory, self._clock = outgoing, policy, directory, clock
        # Threads of its own: whoever answers slowly must not keep those that sign-ins wait for.
        self._threads = ThreadPoolExecutor(_THREADS, "audit-stream")

    async def __call__(self, to: Destination, batch: Batch, secret: Secret | None) -> Failure | None:
        """Return None when *batch* has arrived, as far as the way can tell."""
        if to.document.kind == "http":
            return await self._post(to, batch, secret)
        opened: list[socket.socket] = []
        speaks = to.document.kind == "syslog"
        work = partial(self._speak, to, batch, opened) if speaks else partial(self._write, to, batch)
        try:
            async with asyncio.timeout(SECONDS + _GRACE):
                return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except TimeoutError:
            for connection in opened:  # its thread ends with it, however little by little the other side speaks
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            return Failure("too_slow")

    # ------------------------------------------------------------------------------------------------ HTTP

    async def _post(self, to: Destination, batch: Batch, secret: Secret | None) -> Failure | None:
        form = to.document.format
        body = "".join(line(fact, form) + "\n" for fact in batch.facts).encode()
        headers: Headers = (("webhook-id", Secret(batch.id)),)
        bearer = None
        if to.document.authentication == "bearer":
            bearer = secret
        elif to.document.authentication == "signature" and secret is not None:
            headers = signed(secret.reveal().encode(), batch.id, self._clock.now(), body)
        notice = Notice(
            "audit-stream",
            body,
            _MEDIA.get(form, _NDJSON),
            bearer=bearer,
            seconds=SECONDS,
            headers=headers,
            any_status=True,
        )
        status = await self._outgoing.post(to.document.url, notice)
        if isinstance(status, Refusal):
            return Failure(status.code)
        if 200 <= status < 300:
            return None
        return Failure(f"status_{status}", is_content=status in _REFUSED)

    # ---------------------------------------------------------------------------------------------- syslog

    def _speak(self, to: Destination, batch: Batch, opened: list[socket.socket]) -> Failure | None:
        """Send over a connection of its own and end it in the order of TLS: then all was read, or we hear that not.

        Syslog acknowledges nothing (RFC 5425 §6.1 speaks of the close_notify alone).
        """
        target = syslog_target(to.document.url)
        if target is None:
            return Failure("url_invalid")
        try:
            context = _context(to.document.ca)
        except ssl.SSLError:
            return Failure("ca_invalid")
        try:
            address = self._resolved(*target)
            if address is None:
                return Failure("outgoing_forbidden")
            with (
                socket.create_connection(address, timeout=SECONDS) as plain,
                context.wrap_socket(plain, server_hostname=target[0], do_handshake_on_connect=False) as tls,
            ):
                opened.append(tls)
                tls.do_handshake()
                host, form = urlsplit(batch.facts[0].issuer).hostname or "-", to.document.format
                tls.sendall(b"".join(framed(syslog(fact, host, form)) for fact in batch.facts))
                with suppress(ssl.SSLError, TimeoutError):  # it closed without a word: it was there to the end
                    tls.unwrap()
        except ssl.SSLError as error:
            return Failure("tls_" + ("unverified" if isinstance(error, ssl.SSLCertVerificationError) else "failed"))
        except (OSError, UnicodeError):
            return Failure("outgoing_unreachable")
        return None

    def _resolved(self, host: str, port: int) -> tuple[str, int] | None:
        """Return an address of *host* that may be asked; none where one of them may not be (DNS rebinding)."""
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        return (found[0], port) if found and all(map(self._policy.allows, found)) else None

    # ------------------------------------------------------------------------------------------------ file

    def _write(self, to: Destination, batch: Batch) -> Failure | None:
        """Append, and return when it is on the disk. The file is opened each time, so that it may be moved away."""
        if self._directory is None:
            return Failure("no_directory")
        folder = self._directory / batch.slug
        data = "".join(line(fact, to.document.format) + "\n" for fact in batch.facts).encode()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = folder / f"{to.document.name}.log"
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(path, flags, 0o600)
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    return Failure("no_file")
                size = os.fstat(descriptor).st_size
                try:
                    _write_all(descriptor, data)
                    os.fsync(descriptor)
                except OSError:
                    with suppress(OSError):  # half a line would spoil the next one
                        file.truncate(size)
                    raise
        except OSError:
            return Failure("file_failed")
        return None


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _context(ca: str) -> ssl.SSLContext:
    """Return TLS 1.2 or later with the names of certificates checked (RFC 5425 §4.2, RFC 9662 §5)."""
    context = ssl.create_default_context(cadata=ca or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class Nowhere:
    """A :class:`Send` that reaches nobody: for tools and tests that must not."""

    async def __call__(self, to: Destination, batch: Batch, secret: Secret | None) -> Failure | None:  # noqa: ARG002
        """Fail."""
        return Failure("outgoing_unreachable")


NOWHERE: Final = Nowhere()
