"""Ports of the loopback, for servers that have to be told theirs."""

import itertools
import os
import socket

_FIRST, _COUNT = 20_000, 12_000
"""Below those that Linux gives to whoever asks for any (32768, ip(7)): nobody is given ours before we listen there."""
_turns = itertools.count(os.getpid() * 61)  # so that two processes begin far from each other


def free_port() -> int:
    """Return a port that is free, and that no other test of this process was given."""
    for turn in itertools.islice(_turns, _COUNT):
        port = _FIRST + turn % _COUNT
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")
