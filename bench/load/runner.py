"""Starts the generator on its own core and waits for its figures."""

import json
import subprocess
import sys
from pathlib import Path

from bench.load.spec import Outcome, Spec

ROOT = Path(__file__).resolve().parents[2]
_GRACE_SECONDS = 30.0


class LoadError(Exception):
    """The generator ended without figures; the text says why."""


def start(spec: Spec, core: int) -> "subprocess.Popen[str]":
    """Start one run pinned to *core*; pass the process to ``finish``."""
    process = subprocess.Popen(
        ["/usr/bin/env", "taskset", "-c", str(core), sys.executable, "-m", "bench.load.worker"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if process.stdin is not None:
        process.stdin.write(spec.to_json())
        process.stdin.close()
        process.stdin = None  # so that communicate() does not write to it again
    return process


def finish(process: "subprocess.Popen[str]", spec: Spec) -> Outcome:
    """Wait for a started run; raises ``LoadError`` where it failed."""
    limit = spec.plan.warmup + spec.plan.seconds + _GRACE_SECONDS
    try:
        answer, errors = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired as late:
        process.kill()
        message = f"the generator did not end within {limit:.0f} s"
        raise LoadError(message) from late
    if process.returncode != 0:
        last_line = (errors.strip().splitlines() or ["no message"])[-1]
        raise LoadError(last_line)
    return Outcome(**json.loads(answer))


def run(spec: Spec, core: int) -> Outcome:
    """Run one spec to its end."""
    return finish(start(spec, core), spec)
