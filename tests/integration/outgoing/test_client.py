"""The one way out against servers of every manner, over real sockets and TLS."""

import asyncio
import gzip
from contextlib import asynccontextmanager

import pytest

from limen.access.outgoing import Fetched, Notice, Wanted
from limen.integration.outgoing import AddressPolicy, LazyOutgoing, OutgoingSettings
from limen.integration.outgoing.client import OutgoingClient
from limen.kernel.errors import Invalid, Unavailable
from limen.kernel.secret import Secret
from tests.support.clock import ManualClock
from tests.support.far_servers import HOST, far_server, plain, trusting
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.anyio
WANTED = Wanted("test", ("application/json",), max_bytes=1_000, seconds=PATIENCE)


@pytest.fixture
async def far(tmp_path):
    async with far_server(tmp_path) as server:
        server.answer = plain(b'{"a":1}')
        yield server


@pytest.fixture
def clock():
    return ManualClock()


class Names:
    """A resolver that says what it is told to, and another thing the next time if it is told so."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers) or [["127.0.0.1"]], []

    async def __call__(self, host, port):
        self.asked.append((host, port))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def open_client(clock):
    @asynccontextmanager
    async def opened(names=None, *, loopback=True, count=None, **limits):
        settings = OutgoingSettings(AddressPolicy(loopback=loopback), **limits)
        client = OutgoingClient(settings, clock, count or (lambda *_: None), names or Names(), trusting())
        try:
            yield client
        finally:
            await client.aclose()

    return opened


async def test_an_answer_is_given_with_its_freshness(far, open_client, clock):
    far.answer = plain(b'{"a":1}', "cache-control: max-age=600")
    async with open_client() as client:
        fetched = await client.fetch(far.url(), WANTED)
    assert isinstance(fetched, Fetched)
    assert (fetched.body, fetched.media_type) == (b'{"a":1}', "application/json")
    assert fetched.fresh_until - fetched.fetched_at == 600_000_000


async def test_the_name_stays_in_sni_and_host_though_the_address_is_pinned(far, open_client):
    names = Names(["127.0.0.1"])
    async with open_client(names) as client:
        await client.fetch(far.url("/doc?x=1"), WANTED)
    assert far.names == [HOST]
    head = far.requests[0].lower()
    assert head.startswith(b"get /doc?x=1 http/1.1\r\n")
    assert f"host: {HOST}:{far.port}".encode() in head
    assert names.asked == [(HOST, far.port)]
    assert b"cookie" not in head
    assert b"authorization" not in head
    assert b"accept-encoding: identity" in head


async def test_a_certificate_for_another_name_is_not_accepted(far, open_client):
    async with open_client() as client:
        refused = await client.fetch(far.url(host="other.example"), WANTED)
    assert isinstance(refused, Unavailable)
    assert far.requests == []


async def test_loopback_is_not_asked_unless_that_is_allowed(far, open_client):
    async with open_client(loopback=False) as client:
        refused = await client.fetch(far.url(), WANTED)
    assert refused == Invalid("outgoing_forbidden", "address")
    assert far.names == []


@pytest.mark.parametrize(
    "mixed", [["127.0.0.1", "10.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["::ffff:10.0.0.1"], []]
)
async def test_one_forbidden_address_among_a_names_addresses_is_enough(far, open_client, mixed):
    async with open_client(Names(mixed)) as client:
        assert await client.fetch(far.url(), WANTED) == Invalid("outgoing_forbidden", "address")
    assert far.names == []


async def test_a_name_that_is_rebound_between_check_and_use_is_resolved_once(far, open_client):
    names = Names(["127.0.0.1"], ["10.0.0.1"])
    async with open_client(names) as client:
        assert isinstance(await client.fetch(far.url(), WANTED), Fetched)
        assert len(names.asked) == 1
        assert await client.fetch(far.url("/again"), WANTED) == Invalid("outgoing_forbidden", "address")


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
async def test_a_redirect_is_not_followed(far, open_client, status):
    far.answer = plain(b"{}", f"location: {far.url('/elsewhere')}", status=status)
    async with open_client() as client:
        refused = await client.fetch(far.url(), WANTED)
    assert refused == Invalid("outgoing_unexpected", f"status {status[:3]}")
    assert len(far.requests) == 1


@pytest.mark.parametrize("status", ["204 No Content", "206 Partial", "404 Not Found", "500 Oops"])
async def test_any_status_but_200_is_refused(far, open_client, status):
    far.answer = plain(b"", status=status)
    async with open_client() as client:
        assert isinstance(await client.fetch(far.url(), WANTED), Invalid)


@pytest.mark.parametrize("media_type", ["text/html", "application/json+x", "", "application/json; charset=utf-16"])
async def test_another_content_type_is_refused(far, open_client, media_type):
    far.answer = plain(b"{}", media_type=media_type)
    async with open_client() as client:
        assert await client.fetch(far.url(), WANTED) == Invalid("outgoing_unexpected", "content type")


async def test_a_body_that_says_it_is_too_long_is_not_read(far, open_client):
    far.answer = plain(b"x" * 1_001)
    async with open_client() as client:
        assert await client.fetch(far.url(), WANTED) == Invalid("outgoing_unexpected", "too long")


async def test_an_endless_body_is_left_at_the_limit(far, open_client):
    async def endless(writer):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"100\r\n" + b"x" * 256 + b"\r\n")
            await writer.drain()

    far.answer = endless
    async with open_client() as client:
        assert await client.fetch(far.url(), WANTED) == Invalid("outgoing_unexpected", "too long")


async def test_a_slow_body_is_left_when_the_time_is_over(far, open_client):
    async def slow(writer):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    far.answer = slow
    async with open_client() as client:
        refused = await client.fetch(far.url(), Wanted("test", ("application/json",), seconds=0.3))
    assert refused == Unavailable("outgoing_unreachable", "too slow")


async def test_a_resolver_that_never_answers_costs_no_more_than_the_time(far, open_client):
    async def silent(host, port):
        await asyncio.Event().wait()

    async with open_client(silent) as client:
        refused = await client.fetch(far.url(), Wanted("test", ("application/json",), seconds=0.1))
    assert refused == Unavailable("outgoing_unreachable", "too slow")


async def test_endless_headers_are_refused(far, open_client):
    async def endless(writer):
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"x-y: " + b"z" * 1_000 + b"\r\n")
            await writer.drain()

    far.answer = endless
    async with open_client() as client:
        assert isinstance(await client.fetch(far.url(), WANTED), Unavailable)


async def test_a_decompression_bomb_is_refused_unopened(far, open_client):
    bomb = gzip.compress(b"\0" * 500_000)
    far.answer = plain(bomb, "content-encoding: gzip")
    async with open_client() as client:
        assert await client.fetch(far.url(), WANTED) == Invalid("outgoing_unexpected", "content encoding")


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"HTTP/1.1\r\n\r\n",
        b"SSH-2.0-x\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
    ],
)
async def test_what_is_no_http_is_no_fault(far, open_client, nonsense):
    far.answer = lambda writer: writer.write(nonsense)
    async with open_client() as client:
        assert isinstance(await client.fetch(far.url(), WANTED), Unavailable)


async def test_proxies_of_the_environment_are_not_used(far, open_client, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with open_client() as client:
        assert isinstance(await client.fetch(far.url(), WANTED), Fetched)


async def test_an_answer_is_asked_for_again_when_it_is_no_longer_fresh(far, open_client, clock):
    async with open_client() as client:
        await client.fetch(far.url(), WANTED)
        await client.fetch(far.url(), WANTED)
        assert len(far.requests) == 1
        await clock.sleep(301)
        await client.fetch(far.url(), WANTED)
    assert len(far.requests) == 2


async def test_whoever_wants_a_newer_answer_gets_one(far, open_client, clock):
    async with open_client() as client:
        first = await client.fetch(far.url(), WANTED)
        await clock.sleep(1)
        await client.fetch(far.url(), WANTED, newer_than=first.fetched_at)
    assert len(far.requests) == 2


async def test_a_failure_is_remembered_for_a_while(far, open_client, clock):
    far.answer = plain(b"", status="500 Oops")
    async with open_client() as client:
        await client.fetch(far.url(), WANTED)
        await client.fetch(far.url(), WANTED)
        assert len(far.requests) == 1
        await clock.sleep(31)
        await client.fetch(far.url(), WANTED)
    assert len(far.requests) == 2


async def test_those_who_ask_at_once_share_one_request(far, open_client):
    async with open_client() as client:
        answers = await asyncio.gather(*(client.fetch(far.url(), WANTED) for _ in range(20)))
    assert len(far.requests) == 1
    assert len(set(map(id, answers))) == 1


async def test_a_slow_host_cannot_take_every_place(far, open_client):
    async def slow(writer):
        await asyncio.sleep(0.05)
        plain(b"{}")(writer)

    far.answer = slow
    async with open_client(at_once_per_host=2) as client:
        await asyncio.gather(*(client.fetch(far.url(f"/{n}"), WANTED) for n in range(6)))
        assert client._hosts == {}
    assert far.most_at_once == 2


async def test_more_than_may_wait_are_refused_at_once(far, open_client):
    async with open_client(waiting=2) as client:
        answers = await asyncio.gather(*(client.fetch(far.url(f"/{n}"), WANTED) for n in range(5)))
    assert answers.count(Unavailable("outgoing_unreachable", "busy")) == 3


async def test_what_happened_is_counted_by_words_of_ours(far, open_client):
    counted = []
    async with open_client(count=lambda *words: counted.append(words)) as client:
        await client.fetch(far.url(), WANTED)
        await client.fetch("http://client.example/", WANTED)
    assert counted == [("test", "ok"), ("test", "forbidden")]


async def test_a_notice_is_posted_with_its_bearer_and_nothing_else(far, open_client):
    far.answer = plain(b"", status="204 No Content")
    notice = Notice("ping", b'{"auth_req_id":"x"}', "application/json", Secret("the-token"))
    async with open_client() as client:
        assert await client.post(far.url("/ping"), notice) == 204
    head, _, body = far.requests[0].partition(b"\r\n\r\n")
    assert body == notice.body
    assert b"authorization: bearer the-token" in head.lower()
    assert b"the-token" not in repr(notice).encode()


async def test_a_notice_that_is_not_taken_is_refused(far, open_client):
    far.answer = plain(b"", "location: https://elsewhere.example/", status="307 Temporary")
    async with open_client() as client:
        assert isinstance(await client.post(far.url(), Notice("ping", b"{}", "application/json")), Invalid)


async def test_the_lazy_way_out_is_the_same(clock):
    lazy = LazyOutgoing(OutgoingSettings(), clock, lambda *_: None)
    assert await lazy.fetch("http://client.example/", WANTED) == Invalid("outgoing_forbidden", "redirect_uri.insecure")
    assert isinstance(await lazy.post("https://127.0.0.1/", Notice("ping", b"", "text/plain")), Invalid)
    await lazy.aclose()
