"""The command line in this process: a process of its own takes a second to load, and a test calls it ten times."""

import io
import os
import subprocess
import sys
import traceback
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

import structlog

from limen.app.cli import main


def run_here(*arguments: str, environment: Mapping[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run ``limen`` with *arguments* in *folder*, as a process with this *environment* would; return what it said."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    logs = structlog.get_config()
    try:
        with (
            mock.patch.dict(os.environ, environment, clear=True),
            mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO())),
            chdir(folder),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            status = _status(arguments)
    finally:
        structlog.configure(**logs)
    said, told = (stream.buffer.getvalue().decode() for stream in (out, err))  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(["limen", *arguments], status, said, told)


def _status(arguments: tuple[str, ...]) -> int:
    """Return what the process would leave with; an error that nobody caught is told as the interpreter does."""
    try:
        main(arguments)
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    except Exception:  # noqa: BLE001 - whatever it is
        traceback.print_exc()
        return 1
    return 0
