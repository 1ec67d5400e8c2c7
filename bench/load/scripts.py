"""Scripts: what one connection says, as a generator that yields requests and is sent the responses."""

import json
from collections.abc import Generator
from itertools import cycle, islice
from typing import Any, NamedTuple, Protocol

from bench.load.http import Response, form_request

OK = frozenset({200})


class Exhausted(Exception):
    """A script has nothing left to send though the window is open: the run has no figure."""


class Ask(NamedTuple):
    """One request: its bytes, whether its answer counts as work done, and what success is.

    That is one of the statuses, and a piece of the body where *holds* names one.
    """

    request: bytes
    counted: bool = True
    good: frozenset[int] = OK
    holds: bytes = b""


Script = Generator[Ask, Response, None]


class Workload(Protocol):
    """Makes the scripts of a run."""

    @property
    def renews(self) -> bool:
        """Tell whether a finished script is followed by the next one, on a new connection."""

    def script(self, index: int) -> Script | None:
        """Return the script with this number, or None where there are no more."""

    def state(self) -> list[str]:
        """Return what the next run needs to go on (the current refresh tokens), or nothing."""


class Repeated:
    """The same few requests over and over; each connection starts at another one."""

    renews = False

    def __init__(self, requests: list[str], status: int = 200) -> None:
        """Take the requests as latin-1 text, as they came through JSON, and the status of a right answer."""
        good = frozenset({status})
        self._asks = [Ask(request.encode("latin-1"), good=good) for request in requests]

    def script(self, index: int) -> Script:
        """Return an endless script."""
        start = index % len(self._asks)
        return self._endless(cycle([*self._asks[start:], *self._asks[:start]]))

    @staticmethod
    def _endless(asks: "cycle[Ask]") -> Script:
        # Not ``yield from``: what is sent back to a script would be sent on to the iterator, which has no send().
        for ask in asks:  # noqa: UP028
            yield ask

    def state(self) -> list[str]:
        """Return nothing: repeated requests leave nothing behind."""
        return []


class Refreshing:
    """Refresh-token grants; where the answer carries a new refresh token, the connection goes on with that one."""

    renews = False

    def __init__(self, target: str, headers: dict[str, str], tokens: list[str]) -> None:
        """Take the token endpoint's path, its headers and one token for each connection."""
        self._target = target
        self._headers = headers
        self._tokens = list(tokens)

    def script(self, index: int) -> Script | None:
        """Return the endless script of one token family."""
        return self._rotate(index) if index < len(self._tokens) else None

    def _rotate(self, index: int) -> Script:
        while True:
            body = f"grant_type=refresh_token&refresh_token={self._tokens[index]}"
            response = yield Ask(form_request(self._target, self._headers, body.encode()))
            if response.status in OK:
                self._tokens[index] = _member(response.body, b'"refresh_token":') or self._tokens[index]

    def state(self) -> list[str]:
        """Return the tokens, used families last, so that the next run begins with fresh ones where it can."""
        return self._tokens


def _member(body: bytes, key: bytes) -> str | None:
    """Return a string member of a JSON object; searching is several times cheaper here than parsing it all."""
    at = body.find(key)
    if at < 0:
        return None
    start = body.find(b'"', at + len(key)) + 1
    return body[start : body.find(b'"', start)].decode("ascii")


def limited(workload: Workload, connections: int) -> list[Script]:
    """Return the first scripts of *workload*, one for each connection."""
    scripts = (workload.script(index) for index in range(connections))
    return list(islice((script for script in scripts if script is not None), connections))


def json_body(response: Response) -> dict[str, Any]:
    """Return the response's JSON object, or an empty one where it is none."""
    try:
        parsed = json.loads(response.text())
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
