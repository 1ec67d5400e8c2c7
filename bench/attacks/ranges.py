"""What a feed of a million ranges takes: ``python -m bench.attacks.ranges`` reads one and prints what it saw as JSON.

In a process of its own, so that the memory is the feed's alone.
"""

import json
import sys
from random import Random
from time import process_time
from typing import Any, Final

from limen.trust.threats.feeds import Format, read_feed

RANGES: Final = 1_000_000
_LOOK_UPS: Final = 20_000
_ROUNDS: Final = 5
_NOW: Final = 1_790_000_000_000_000


def feed(kind: Format, ranges: int) -> bytes:
    """Return a feed of so many ranges that do not touch, one in four of IPv6, in no order."""
    chance = Random(6)
    lines = [
        f"2001:{n >> 16:x}:{n & 0xFFFF:x}::/56" if n % 4 == 0 else f"{n >> 13}.{n >> 5 & 255}.{(n & 31) * 8}.0/22"
        for n in chance.sample(range(1 << 21), ranges)
    ]
    return "\n".join(["network,seen", *(f"{line},2026-11-01" for line in lines)] if kind == "csv" else lines).encode()


def measure(kind: Format, ranges: int = RANGES) -> dict[str, Any]:
    """Read a feed and look addresses up in it; memory in megabytes: held at the end, and at the most with its text."""
    before = _resident("VmRSS")
    data = feed(kind, ranges)
    _forget_the_peak()
    began = process_time()
    table = read_feed(kind, data, _NOW)
    seconds, peak = process_time() - began, _resident("VmHWM")
    del data
    held = _resident("VmRSS")
    chance = Random(7)
    asked = [
        f"2001:{chance.getrandbits(5):x}:{chance.getrandbits(16):x}::1"
        if n % 4 == 0
        else ".".join(str(chance.getrandbits(8)) for _ in range(4))
        for n in range(_LOOK_UPS)
    ]
    return {
        "format": kind,
        "ranges": len(table),
        "read_cpu_seconds": round(seconds, 2),
        "held_megabytes": round(held - before, 1),
        "peak_megabytes": round(peak - before, 1),
        "look_up_microseconds": round(min(_look_up(table, asked) for _ in range(_ROUNDS)), 2),
    }


def _look_up(table: Any, asked: list[str]) -> float:
    began = process_time()
    for address in asked:
        address in table  # noqa: B015 - that it is asked is all
    return (process_time() - began) / len(asked) * 1_000_000


def _resident(name: str) -> float:
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - no file, a question
        return int(next(line for line in status if line.startswith(name)).split()[1]) / 1024


def _forget_the_peak() -> None:
    with open("/proc/self/clear_refs", "w", encoding="ascii") as asked:  # noqa: PTH123 - likewise (proc(5))
        asked.write("5")


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1] if len(sys.argv) > 1 else "cidr")))  # type: ignore[arg-type]
