"""Memory for Argon2id: the digests are the library's, the memory is a thread's own, and nothing is left in it."""

import errno
import mmap
import threading

import pytest
from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw

from limen.identity.credentials.room import HAS_HUGE_PAGES, Room, digest, room

SALT = bytes(range(16))


@pytest.mark.parametrize("secret", [b"", b"correct horse"])
@pytest.mark.parametrize("cost", [(1, 8, 1), (2, 64, 4), (1, 4_096, 2), (3, 32, 1)])
def test_a_digest_is_that_of_the_library(secret: bytes, cost: tuple[int, int, int]):
    passes, memory, lanes = cost
    assert digest(secret, SALT, cost, 24) == hash_secret_raw(secret, SALT, passes, memory, lanes, 24, Type.ID)


def test_what_the_library_refuses_is_an_error():
    with pytest.raises(HashingError):
        digest(b"correct horse", b"short", (1, 8, 1), 32)


@pytest.mark.skipif(not HAS_HUGE_PAGES, reason="the system has no huge pages to ask for")
def test_nothing_is_left_of_a_hash_in_memory_that_is_kept():
    digest(b"correct horse", SALT, (1, 8, 1), 32)
    held = room()
    assert held is not None
    assert held.content
    assert not any(held.content)


@pytest.mark.skipif(not HAS_HUGE_PAGES, reason="the system has no huge pages to ask for")
def test_a_thread_has_a_room_of_its_own_and_keeps_it_from_hash_to_hash():
    seen: list[Room | None] = []

    def hashes() -> None:
        for _ in range(2):
            digest(b"correct horse", SALT, (1, 8, 1), 32)
            seen.append(room())

    other = threading.Thread(target=hashes)
    other.start()
    other.join()
    hashes()
    assert seen[0] is seen[1] is not seen[2]
    assert seen[2] is seen[3]


def test_where_a_library_may_call_nobody_it_takes_its_own_memory(monkeypatch: pytest.MonkeyPatch):
    def refused() -> Room:
        raise MemoryError

    made: list[object] = []

    def hashes() -> None:
        made.extend((room(), digest(b"correct horse", SALT, (1, 8, 1), 32)))

    monkeypatch.setattr("limen.identity.credentials.room.Room", refused)
    other = threading.Thread(target=hashes)
    other.start()
    other.join()
    assert made == [None, hash_secret_raw(b"correct horse", SALT, 1, 8, 1, 32, Type.ID)]


@pytest.mark.skipif(not HAS_HUGE_PAGES, reason="the system has no huge pages to ask for")
def test_a_system_that_was_built_without_huge_pages_gives_small_ones(monkeypatch: pytest.MonkeyPatch):
    class Small(mmap.mmap):
        def madvise(self, *_: object) -> None:
            raise OSError(errno.EINVAL, "as madvise(2) has it where the kernel has none")

    made: list[bytes] = []
    monkeypatch.setattr(mmap, "mmap", Small)
    other = threading.Thread(target=lambda: made.append(digest(b"correct horse", SALT, (1, 8, 1), 32)))
    other.start()
    other.join()
    assert made == [hash_secret_raw(b"correct horse", SALT, 1, 8, 1, 32, Type.ID)]
