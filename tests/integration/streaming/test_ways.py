"""The ways out, against servers that listen: what arrives, what does not, and what is never asked."""

import asyncio
import hmac
import json
import ssl
import stat
from base64 import b64decode
from contextlib import asynccontextmanager, suppress

import pytest

from limen.access.outgoing import NO_WAY_OUT
from limen.identity.audit.destinations import Destination, DestinationDocument
from limen.integration.outgoing import AddressPolicy
from limen.integration.streaming.fact import Fact
from limen.integration.streaming.rules import check
from limen.integration.streaming.ways import Batch, Failure, Ways
from limen.kernel.errors import Unavailable
from limen.kernel.secret import Secret
from tests.support.certificates import certified
from tests.support.waiting import PATIENCE, until

pytestmark = pytest.mark.anyio
AT = 1_800_000_000_000_000
HEAD = b"<109>1 2027-01-15T08:00:00.000000Z id.example limen - sign_in.failed - "
LOOPBACK = AddressPolicy(loopback=True)
SECRET = Secret("a-secret-of-the-receiver")
OUT_OF_REACH = Failure("outgoing_unreachable")


def batch(count: int = 3) -> Batch:
    facts = [
        Fact("ten_1", "https://id.example", "seg_1", seq, AT, "sign_in.failed", {"reason": "a\nb | c"})
        for seq in range(1, count + 1)
    ]
    return Batch("acme", facts)


def destination(**members) -> Destination:
    return Destination("dst_1", DestinationDocument(name="siem", **members), 1, 1)


@asynccontextmanager
async def collector(folder):
    """A syslog server: it reads frames until its peer is done."""
    found: list[bytes] = []
    made = certified(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.server)

    async def serve(reader, writer):
        try:
            while length := await reader.readuntil(b" ") if not reader.at_eof() else b"":
                found.append(await reader.readexactly(int(length)))
                if not (more := await reader.read(1)):
                    break
                reader._buffer[:0] = more
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"tls://localhost:{server.sockets[0].getsockname()[1]}", made.authority, found


async def test_syslog_arrives_in_frames_over_tls(tmp_path, clock):
    async with collector(tmp_path) as (url, authority, found):
        ways = Ways(NO_WAY_OUT, LOOPBACK, None, clock)
        for form in ("json", "cef", "ocsf"):
            assert await ways(destination(kind="syslog", format=form, url=url, ca=authority), batch(), None) is None
    assert len(found) == 9
    assert all(
        message.startswith(b"<109>1 2027-01-15T08:00:00.000000Z id.example limen - sign_in.failed - ")
        for message in found
    )
    assert json.loads(found[0].removeprefix(HEAD))["reason"] == "a\nb | c"


async def test_a_server_that_says_next_to_nothing_holds_no_thread(clock, monkeypatch):
    monkeypatch.setattr("limen.integration.streaming.ways.SECONDS", 0.3)

    dripping = set()

    async def drip(_, writer):
        dripping.add(writer)
        try:
            with suppress(ConnectionError):
                while True:
                    writer.write(b"\x16")
                    await writer.drain()
                    await asyncio.sleep(0.1)
        finally:
            writer.close()
            dripping.remove(writer)

    ways = Ways(NO_WAY_OUT, LOOPBACK, None, clock)
    monkeypatch.setattr("limen.integration.streaming.ways._GRACE", 0.0)
    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    async with server:
        url = f"tls://localhost:{server.sockets[0].getsockname()[1]}"
        slow = [ways(destination(kind="syslog", url=url), batch(), None) for _ in range(12)]
        assert set(await asyncio.gather(*slow)) <= {Failure("too_slow"), Failure("tls_failed"), OUT_OF_REACH}
        await until(lambda: not dripping)  # each connection ends, and the thread with it
        await until(ways._threads._work_queue.empty)
        assert await asyncio.wait_for(asyncio.to_thread(lambda: 1), PATIENCE) == 1


async def test_a_server_that_nobody_vouches_for_gets_nothing(tmp_path, clock):
    async with collector(tmp_path) as (url, authority, found):
        ways = Ways(NO_WAY_OUT, LOOPBACK, None, clock)
        unknown = await ways(destination(kind="syslog", url=url), batch(), None)
        elsewhere = destination(kind="syslog", url=url.replace("localhost", "127.0.0.2"), ca=authority)
        misnamed = await ways(elsewhere, batch(), None)
        forbidden = await Ways(NO_WAY_OUT, AddressPolicy(), None, clock)(
            destination(kind="syslog", url=url, ca=authority), batch(), None
        )
    assert unknown == Failure("tls_unverified")
    assert misnamed in {Failure("tls_unverified"), Failure("outgoing_unreachable")}
    assert forbidden == Failure("outgoing_forbidden")
    assert found == []
    assert await ways(destination(kind="syslog", url=url, ca=authority), batch(), None) == Failure(
        "outgoing_unreachable"
    )
    broken = destination(kind="syslog", url=url, ca="-----BEGIN CERTIFICATE-----\nx")
    assert await ways(broken, batch(), None) == Failure("ca_invalid")


async def test_a_file_grows_by_whole_lines_and_may_be_moved_away(tmp_path, clock):
    ways = Ways(NO_WAY_OUT, LOOPBACK, tmp_path / "siem", clock)
    to = destination(kind="file")
    assert await ways(to, batch(2), None) is None
    path = tmp_path / "siem" / "acme" / "siem.log"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.rename(path.with_suffix(".1"))
    assert await ways(to, batch(1), None) is None
    assert [json.loads(line)["id"] for line in path.with_suffix(".1").read_text().splitlines()] == [
        "seg_1:1",
        "seg_1:2",
    ]
    assert len(path.read_text().splitlines()) == 1
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere")
    assert await ways(to, batch(1), None) == Failure("file_failed")
    assert await Ways(NO_WAY_OUT, LOOPBACK, None, clock)(to, batch(1), None) == Failure("no_directory")


class Post:
    """An outgoing client that keeps what it is given."""

    def __init__(self, status) -> None:
        self.status, self.notices = status, []

    async def post(self, url, notice):
        self.notices.append((url, notice))
        return self.status


async def test_http_batches_are_signed_or_bear_a_token_and_name_themselves(clock):
    post = Post(204)
    ways = Ways(post, LOOPBACK, None, clock)
    url = "https://siem.example/in"
    assert await ways(destination(kind="http", url=url, authentication="signature"), batch(), SECRET) is None
    assert await ways(destination(kind="http", url=url, authentication="bearer", format="cef"), batch(), SECRET) is None
    (_, signed), (_, bearing) = post.notices
    headers = {name: value.reveal() for name, value in signed.headers}
    assert headers["webhook-id"] == "seg_1:1-3"
    message = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + signed.body
    expected = hmac.digest(SECRET.reveal().encode(), message, "sha256")
    assert b64decode(headers["webhook-signature"].removeprefix("v1,")) == expected
    assert [json.loads(line)["id"] for line in signed.body.splitlines()] == ["seg_1:1", "seg_1:2", "seg_1:3"]
    assert (bearing.bearer, bearing.media_type) == (SECRET, "text/plain; charset=utf-8")
    assert SECRET.reveal() not in repr(post.notices)


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (500, Failure("status_500")),
        (401, Failure("status_401")),
        (413, Failure("status_413", is_content=True)),
        (Unavailable("outgoing_unreachable"), Failure("outgoing_unreachable")),
    ],
)
async def test_what_http_answers_is_told_apart(clock, status, failure):
    to = destination(kind="http", url="https://siem.example/in")
    assert await Ways(Post(status), LOOPBACK, None, clock)(to, batch(), None) == failure


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"kind": "syslog", "url": "https://siem.example"}, "url"),
        ({"kind": "syslog", "url": "tls://siem.example/path"}, "url"),
        ({"kind": "syslog", "url": "tls://siem.example:99999"}, "url"),
        ({"kind": "syslog", "url": "tls://siem.example", "authentication": "bearer"}, "authentication"),
        ({"kind": "syslog", "url": "tls://siem.example", "ca": "nothing"}, "ca"),
        ({"kind": "http", "url": "ftp://siem.example"}, "url"),
        ({"kind": "http", "url": "https://siem.example", "authentication": "bearer"}, "secret"),
        ({"kind": "file", "url": "https://siem.example"}, "url"),
        ({"kind": "file", "events": ("Not one",)}, "events"),
    ],
)
def test_destinations_that_cannot_be_are_refused_by_field(members, field):
    refusal = check(DestinationDocument(name="siem", **members), has_secret=False)
    assert refusal is not None
    assert field in refusal.fields
    assert check(DestinationDocument(name="../x", kind="file"), has_secret=False) is not None
