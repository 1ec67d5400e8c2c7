"""A server that is asked to stop finishes what it began, and says nothing personal on the way."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.edge.conftest import ROOT, answer, running
from tests.integration.edge.site import PLANTED
from tests.support.waiting import PATIENCE, wait_until


@pytest.mark.parametrize("kind", ["granian", "processes", "uvicorn"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_in_flight_is_answered_before_the_process_ends(
    kind: str, number: signal.Signals, tmp_path: Path
) -> None:
    with running(kind, SITE_SLOW=str(tmp_path / "begun")) as site:
        assert site.ask("GET", "/keys").status == 200  # a worker is up
        with site.connect() as connection:
            connection.sendall(b"GET /slow HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
            wait_until((tmp_path / "begun").exists)
            site.process.send_signal(number)
            found = answer(connection)
        out, _err = site.process.communicate(timeout=PATIENCE)
    assert found is not None
    assert found.status == 200
    assert site.process.returncode in ({0, -number} if kind == "uvicorn" else {0})  # uvicorn raises the signal again
    assert out.splitlines().count("up") == out.splitlines().count("down") >= 1


def test_workers_that_are_still_starting_end_at_once(tmp_path: Path) -> None:
    with running("processes", lambda _site: len(list(tmp_path.iterdir())) == 2, SITE_LINGERS=str(tmp_path)) as site:
        code, out, _err = site.stop()
    assert (code, out) == (0, "")


@pytest.mark.parametrize("kind", ["granian", "processes"])
def test_a_second_server_on_one_port_does_not_start(kind: str) -> None:
    with running("granian") as site:
        command = [sys.executable, "-m", "tests.integration.edge.site", kind, str(site.port)]
        second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert second.returncode != 0
        assert re.search(r"Misconfigured: cannot listen on 127.0.0.1:\d+", second.stderr)
        assert site.ask("GET", "/keys").status == 200


@pytest.mark.parametrize("kind", ["granian", "uvicorn"])
def test_the_log_is_json_lines_without_what_was_sent(kind: str) -> None:
    with running(kind) as site:
        site.ask("GET", "/page?q=hunter2", None, "user-agent: hunter2", "x-forwarded-for: 203.0.113.9")
        site.ask("GET", "/api/v1/items/hunter2")
        site.ask("GET", "/broken?q=hunter2")
        site.ask("GET", "/fault")
        code, _out, err = site.stop()
    assert code in {0, -signal.SIGTERM}
    lines = [json.loads(line) for line in err.splitlines()]
    by_event = {line["event"] for line in lines}
    assert by_event == {"http.request", "http.fault"}
    assert [line["event"] for line in lines].count("http.fault") == 2
    assert {line["route"] for line in lines if line["event"] == "http.request"} >= {"/page", "/api/v1/items/{item}"}
    assert all(line["request_id"].startswith("req_") for line in lines)
    for private in ("hunter2", "203.0.113.9", "127.0.0.1", PLANTED):
        assert private not in err
