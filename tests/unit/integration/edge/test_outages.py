"""A part of ours that does not answer is 503 with a word of when to come again, whoever asked, and never 500."""

import json
from types import SimpleNamespace

import pytest

from limen.integration.edge.arrival import Arrival
from limen.integration.edge.faults import FaultBarrier
from limen.kernel.errors import Outage

pytestmark = pytest.mark.anyio


async def test_pages_and_the_api_say_when_to_come_again():
    async def app(_scope, _receive, _send):
        raise Outage("the KMS does not answer", 7)

    said, logged = [], []
    log = SimpleNamespace(warning=lambda *a, **k: logged.append((a, k)), exception=lambda *_a, **_k: said.append("no"))

    async def send(message):
        said.append(message)

    arrival = Arrival("req-1", "192.0.2.7", "https", "", is_trusted=False)
    scope = {"type": "http", "method": "GET", "headers": [], "state": {"arrival": arrival}}
    await FaultBarrier(app, log)(scope, None, send)
    start, body = said
    assert start["status"] == 503
    assert (b"retry-after", b"7") in start["headers"]
    assert json.loads(body["body"])["code"] == "temporarily_unavailable"
    assert logged == [(("http.outage",), {"request_id": "req-1", "what": "the KMS does not answer"})]
