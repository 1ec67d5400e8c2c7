"""Cursors: opaque to the caller, the last identifier seen to us."""

import re
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query

from limen.integration.api.problems import Refused
from limen.kernel.encoding import b64url, from_b64url
from limen.kernel.errors import Invalid

After = Annotated[str, Query(max_length=100, description="The cursor of the page before, from its `next`.")]
SearchCursor = Annotated[str, Query(max_length=2_000, description="The cursor of the page before, from its `next`.")]
PageSize = Annotated[int, Query(alias="limit", ge=1, le=200, description="How many at most.")]
_IDENTIFIER = re.compile(r"[a-z]{3}_[0-9a-z]{26}")


def position(after: str) -> str:
    """Return the identifier in cursor *after*; empty at the beginning.

    Raises:
        Refused: it is no cursor of ours.
    """
    if not after:
        return ""
    try:
        identifier = from_b64url(after).decode("ascii")
    except ValueError:
        identifier = ""
    if not _IDENTIFIER.fullmatch(identifier):
        raise Refused(Invalid("invalid_cursor"))
    return identifier


def next_link(path: str, last: str, size: int) -> str | None:
    """Return the link to the page behind *last*, or None at the end."""
    return f"{path}?{urlencode({'after': b64url(last.encode()), 'limit': size})}" if last else None


def sealed_link(path: str, cursor: str, size: int) -> str | None:
    """Return the link to the page that *cursor* leads to, or None at the end."""
    return f"{path}?{urlencode({'after': cursor, 'limit': size})}" if cursor else None
