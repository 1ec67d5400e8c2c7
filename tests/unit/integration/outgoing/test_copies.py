"""Copies of what was fetched: written whole, by several processes at once, for nobody else to read."""

import os
import stat
from pathlib import Path

import pytest

from limen.integration.outgoing.copies import put_copy
from limen.kernel.clock import SECOND


def test_two_who_write_at_once_both_succeed_and_the_later_counts(tmp_path, monkeypatch):
    path = tmp_path / "feeds" / "bad.txt"
    replace, waiting = Path.replace, [b"the other's"]

    def after_the_other(self, target):
        if waiting:  # all is written and not yet in place: now the other process writes from beginning to end
            put_copy(path, waiting.pop())
            assert path.read_bytes() == b"the other's"
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", after_the_other)
    put_copy(path, b"ours", 1_800_000_000 * SECOND)
    assert path.read_bytes() == b"ours"
    assert path.stat().st_mtime == 1_800_000_000
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_what_cannot_be_written_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "models.jwt"
    put_copy(path, b"good")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        put_copy(path, b"half")
    assert path.read_bytes() == b"good"
    assert list(tmp_path.iterdir()) == [path]
