"""Which door a path leads to, looked up by its words: trying a hundred and forty doors in turn costs half a request."""

from collections.abc import Sequence
from typing import Final

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

_WORD: Final = 3
"""Where the first word stands that tells doors apart: behind ``/api/v1/``."""
_OWN: Final = "account"
"""A customer's own: nobody's identifier stands behind it, so that the next word tells too."""
_Sign = tuple[int, str, str]
"""How many segments, which word tells most, and the last segment, empty where it is a parameter."""


class Signposts(BaseRoute):
    """All doors as one route of the application. Where several fit, the first counts, as if all were tried in turn."""

    def __init__(self, doors: Sequence[APIRoute]) -> None:
        """Lead to *doors*, whose paths have no parameter for several segments."""
        signs = [_sign(door.path_format) for door in doors]
        self._doors: dict[_Sign, list[APIRoute]] = {}
        for number, word, last in dict.fromkeys(signs):
            fits = {(number, word, last), (number, word, "")}
            self._doors[number, word, last] = [door for door, sign in zip(doors, signs, strict=True) if sign in fits]

    def leading(self, path: str) -> Sequence[APIRoute]:
        """Return the doors that *path* may lead to."""
        number, word, last = _sign(path)
        found = self._doors.get((number, word, last))
        return self._doors.get((number, word, ""), ()) if found is None else found

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return how well a door fits, and what it adds to *scope*; the door itself is its ``route``."""
        half: tuple[Match, Scope] = (Match.NONE, {})
        for door in self.leading(scope["path"].removeprefix(scope.get("root_path", ""))):
            match, found = door.matches(scope)
            if match is Match.FULL:
                return match, found
            if match is Match.PARTIAL and half[0] is Match.NONE:
                half = match, found
        return half

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the door that was found answer."""
        await scope["route"].handle(scope, receive, send)


def _sign(path: str) -> _Sign:
    segments = path.split("/")
    last = segments[-1]
    told = slice(_WORD, _WORD + 2 if segments[_WORD : _WORD + 1] == [_OWN] else _WORD + 1)
    return len(segments), "/".join(segments[told]), "" if last.startswith("{") else last
