"""RSA keys that are made once: one takes a tenth of a second and more, and every tenant of a test begins with one."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from cryptography.hazmat.primitives.asymmetric import rsa

POOL = 8
"""So many different keys; whoever asks again and again gets them in turn."""


class _Own:
    depth = 0


_own = _Own()


@contextmanager
def of_its_own() -> Iterator[None]:
    """Within, every key is new: a house that others are copied from must not share one with what comes later."""
    _own.depth += 1
    try:
        yield
    finally:
        _own.depth -= 1


def draw_from_a_pool() -> None:
    """Let this process make :data:`POOL` RSA keys of a kind and hand them out in turn."""
    make, lock = rsa.generate_private_key, Lock()
    made: dict[tuple[int, int], list[rsa.RSAPrivateKey]] = {}
    turns: dict[tuple[int, int], itertools.count[int]] = {}

    def drawn(public_exponent: int, key_size: int, _backend: object = None) -> rsa.RSAPrivateKey:
        kind = (public_exponent, key_size)
        if _own.depth:
            return make(public_exponent, key_size)
        with lock:
            keys = made.setdefault(kind, [])
            turn = next(turns.setdefault(kind, itertools.count())) % POOL
            if turn == len(keys):
                keys.append(make(public_exponent, key_size))
            return keys[turn]

    rsa.generate_private_key = drawn
