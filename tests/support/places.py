"""Where tests keep their files: in memory where there is plenty, since every commit of theirs waits for the disk."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

import psutil

MEMORY = Path("/dev/shm")
ROOM = 2_000_000_000
"""Bytes that must be free there."""
PREFIX = "limen-run-"


def new_folder() -> Path:
    """Make a folder for this run, and make it the place of all temporary files of this process and its children."""
    place = MEMORY if _is_roomy() else Path(tempfile.gettempdir())
    _sweep(place)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=place))
    if place == MEMORY:
        os.environ["TMPDIR"] = str(folder)
        tempfile.tempdir = None  # asked for again when somebody wants it
    return folder


def once(kind: str, text: str) -> Path:
    """Return the file that is there once any worker of this run has seen *text*, as it says by touching it."""
    folder = Path(os.environ["LIMEN_TEST_RUN"]) / kind
    folder.mkdir(exist_ok=True)
    return folder / hashlib.sha256(text.encode()).hexdigest()


def near(folder: Path) -> Path:
    """Return where a server of this run may have a folder that another user can reach."""
    return MEMORY if MEMORY in folder.parents else Path("/tmp")  # short enough for a socket


def _is_roomy() -> bool:
    try:
        free = shutil.disk_usage(MEMORY).free
    except OSError:
        return False
    return os.access(MEMORY, os.W_OK) and min(free, psutil.virtual_memory().available // 2) > ROOM


def _sweep(place: Path) -> None:
    """Remove what a run left that was killed."""
    for left in place.glob(f"{PREFIX}*-*"):
        number = left.name.removeprefix(PREFIX).partition("-")[0]
        if number.isdigit() and not psutil.pid_exists(int(number)):
            shutil.rmtree(left, ignore_errors=True)
