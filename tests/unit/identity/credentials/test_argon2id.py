"""Argon2id by two libraries: whichever computes it, the digest is that of the reference."""

import pytest
from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw

from limen.identity.credentials import argon2id
from limen.identity.credentials.argon2id import digest

SALT = bytes(range(16))


@pytest.mark.parametrize("secret", [b"", b"correct horse", b"\x00 and what follows", b"x" * 4_096])
@pytest.mark.parametrize("cost", [(1, 8, 1), (2, 64, 4), (1, 4_096, 2), (3, 33, 1), (2, 19_456, 1)])
@pytest.mark.parametrize("length", [16, 32])
def test_a_digest_is_that_of_the_reference(secret: bytes, cost: tuple[int, int, int], length: int):
    passes, memory, lanes = cost
    assert digest(secret, SALT, cost, length) == hash_secret_raw(secret, SALT, passes, memory, lanes, length, Type.ID)


@pytest.mark.parametrize("salt", [bytes(8), bytes(64)])
def test_a_salt_that_another_system_chose_is_hashed_by_the_reference(salt: bytes):
    assert digest(b"correct horse", salt, (1, 8, 1), 32) == hash_secret_raw(
        b"correct horse", salt, 1, 8, 1, 32, Type.ID
    )


def test_our_own_hashes_are_made_by_the_faster_library(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(argon2id, "hash_secret_raw")
    assert len(digest(b"correct horse", SALT, (2, 19_456, 1), 32)) == 32


def test_what_the_library_refuses_is_an_error():
    with pytest.raises(HashingError):
        digest(b"correct horse", b"short", (1, 8, 1), 32)
