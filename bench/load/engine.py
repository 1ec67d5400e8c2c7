"""The loop: many keep-alive connections on one thread, closed loop or at a fixed rate.

At a fixed rate a latency counts from the moment the request was *due*, not from when it could be sent, so that a
stalled server cannot hide its stall (coordinated omission).
"""

import heapq
import select
import socket
from array import array
from dataclasses import dataclass, field
from time import perf_counter, process_time

from bench.load.http import Response, cut_response
from bench.load.scripts import Ask, Exhausted, Script, Workload
from bench.processes import core_seconds, cpu_seconds, tree

_DRAIN_SECONDS = 10.0
_TOO_MANY_FAILURES = 1000
# Larger buffers make every recv allocate and give back whole pages, which halves what one core can drive.
_RECEIVE_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class Plan:
    """How one run is driven. *rate* is in requests a second over all connections; None means as fast as answered."""

    port: int
    connections: int
    warmup: float
    seconds: float
    rate: float | None = None
    spread_addresses: bool = False
    watch_pid: int | None = None
    watch_core: int | None = None


@dataclass(slots=True)
class Tally:
    """What a run saw inside its window."""

    done: int = 0
    failed: int = 0
    first_failure: str = ""
    latencies: "array[float]" = field(default_factory=lambda: array("d"))
    generator_cpu: float = 0.0
    server_cpu: float = 0.0
    server_core: float = 0.0
    window: float = 0.0


class _Connection:
    __slots__ = ("ask", "buffer", "due", "index", "script", "since", "sock")

    def __init__(self, index: int, script: Script, due: float) -> None:
        self.index = index
        self.script = script
        self.ask: Ask = next(script)
        self.due = due
        self.since = due
        self.buffer = b""
        self.sock = socket.socket()


class Engine:
    """Drives one workload by one plan; make a new one for every run."""

    def __init__(self, plan: Plan, workload: Workload) -> None:
        """Prepare; nothing is sent before ``run``."""
        self._plan = plan
        self._workload = workload
        self._poll = select.epoll()
        self._live: dict[int, _Connection] = {}
        self._waiting: list[tuple[float, int]] = []
        self._next_index = 0
        self._interval = plan.connections / plan.rate if plan.rate else 0.0
        self._tally = Tally()
        self._window = (0.0, 0.0)

    def run(self) -> Tally:
        """Send until the window closes, let answers in flight arrive, and return what was counted."""
        start = perf_counter()
        self._window = (start + self._plan.warmup, start + self._plan.warmup + self._plan.seconds)
        for number in range(self._plan.connections):
            self._open(start + number * self._interval / self._plan.connections)
        self._until(self._window[0])
        usage = self._usage()
        self._until(self._window[1])
        self._tally.generator_cpu, self._tally.server_cpu, self._tally.server_core = (
            after - before for before, after in zip(usage, self._usage(), strict=True)
        )
        self._tally.window = self._plan.seconds
        self._until(self._window[1] + _DRAIN_SECONDS)
        for connection in self._live.values():
            connection.sock.close()
        return self._tally

    def _usage(self) -> tuple[float, float, float]:
        plan = self._plan
        watched = cpu_seconds(tree(plan.watch_pid)) if plan.watch_pid is not None else 0.0
        core = core_seconds(plan.watch_core) if plan.watch_core is not None else watched
        return process_time(), watched, core

    def _until(self, moment: float) -> None:
        while self._live and (now := perf_counter()) < moment:
            self._send_due(now)
            horizon = min(moment, self._waiting[0][0]) if self._waiting else moment
            for descriptor, _ in self._poll.poll(max(0.0, horizon - perf_counter())):
                self._receive(self._live[descriptor])

    def _open(self, due: float) -> None:
        index, self._next_index = self._next_index, self._next_index + 1
        script = self._workload.script(index)
        if script is None:
            return
        connection = _Connection(index, script, due)
        self._connect(connection)
        self._schedule(connection)

    def _connect(self, connection: _Connection) -> None:
        sock = connection.sock
        if self._plan.spread_addresses:
            # All of 127/8 is this machine (RFC 1122 section 3.2.1.3): limits per address see many people, not one.
            number = connection.index + 256
            sock.bind((f"127.{(number >> 16) % 200 + 1}.{(number >> 8) & 255}.{number & 255}", 0))
        sock.connect(("127.0.0.1", self._plan.port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._live[sock.fileno()] = connection
        self._poll.register(sock.fileno(), select.EPOLLIN)

    def _schedule(self, connection: _Connection) -> None:
        if self._interval and connection.due > perf_counter():
            heapq.heappush(self._waiting, (connection.due, connection.sock.fileno()))
        else:
            self._send(connection)

    def _send_due(self, now: float) -> None:
        while self._waiting and self._waiting[0][0] <= now:
            descriptor = heapq.heappop(self._waiting)[1]
            if descriptor in self._live:
                self._send(self._live[descriptor])

    def _send(self, connection: _Connection) -> None:
        connection.since = connection.due if self._interval else perf_counter()
        try:
            connection.sock.sendall(connection.ask.request)
        except OSError as error:
            self._broken(connection, repr(error))

    def _receive(self, connection: _Connection) -> None:
        try:
            data = connection.sock.recv(_RECEIVE_BYTES)
        except OSError as error:
            self._broken(connection, repr(error))
            return
        if not data:
            self._broken(connection, "connection closed by the server")
            return
        if connection.buffer:
            data = connection.buffer + data
        response = cut_response(data)
        if response is None:
            connection.buffer = data
            return
        connection.buffer = b""
        self._answered(connection, response)

    def _answered(self, connection: _Connection, response: Response) -> None:
        now = perf_counter()
        begin, end = self._window
        if begin <= now < end:
            self._count(connection, response, now)
        try:
            connection.ask = connection.script.send(response)
        except StopIteration:
            self._finished(connection, now)
            return
        except Exhausted as nothing_left:
            if now < self._window[1]:
                self._fail(str(nothing_left))
            self._close(connection)
            return
        if now >= end and not self._workload.renews:
            # Only now: the script had to see this answer, for it may hold the token of the next run.
            self._close(connection)
            return
        connection.due += self._interval
        self._schedule(connection)

    def _count(self, connection: _Connection, response: Response, now: float) -> None:
        ask = connection.ask
        if response.status not in ask.good or ask.holds not in response.body:
            self._fail(f"{response.status} {response.text()[:200]}")
        elif ask.counted:
            self._tally.done += 1
            self._tally.latencies.append(now - connection.since)

    def _finished(self, connection: _Connection, now: float) -> None:
        self._close(connection)
        if self._workload.renews and now < self._window[1]:
            self._open(connection.due)

    def _broken(self, connection: _Connection, why: str) -> None:
        self._fail(why)
        self._close(connection)
        if perf_counter() < self._window[1] and self._tally.failed < _TOO_MANY_FAILURES:
            connection.sock = socket.socket()
            connection.buffer = b""
            self._connect(connection)
            self._schedule(connection)

    def _fail(self, why: str) -> None:
        self._tally.failed += 1
        self._tally.first_failure = self._tally.first_failure or why

    def _close(self, connection: _Connection) -> None:
        descriptor = connection.sock.fileno()
        self._live.pop(descriptor, None)
        if descriptor >= 0:
            self._poll.unregister(descriptor)
        connection.sock.close()
