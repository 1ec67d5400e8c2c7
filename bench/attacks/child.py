"""Serves an installation whose wall clock runs faster, so that an attack that takes a day can be replayed in a minute.

usage: python -m bench.attacks.child PORT FACTOR, in the environment of an installation
"""

import sys

from limen.app.cli.serving import run
from limen.app.settings import read_settings
from limen.kernel.clock import SystemClock


def hurry(factor: int) -> None:
    """Let a second of the machine be *factor* seconds of the house. What sleeps sleeps as long as before."""
    now = SystemClock.now
    began = now(SystemClock())

    def faster(self: SystemClock) -> int:
        return began + (now(self) - began) * factor

    SystemClock.now = faster  # type: ignore[method-assign]


def main() -> None:
    """Serve until told to stop."""
    hurry(int(sys.argv[2]))
    run(read_settings(server__host="127.0.0.1", server__port=int(sys.argv[1])))


if __name__ == "__main__":
    main()
