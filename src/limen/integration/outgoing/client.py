"""The one way out: what is asked, how often, and what is kept of it."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import httpcore2
import structlog

from limen.access.outgoing import Fetched, Notice, Wanted
from limen.integration.outgoing.freshness import AnswerCache, fresh_seconds
from limen.integration.outgoing.metrics import Count
from limen.integration.outgoing.network import ForbiddenAddress, PinnedNetwork, Resolver, SystemResolver
from limen.integration.outgoing.settings import OutgoingSettings
from limen.integration.outgoing.target import FORBIDDEN, Target, target_of
from limen.integration.outgoing.transport import Answer, Encoded, TooLong, Transport
from limen.kernel.clock import SECOND, Clock
from limen.kernel.errors import Invalid, Refusal, Unavailable

UNEXPECTED: Final = "outgoing_unexpected"
UNREACHABLE: Final = "outgoing_unreachable"
_log = structlog.get_logger("limen.outgoing")
_FAILURES: Final = (
    OSError,
    UnicodeError,  # a name that is none
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.TimeoutException,
)
T = TypeVar("T")


class OutgoingClient:
    """An :class:`limen.access.outgoing.Outgoing` over the network."""

    def __init__(
        self,
        settings: OutgoingSettings,
        clock: Clock,
        count: Count = lambda _purpose, _outcome: None,
        resolver: Resolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Open nothing yet. Certificates are verified with the system's authorities unless *tls* says otherwise."""
        self._settings = settings
        self._clock = clock
        self._count = count
        self._resolver = SystemResolver() if resolver is None else resolver
        network = PinnedNetwork(settings.policy, self._resolver)
        self._transport = Transport(network, tls or ssl.create_default_context())
        self._cache = AnswerCache(clock)
        self._under_way: dict[tuple[str, str], asyncio.Task[Fetched | Refusal]] = {}
        self._places = asyncio.Semaphore(settings.at_once)
        self._hosts: dict[str, _Host] = {}
        self._waiting = 0

    async def fetch(self, url: str, wanted: Wanted, *, newer_than: int = 0) -> Fetched | Refusal:
        """Return what is at *url*; those who ask for the same thing at once share one request."""
        kept = self._cache.get(url, wanted.purpose, newer_than)
        if kept is not None:
            return kept
        key = (url, wanted.purpose)
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(self._fetched(url, wanted))
            task.add_done_callback(lambda _done: self._under_way.pop(key, None))
        return await asyncio.shield(task)

    async def post(self, url: str, notice: Notice) -> int | Refusal:
        """Post *notice* once; whether it is to be tried again is the caller's to say."""
        answer = await self._posted(url, notice)
        return answer if isinstance(answer, Refusal) else answer.status

    async def ask(self, url: str, notice: Notice) -> bytes | Refusal:
        """Post *notice* once, and return the body of a good answer."""
        answer = await self._posted(url, notice)
        return answer if isinstance(answer, Refusal) else answer.body

    async def _posted(self, url: str, notice: Notice) -> Answer | Refusal:
        headers = [(b"content-type", notice.media_type.encode())]
        if notice.bearer is not None:
            headers.append((b"authorization", b"Bearer " + notice.bearer.reveal().encode()))
        headers += [(name.encode(), value.reveal().encode()) for name, value in notice.headers]

        async def send(target: Target) -> Answer | Refusal:
            answer = await self._transport.send(target, "POST", headers, notice.body, 65_536)
            is_fine = notice.any_status or 200 <= answer.status < 300
            return answer if is_fine else Invalid(UNEXPECTED, f"status {answer.status}")

        return await self._guarded(url, notice.purpose, notice.seconds, send)

    async def aclose(self) -> None:
        """End what is under way."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if isinstance(self._resolver, SystemResolver):
            self._resolver.close()

    async def _fetched(self, url: str, wanted: Wanted) -> Fetched | Refusal:
        async def get(target: Target) -> Fetched | Refusal:
            given = {"accept": ", ".join(wanted.media_types), **dict(wanted.headers)}
            headers = [(name.encode(), value.encode()) for name, value in given.items()]
            answer = await self._transport.send(target, "GET", headers, b"", wanted.max_bytes)
            return self._accepted(url, answer, wanted)

        answer = await self._guarded(url, wanted.purpose, wanted.seconds, get)
        self._cache.put(url, wanted, answer)
        return answer

    def _accepted(self, url: str, answer: Answer, wanted: Wanted) -> Fetched | Refusal:
        if answer.status != 200:  # a redirect is an answer like any other that is not what was asked for
            return Invalid(UNEXPECTED, f"status {answer.status}")
        media_type, _, parameters = answer.headers.get("content-type", "").lower().partition(";")
        if media_type.strip() not in wanted.media_types or not _is_utf8(parameters):
            return Invalid(UNEXPECTED, "content type")
        now = self._clock.now()
        seconds = fresh_seconds(answer.headers.get("cache-control", ""), answer.headers.get("age", ""), wanted)
        return Fetched(url, answer.body, media_type.strip(), now, now + seconds * SECOND)

    async def _guarded(
        self, url: str, purpose: str, seconds: float, work: Callable[[Target], Awaitable[T | Refusal]]
    ) -> T | Refusal:
        target = target_of(url, allow_http=self._settings.policy.loopback)
        outcome = target if isinstance(target, Refusal) else await self._timed(target, seconds, work)
        if isinstance(outcome, Refusal):
            self._count(purpose, outcome.code.removeprefix("outgoing_"))
            host = target.host if isinstance(target, Target) else ""
            _log.warning("outgoing.failed", purpose=purpose, host=host, code=outcome.code, why=outcome.detail)
        else:
            self._count(purpose, "ok")
        return outcome

    async def _timed(
        self, target: Target, seconds: float, work: Callable[[Target], Awaitable[T | Refusal]]
    ) -> T | Refusal:
        if self._waiting >= self._settings.waiting:
            return Unavailable(UNREACHABLE, "busy")
        self._waiting += 1
        try:
            async with asyncio.timeout(seconds), self._place(target.host), self._places:
                return await work(target)
        except TimeoutError:
            return Unavailable(UNREACHABLE, "too slow")
        except ForbiddenAddress:
            return Invalid(FORBIDDEN, "address")
        except TooLong:
            return Invalid(UNEXPECTED, "too long")
        except Encoded:
            return Invalid(UNEXPECTED, "content encoding")
        except _FAILURES as error:
            return Unavailable(UNREACHABLE, type(error).__name__)
        finally:
            self._waiting -= 1

    def _place(self, host: str) -> "_Host":
        place = self._hosts.get(host)
        if place is None:
            place = self._hosts[host] = _Host(host, self._hosts, asyncio.Semaphore(self._settings.at_once_per_host))
        return place


@dataclass(slots=True)
class _Host:
    """The places of one host; forgotten when nobody holds or awaits one."""

    name: str
    hosts: dict[str, "_Host"]
    places: asyncio.Semaphore
    users: int = 0

    async def __aenter__(self) -> None:
        self.users += 1
        try:
            await self.places.acquire()
        except BaseException:
            self._leave()
            raise

    async def __aexit__(self, *_: object) -> None:
        self.places.release()
        self._leave()

    def _leave(self) -> None:
        self.users -= 1
        if not self.users and self.hosts.get(self.name) is self:
            del self.hosts[self.name]


def _is_utf8(parameters: str) -> bool:
    charset = parameters.partition("charset=")[2].partition(";")[0].strip(' "')
    return charset in {"", "utf-8"}
