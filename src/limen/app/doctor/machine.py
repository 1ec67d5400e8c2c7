"""What the machine allows."""

import os
import resource
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from limen.app.doctor.findings import Finding, weak
from limen.app.settings import Settings
from limen.app.settings.derived import keyring_path
from limen.identity.credentials.pool import lower_own_priority
from limen.identity.credentials.settings import usable_cores

_CGROUP: Final = Path("/sys/fs/cgroup/memory.max")
_AT_REST_KIB: Final = 200 * 1024
_FEW_FILES: Final = 4_096
_OTHERS: Final = 0o077


def machine_findings(settings: Settings) -> Iterator[Finding]:
    """Yield what the machine withholds, or shows to others."""
    if not _can_nice(settings.passwords.nice):
        yield weak(
            "hash threads keep their priority: a login storm slows everybody", "allow setpriority in the sandbox"
        )
    needed = _AT_REST_KIB + (settings.passwords.threads or usable_cores()) * settings.passwords.memory_kib
    allowed = _memory_limit_kib()
    if allowed is not None and allowed < needed:
        yield weak(
            f"{allowed // 1024} MiB of memory is little; full load needs {needed // 1024} MiB", "raise the limit"
        )
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if files != resource.RLIM_INFINITY and files < _FEW_FILES:
        yield weak(f"only {files} open files are allowed, so about as many connections", "ulimit -n 65536")
    if resource.getrlimit(resource.RLIMIT_CORE)[0] != 0:
        yield weak("core dumps are allowed, and would hold keys", "ulimit -c 0, or LimitCORE=0")
    if os.geteuid() == 0:
        yield weak("running as root", "run as a user of its own")
    yield from _folders(settings)


def _folders(settings: Settings) -> Iterator[Finding]:
    for folder in {Path(settings.data_dir), keyring_path(settings).parent}:
        with suppress(OSError):
            if folder.stat().st_mode & _OTHERS:
                yield weak(f"{folder} is open to others than its owner", f"chmod 700 {folder}")


def _can_nice(nice: int) -> bool:
    """Try it on a thread that ends: priority is a thread's own, and cannot be raised again."""
    outcome: list[bool] = []
    thread = threading.Thread(target=lambda: outcome.append(lower_own_priority(nice)))
    thread.start()
    thread.join()
    return outcome == [True]


def _memory_limit_kib() -> int | None:
    try:
        text = _CGROUP.read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) // 1024 if text.isdigit() else None
