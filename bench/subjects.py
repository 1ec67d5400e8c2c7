"""What is measured: a running server and the workloads that do the same job on each."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench import servers
from bench.load.http import form_request, request_bytes
from bench.request import REDIRECT_URI, VERIFIER, authorization_request
from bench.workbench import ROOT, Workbench

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_CREATED = 201
_PROOF_KEYS = 64
"""Clients' keys that proofs are signed with."""


@dataclass(frozen=True, slots=True)
class Supplies:
    """What is prepared for a run: authorization codes, which are gone once used, and pending device codes."""

    codes: int = 0
    devices: int = 0


@dataclass(slots=True)
class Job:
    """One workload of one subject: the kind and arguments of a spec; *keep* takes the state a run leaves behind."""

    kind: str
    arguments: dict[str, Any]
    keep: Callable[[list[str]], None] | None = None


@dataclass(slots=True)
class Subject:
    """A server under load and its jobs by the name of the work."""

    name: str
    server: servers.Server
    jobs: dict[str, Job] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def host(port: int) -> dict[str, str]:
    """Return the headers every request carries."""
    return {"Host": f"127.0.0.1:{port}"}


def repeated(*requests: bytes) -> Job:
    """Return a job that sends these requests over and over."""
    return Job("repeated", {"requests": [request.decode("latin-1") for request in requests]})


def client_credentials(port: int, basic: str) -> Job:
    """Return the client-credentials job; both servers take the same request."""
    headers = {**host(port), "Authorization": basic}
    return repeated(form_request("/token", headers, b"grant_type=client_credentials&scope=bench"))


def dpop_client_credentials(port: int, basic: str) -> Job:
    """Return client credentials with a DPoP proof for each request, signed by the generator before its window."""
    arguments = {
        "target": "/token",
        "headers": {**host(port), "Authorization": basic},
        "body": "grant_type=client_credentials&scope=bench",
        "url": f"http://127.0.0.1:{port}/token",
        "keys": _PROOF_KEYS,
    }
    return Job("proving", arguments)


def pushing(port: int, path: str, basic: str) -> Job:
    """Return the job that pushes one authorization request after another (RFC 9126), all alike."""
    body = urlencode(authorization_request("bench-web")).encode()
    request = form_request(path, {**host(port), "Authorization": basic}, body).decode("latin-1")
    return Job("repeated", {"requests": [request], "status": _CREATED})


def exchanging(port: int, basic: str, codes: list[str]) -> Job:
    """Return the code exchange: each code once, for an access token, an ID token and a refresh token."""
    form = urlencode({"grant_type": "authorization_code", "redirect_uri": REDIRECT_URI, "code_verifier": VERIFIER})
    return _drawing(port, basic, f"{form}&code={{}}", codes, {"holds": '"id_token"'})


def polling(port: int, basic: str, codes: list[str]) -> Job:
    """Return polls for pending device codes; one comes again after all others, so that nobody polls too fast."""
    form = urlencode({"grant_type": DEVICE_GRANT})
    answer: dict[str, str | int] = {"status": 400, "holds": "authorization_pending"}
    job = _drawing(port, basic, f"{form}&device_code={{}}", codes, answer)
    job.arguments["again"] = True
    return job


def _drawing(port: int, basic: str, body: str, values: list[str], answer: dict[str, str | int]) -> Job:
    headers = {**host(port), "Authorization": basic}
    arguments = {"target": "/token", "headers": headers, "body": body, "values": values, "answer": answer}
    return _carrying(Job("drawing", arguments), "values")


def _carrying(job: Job, name: str) -> Job:
    """Let what a run leaves behind be the argument *name* of the next."""

    def keep(state: list[str]) -> None:
        job.arguments[name] = state

    job.keep = keep
    return job


def refreshing(port: int, basic: str, tokens: list[str]) -> Job:
    """Return the refresh job: a token family for each connection, carried on from round to round."""
    job = Job("refreshing", {"target": "/token", "headers": {**host(port), "Authorization": basic}, "tokens": tokens})
    return _carrying(job, "tokens")


def introspection(port: int, path: str, basic: str, tokens: list[str]) -> Job:
    """Return the introspection job, going round several tokens."""
    headers = {**host(port), "Authorization": basic}
    return repeated(*(form_request(path, headers, f"token={token}".encode()) for token in tokens))


def reading(port: int, path: str) -> Job:
    """Return a job that GETs one document."""
    return repeated(request_bytes("GET", path, host(port)))


def bare(bench: Workbench, python: str) -> Subject:
    """Start the bare server (``bench.floors.bare``)."""
    port = servers.free_port()
    command = [python, "-m", "granian", "--interface", "rsgi", "--port", str(port), "--workers", "1", "--no-log"]
    launch = servers.Launch([*command, "bench.floors.bare:app"], port, "/fixed", bench.folder / "bare.log", {}, ROOT)
    server = servers.start(launch, bench.server_core)
    bench.stops.append(server.stop)
    hashing = repeated(request_bytes("POST", "/hash", host(port)))
    return Subject("bare", server, {"fixed": reading(port, "/fixed"), "hash": hashing})


def read_state(path: Path) -> dict[str, list[str]]:
    """Read the tokens a server left for the benchmark."""
    return dict(json.loads(path.read_text()))
