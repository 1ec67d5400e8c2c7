"""Tight loops: signatures, password hashes and flushes a second on the core they are pinned to.

usage: python -m bench.floors.rates (es256 | es256-verify | argon2id | argon2id-own | fdatasync FOLDER) SECONDS
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

_PAGE = b"x" * 4096
_SIGNING_INPUT = b"x" * 400


def _es256() -> Callable[[], object]:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - each loop loads only its own library
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    algorithm = ec.ECDSA(SHA256())
    return lambda: key.sign(_SIGNING_INPUT, algorithm)


def _es256_verify() -> Callable[[], object]:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    algorithm = ec.ECDSA(SHA256())
    public, signature = key.public_key(), key.sign(_SIGNING_INPUT, algorithm)
    return lambda: public.verify(signature, _SIGNING_INPUT, algorithm)


def _argon2id() -> Callable[[], object]:
    from argon2 import PasswordHasher  # noqa: PLC0415

    hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
    return lambda: hasher.hash("correct horse battery staple")


def _argon2id_own() -> Callable[[], object]:
    from limen.identity.credentials.room import digest  # noqa: PLC0415

    return lambda: digest(b"correct horse battery staple", bytes(16), (2, 19 * 1024, 1), 32)


def _fdatasync(folder: str) -> Callable[[], object]:
    descriptor, name = tempfile.mkstemp(dir=folder)
    Path(name).unlink()

    def flush() -> None:
        os.write(descriptor, _PAGE)
        os.fdatasync(descriptor)

    return flush


def rate(operation: Callable[[], object], seconds: float) -> float:
    """Return how often *operation* runs in a second, over *seconds* after one call to warm up."""
    operation()
    count = 0
    start = perf_counter()
    while (elapsed := perf_counter() - start) < seconds:
        operation()
        count += 1
    return count / elapsed


def main() -> None:
    """Print one rate."""
    name, *rest = sys.argv[1:]
    makers: dict[str, Callable[[], Callable[[], object]]] = {
        "es256": _es256,
        "es256-verify": _es256_verify,
        "argon2id": _argon2id,
        "argon2id-own": _argon2id_own,
        "fdatasync": lambda: _fdatasync(rest[0]),
    }
    sys.stdout.write(f"{rate(makers[name](), float(rest[-1])):.3f}\n")


if __name__ == "__main__":
    main()
