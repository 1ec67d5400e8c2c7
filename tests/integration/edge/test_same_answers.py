"""One table of requests, the same answers under granian (RSGI) and uvicorn (ASGI)."""

import json
import time

import pytest

from limen.app.server import ServerLimits
from tests.integration.edge.conftest import Answer, Site, answer
from tests.integration.edge.site import PLANTED

FORM = "content-type: application/x-www-form-urlencoded"
CHUNKED = "transfer-encoding: chunked"


def _chunks(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))


TABLE: list[tuple[str, int, tuple[object, ...]]] = [
    ("a hot GET", 200, ("GET", "/keys?a=%20b")),
    ("a hot HEAD", 200, ("HEAD", "/keys")),
    ("a hot OPTIONS", 204, ("OPTIONS", "/keys")),
    ("a preflight", 204, ("OPTIONS", "/token", None, "origin: https://app.example")),
    ("a wrong method", 405, ("POST", "/keys", b"")),
    ("a wrong method that is none", 405, ("BREW", "/token")),
    ("a hot POST", 200, ("POST", "/token", b"a=1&b=%C3%A4", FORM)),
    ("a hot POST of a tenant", 200, ("POST", "/t/acme/token", b"a=1", FORM)),
    ("a hot path, escaped", 200, ("GET", "/%6beys")),
    ("a forged address", 200, ("POST", "/token", b"a=1", FORM, "x-forwarded-for: 203.0.113.9")),
    ("a chunked body", 200, ("POST", "/token", _chunks(b"a=1", b"&b=2"), FORM, CHUNKED)),
    ("no body at all", 200, ("POST", "/token", None, FORM)),
    ("a wrong content type", 400, ("POST", "/token", b"{}", "content-type: application/json")),
    ("a repeated content type", 400, ("POST", "/token", b"a=1", FORM, "content-type: text/plain")),
    ("a repeated parameter", 400, ("POST", "/token", b"a=1&a=2", FORM)),
    ("a broken escape", 400, ("POST", "/token", b"a=%zz", FORM)),
    ("broken UTF-8", 400, ("POST", "/token", b"a=\xff", FORM)),
    ("an oversized body", 413, ("POST", "/token", b"a=" + b"x" * 5_000, FORM)),
    ("an oversized chunked body", 413, ("POST", "/token", _chunks(*[b"x" * 1_000] * 5), FORM, CHUNKED)),
    ("a long query", 414, ("GET", "/keys?" + "x" * 9_000)),
    ("a fault in a door", 500, ("GET", "/broken")),
    ("health", 200, ("GET", "/health/live")),
    ("readiness", 200, ("GET", "/health/ready")),
    ("a page", 200, ("GET", "/page")),
    ("a page of a tenant", 200, ("GET", "/t/acme/page")),
    ("the start page of a tenant", 200, ("GET", "/t/acme")),
    ("the start page of a tenant, with a slash", 200, ("GET", "/t/acme/")),
    ("a page of no tenant", 404, ("GET", "/t/nobody/page")),
    ("a door of no tenant", 404, ("POST", "/t/nobody/token", b"a=1", FORM)),
    ("a HEAD of a page", 200, ("HEAD", "/page")),
    ("a HEAD of a stream", 200, ("HEAD", "/stream")),
    ("a stream", 200, ("GET", "/stream")),
    ("two cookies", 303, ("GET", "/cookies")),
    ("an API below a mount", 200, ("GET", "/api/v1/items/7")),
    ("a page that is not there", 404, ("GET", "/nowhere")),
    ("a wrong method of a page", 405, ("POST", "/page", b"")),
    ("a strange method of a page", 501, ("BREW", "/page")),
    ("a body for a page", 200, ("POST", "/echo", b"x" * 9_000)),
    ("a chunked body for a page", 200, ("POST", "/echo", _chunks(b"x" * 100, b"y" * 100), CHUNKED)),
    ("an oversized body for a page", 413, ("POST", "/echo", b"x" * 20_000)),
    ("an oversized chunked body for a page", 413, ("POST", "/echo", _chunks(*[b"x" * 5_000] * 4), CHUNKED)),
    ("a NUL in the path", 400, ("GET", "/page%00")),
    ("a dot segment", 400, ("GET", "/%2e%2e/page")),
    ("a long path", 414, ("GET", "/" + "x" * 3_000)),
    ("many headers", 431, ("GET", "/page", None, *[f"x-{number}: 1" for number in range(80)])),
    ("a fault in a page", 500, ("GET", "/fault")),
]


@pytest.mark.parametrize(("status", "request_"), [pytest.param(row[1], row[2], id=row[0]) for row in TABLE])
def test_both_servers_give_the_same_answer(
    granian: Site, uvicorn: Site, status: int, request_: tuple[str, str, bytes | None]
) -> None:
    over_rsgi, over_asgi = granian.ask(*request_), uvicorn.ask(*request_)
    assert over_rsgi.status == status
    assert _comparable(over_rsgi) == _comparable(over_asgi)
    assert PLANTED.encode() not in over_rsgi.body


def _comparable(found: Answer) -> tuple[int, list[tuple[str, str]], object]:
    body: object = found.body
    if found.header("content-type").endswith("json") and found.body:
        body = {**json.loads(found.body), "request_id": None}
    headers = [
        (name, ", ".join(sorted(value.split(", "))) if name == "allow" else value) for name, value in found.headers
    ]
    return found.status, headers, body  # the methods of a route are a set: their order differs between processes


@pytest.fixture(params=["granian", "uvicorn"])
def site(request: pytest.FixtureRequest) -> Site:
    found: Site = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(
            b"POST /token HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", id="no chunk size"
        ),
        pytest.param(b"POST /token HTTP/1.1\r\nhost: a\r\ncontent-length: ten\r\n\r\n", id="no number"),
        pytest.param(
            b"POST /token HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab", id="two lengths"
        ),
        pytest.param(b"GET /keys HTTP/1.1\r\nhost: a\r\nbad header: 1\r\n\r\n", id="bad header name"),
        pytest.param(b"\x00\x01\x02\x03\r\n\r\n", id="no HTTP at all"),
    ],
)
def test_what_is_no_http_is_refused_and_the_server_lives_on(site: Site, request_: bytes) -> None:
    found = site.raw(request_, "POST")
    assert found is None or found.status == 400
    assert site.ask("GET", "/keys").status == 200


def test_a_client_that_leaves_within_its_body_harms_nobody(site: Site) -> None:
    for body in (b"content-length: 50\r\n\r\nabc", b"transfer-encoding: chunked\r\n\r\n5\r\nab"):
        with site.connect() as connection:
            connection.sendall(b"POST /token HTTP/1.1\r\nhost: a\r\n" + body)
        with site.connect() as connection:
            connection.sendall(b"POST /echo HTTP/1.1\r\nhost: a\r\n" + body)
    assert site.ask("GET", "/keys").status == 200


def test_a_body_that_does_not_come_gets_408(site: Site) -> None:
    began = time.monotonic()
    with site.connect() as connection:
        connection.sendall(f"POST /token HTTP/1.1\r\nhost: a\r\n{FORM}\r\ncontent-length: 50\r\n\r\na=".encode())
        found = answer(connection, "POST")
    assert found is not None
    assert found.status == 408
    assert time.monotonic() - began < ServerLimits().body_seconds  # the site is less patient than most


def test_two_requests_of_one_connection_have_two_identifiers(site: Site) -> None:
    with site.connect() as connection:
        seen = set()
        for _ in range(2):
            connection.sendall(b"GET /keys HTTP/1.1\r\nhost: a\r\n\r\n")
            found = answer(connection)
            assert found is not None
            seen.add(found.varying["x-request-id"])
    assert len(seen) == 2


def test_limits_are_enforced_end_to_end_with_their_headers(site: Site) -> None:
    answers = [site.ask("GET", "/limited") for _ in range(3)]
    assert [found.status for found in answers] == [200, 200, 429]
    assert answers[0].header("ratelimit-policy") == '"limited";q=2;w=60'
    assert answers[0].header("ratelimit").startswith('"limited";r=1;t=')
    assert 1 <= int(answers[2].header("retry-after")) <= 120


def test_metrics_name_doors_and_templates_and_nothing_that_was_sent(site: Site) -> None:
    site.ask("GET", "/keys?q=hunter2")
    site.ask("GET", "/api/v1/items/hunter2")
    site.ask("GET", "/nowhere/hunter2")
    text = site.ask("GET", "/metrics").body.decode()
    assert 'limen_http_requests_total{door="keys",method="GET",status="200"}' in text
    assert 'limen_http_requests_total{door="/api/v1/items/{item}",method="GET",status="200"}' in text
    assert 'door="unmatched"' in text
    assert 'limen_http_request_seconds_bucket{door="keys",le="+Inf"}' in text
    assert "hunter2" not in text


def test_pages_carry_the_security_headers(site: Site) -> None:
    found = site.ask("GET", "/page")
    assert found.header("x-content-type-options") == "nosniff"
    assert found.header("cache-control") == "no-store"
    assert "frame-ancestors 'none'" in found.header("content-security-policy")
    assert found.header("strict-transport-security") == ""  # plain HTTP
