"""The demo application as a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.waiting import PATIENCE, wait_until

ROOT = Path(__file__).resolve().parents[3]


def environment(port, **further):
    settings = {
        "DEMO_ISSUER": "http://127.0.0.1:9",
        "DEMO_CLIENT_ID": "shop",
        "DEMO_BASE_URL": f"http://localhost:{port}",
    }
    return os.environ | settings | further


def command():
    return [sys.executable, "-m", "examples.demo_app"]


def is_open(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=PATIENCE) as answer:
            return answer.read() == b"ok"
    except OSError:
        return False


def test_it_serves_and_stops_when_told():
    port = free_port()
    process = subprocess.Popen(command(), env=environment(port), cwd=ROOT)
    try:
        wait_until(lambda: is_open(port))
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()


def test_it_stops_when_its_parent_is_killed():
    port = free_port()
    script = f"import subprocess,time; subprocess.Popen({command()!r}); time.sleep(600)"
    parent = subprocess.Popen([sys.executable, "-c", script], env=environment(port), cwd=ROOT)
    try:
        wait_until(lambda: is_open(port))
    finally:
        parent.kill()
        parent.wait()
    wait_until(lambda: not is_open(port))


def test_a_taken_port_is_one_clear_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            command(), env=environment(port), cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    assert done.returncode == 2
    assert done.stderr.startswith("demo_app: cannot listen on 127.0.0.1:")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["DEMO_ISSUER", "DEMO_CLIENT_ID"])
def test_a_missing_setting_is_one_clear_line(name):
    given = environment(1)
    given[name] = ""
    done = subprocess.run(command(), env=given, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, name in done.stderr, done.stderr.count("\n")) == (2, True, 1)
