"""Starts the peer and says how to ask it for each work."""

import json
import os
import platform
import urllib.request
from pathlib import Path
from time import perf_counter, sleep

from bench import servers
from bench.request import CHALLENGE
from bench.subjects import (
    Subject,
    Supplies,
    client_credentials,
    dpop_client_credentials,
    exchanging,
    introspection,
    polling,
    pushing,
    read_state,
    reading,
    refreshing,
)
from bench.workbench import ROOT, Workbench

OPAQUE_NOTE = (
    "oidc-provider refuses structured tokens at introspection (rejectStructuredTokens), "
    "so it looks up its own opaque tokens in memory while Limen verifies JWTs"
)
ADAPTER_NOTE = (
    "oidc-provider's in-memory adapter keeps 1,000 entries; "
    "the prepared codes and grants lie in the same with more room"
)
_STATE_SECONDS = 20.0
_PREPARE_SECONDS = 120.0


def node_modules() -> Path:
    """Return the folder that holds ``oidc-provider`` and ``node``: the project's, or ``LIMEN_BENCH_NODE_MODULES``."""
    chosen = os.environ.get("LIMEN_BENCH_NODE_MODULES")
    folder = Path(chosen) if chosen else ROOT / "node_modules"
    if not (folder / "oidc-provider").is_dir():
        message = f"oidc-provider is not in {folder}: run npm ci, or set LIMEN_BENCH_NODE_MODULES"
        raise servers.StartError(message)
    return folder


def node_binary(modules: Path) -> str:
    """Return the Node 22 that an npm package carries for this machine, else the one on the path."""
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), "")
    packages = (f"node-linux-{machine}", "node")
    binaries = (modules / package / "bin" / "node" for package in packages)
    return next((str(binary) for binary in binaries if binary.is_file()), "node")


def start(bench: Workbench, supplies: Supplies) -> Subject:
    """Start ``provider.mjs``, wait for the tokens it makes for itself and for *supplies*, and return the subject."""
    modules = node_modules()
    port, control = servers.free_port(), servers.free_port()
    state_file = bench.folder / "peer-state.json"
    launch = servers.Launch(
        [
            node_binary(modules),
            str(ROOT / "bench/peer/provider.mjs"),
            str(port),
            str(control),
            str(state_file),
            str(modules),
        ],
        port,
        "/jwks",
        bench.folder / "peer.log",
        {"BENCH_SECRET": bench.secret, "NODE_ENV": "production"},
        ROOT,
    )
    server = servers.start(launch, bench.server_core)
    bench.stops.append(server.stop)
    begun = perf_counter()
    while not state_file.exists():
        if perf_counter() - begun > _STATE_SECONDS:
            message = f"the peer made no tokens: {servers.last_line(launch.log)}"
            raise servers.StartError(message)
        sleep(0.05)
    state = read_state(state_file)
    jobs = {
        "client_credentials": client_credentials(port, bench.basic("bench-machine")),
        "refresh": refreshing(port, bench.basic("bench-web"), state["refresh_tokens"]),
        "introspection": introspection(
            port, "/token/introspection", bench.basic("bench-machine"), state["opaque_tokens"]
        ),
        "discovery": reading(port, "/.well-known/openid-configuration"),
        "jwks": reading(port, "/jwks"),
        "dpop_client_credentials": dpop_client_credentials(port, bench.basic("bench-machine")),
        "par": pushing(port, "/request", bench.basic("bench-web")),
    }
    if supplies.codes:
        codes = _made(control, f"/codes?count={supplies.codes}&code_challenge={CHALLENGE}")
        jobs["code_exchange"] = exchanging(port, bench.basic("bench-web"), codes)
    if supplies.devices:
        codes = _made(control, f"/devices?count={supplies.devices}")
        jobs["device_polling"] = polling(port, bench.basic("bench-device"), codes)
    notes = [ADAPTER_NOTE] if supplies.codes or supplies.devices else []
    return Subject("peer", server, jobs, [OPAQUE_NOTE, *notes])


def _made(control: int, path: str) -> list[str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{control}{path}", timeout=_PREPARE_SECONDS) as response:
        return list(json.loads(response.read()))
