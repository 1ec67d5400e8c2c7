"""What Linux says about processes: their tree, processor time, memory and cores (Linux only, /proc)."""

import os
from collections.abc import Iterable
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_KIB_PER_MIB = 1024


def tree(root: int) -> list[int]:
    """Return *root* and all its descendants that live now."""
    found = [root]
    for pid in found:
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                found += [int(child) for child in task.read_text().split()]
            except OSError:
                continue
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the processor seconds (user and system) these processes have used so far."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def memory_mib(pids: Iterable[int], kind: str) -> float:
    """Return the memory of these processes in MiB; *kind* is ``Rss`` or ``Pss`` (shared pages split among owners)."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith(f"{kind}:"))
    return total / _KIB_PER_MIB


def pin_tree(root: int, core: int) -> None:
    """Move a process tree, every thread of it, to one core; what it starts later inherits that."""
    for pid in tree(root):
        for task in Path(f"/proc/{pid}/task").iterdir():
            try:
                os.sched_setaffinity(int(task.name), {core})
            except ProcessLookupError:
                continue


def core_seconds(core: int) -> float:
    """Return the processor seconds one core has worked since boot, for whomever (idle and stolen time left out)."""
    wanted = f"cpu{core} "
    line = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith(wanted))
    user, nice, system, _idle, _iowait, interrupts, soft_interrupts = (int(part) for part in line.split()[1:8])
    return (user + nice + system + interrupts + soft_interrupts) / _TICKS


def steal_and_total() -> tuple[int, int]:
    """Return ticks the hypervisor took away, and all ticks, over all cores since boot."""
    ticks = [int(part) for part in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return ticks[7], sum(ticks)
