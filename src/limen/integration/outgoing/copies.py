"""Copies of what was fetched, kept beside the data. The processes of one machine share them, and may write at once."""

import os
import tempfile
from pathlib import Path

from limen.kernel.clock import Instant


def put_copy(path: Path, data: bytes, at: Instant | None = None) -> None:
    """Put *data* in place of what *path* holds, whole or not at all, dated *at*; of two who write, the later counts.

    Raises:
        OSError: it cannot be written; what was there stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)  # 0600, nobody else's
    temporary = Path(name)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor has no path
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if at is not None:
            os.utime(temporary, ns=(at * 1_000, at * 1_000))
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
