"""Argon2id (RFC 9106) by the faster of two libraries that agree on every byte (ADR 0038).

libsodium picks its code for the processor that it runs on, and returns the memory of each hash to the system, which
wipes it before anybody else has it. It knows one lane and salts of 16 bytes: what we make. The reference library does
whatever else is stored, as other systems made it.
"""

from typing import Final

from argon2.low_level import Type, hash_secret_raw
from nacl.bindings import (
    crypto_pwhash_alg,
    crypto_pwhash_ALG_ARGON2ID13,
    crypto_pwhash_argon2id_MEMLIMIT_MIN,
    crypto_pwhash_BYTES_MIN,
    crypto_pwhash_SALTBYTES,
)

_KIB: Final = 1024


def digest(secret: bytes, salt: bytes, cost: tuple[int, int, int], length: int) -> bytes:
    """Return the raw Argon2id digest of *secret*, *length* bytes, without the interpreter lock.

    *cost*: passes, KiB of memory and lanes (RFC 9106 §3.1).

    Raises:
        argon2.exceptions.HashingError, nacl.exceptions.RuntimeError: there is no such memory, or no such hash.
    """
    passes, memory_kib, lanes = cost
    memory = memory_kib * _KIB
    if (
        lanes == 1
        and len(salt) == crypto_pwhash_SALTBYTES
        and length >= crypto_pwhash_BYTES_MIN
        and memory >= crypto_pwhash_argon2id_MEMLIMIT_MIN
    ):
        return crypto_pwhash_alg(length, secret, salt, passes, memory, crypto_pwhash_ALG_ARGON2ID13)
    return hash_secret_raw(secret, salt, passes, memory_kib, lanes, length, Type.ID)
