"""Whether an element was closed before its time: within a list of its own, by brackets that were put there.

What is left of that list then stands where elements do, and would be taken for them. Its brackets say so further on:
whole values, then a ``]`` behind which the object goes on that the list stood in, is closed, and is followed by another
element or by the end of the array. Nothing but such an element looks so, and one is no longer than may be looked ahead.

Which of the elements before that ``]`` was closed is told by their members: what has one by which users are known
(*marks*) is no part of the element before it, and what has all that come behind the list is whole. Where nothing tells,
the first is suspected.
"""

import re
from typing import Final

import msgspec

from limen.integration.imports.lines import LONGEST
from limen.integration.imports.window import Window

_TOKEN: Final = re.compile(rb'"(?:[^"\\\n]+|\\[^\n])*+"|[{}\[\]]|"')
"""A string, a bracket, or the beginning of a string that does not end on its line."""
_SCALAR: Final = re.compile(rb'"(?:[^"\\\n]+|\\[^\n])*+"|[\w.+-]++')
_NEXT: Final = re.compile(rb"[ \t\r\n]*+(?:\]|,[ \t\r\n]*+\{)")
_OPENING, _CLOSING = b"{[", b"}]"
_DEEPEST: Final = 512
_members: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Rests:
    """What stands behind the elements of an array, looked through once."""

    def __init__(self, window: Window, marks: frozenset[str]) -> None:
        """Look through *window*; an object with one of *marks* is an element."""
        self._window, self._marks = window, marks
        self._sound = 0  # up to here are whole values
        self._blind = 0  # up to here nothing can be told
        self._listed = -1  # where the last of them begins that holds a list
        self._behind = -1, frozenset[str]()  # the ``]`` of such a list, and what the members behind it are called

    def are_in(self, begin: int, end: int, at: int) -> bool:
        """Tell whether what stands at *at* is left of a list in the element from *begin* to *end*, which is held."""
        if self._window.part(begin + 1, end).find(b"[") < 0:
            return False
        if self._window.part(at, at + 1) == b"]":
            return self.ends(begin, at)
        return self.begins(begin, at) and not self._is_whole(begin, end, at)

    def begins(self, begin: int, at: int) -> bool:
        """Tell whether a value at *at* is left of a list; what is behind *begin* is held."""
        if at < self._blind or self._is_marked(begin, at):
            return False
        self._sound = max(self._sound, at)
        while self._sound - at <= LONGEST:
            end = self._value(begin, self._sound)
            if end is None:
                return False
            if self._window.part(self._sound + 1, end).find(b"[") >= 0:
                self._listed = self._sound
            behind = self._skip(begin, end)
            sign = self._window.part(behind, behind + 1)
            if sign == b"]":
                return self.ends(begin, behind)
            if sign != b",":
                return self._told_nothing(behind)
            self._sound = self._skip(begin, behind + 1)
        return False

    def _is_whole(self, begin: int, end: int, at: int) -> bool:
        """Tell whether an element has all that comes behind the list, and another behind *at* may be the closed one."""
        names, behind = self._names(begin, end), self._behind[1]
        return self._listed >= at and bool(behind) and behind <= names and self._marks.isdisjoint(names)

    def ends(self, begin: int, at: int) -> bool:
        """Tell whether the ``]`` at *at* ends a list in an element; what is behind *begin* is held."""
        if self._behind[0] == at:
            return True
        window = self._window
        while window.end - at <= LONGEST and window.more(begin):
            pass
        held, place = window.held, at + 1 - window.base
        end, fits = _closed(held, place, 1)
        rest = b'{"":0' + held[place:end] if fits else b""
        if _NEXT.match(held, end) is None or not is_json(rest):
            return self._told_nothing(at)
        self._behind = at, _names(rest) - {""}
        return True

    def _told_nothing(self, at: int) -> bool:
        self._blind = max(self._blind, at)
        return False

    def _is_marked(self, begin: int, at: int) -> bool:
        end = self._value(begin, at) if self._marks else None
        return end is not None and not self._marks.isdisjoint(self._names(at, end))

    def _names(self, begin: int, end: int) -> frozenset[str]:
        return _names(self._window.part(begin, end))

    def _value(self, begin: int, at: int) -> int | None:
        """Return the place behind the whole value at *at*; None where there is none."""
        window = self._window
        while True:
            end, fits = _ended(window.held, at - window.base)
            if fits or end < len(window.held) or window.end - at > LONGEST or not window.more(begin):
                break
        if fits and is_json(window.held[at - window.base : end]):
            return window.base + end
        self._told_nothing(window.base + end)
        return None

    def _skip(self, begin: int, at: int) -> int:
        found = self._window.skip(at, begin, 4 * LONGEST)  # more than is ever looked ahead
        return self._window.end if found is None else found


def is_json(content: bytes) -> bool:
    """Tell whether *content* is a value in JSON."""
    try:
        msgspec.json.decode(content, type=msgspec.Raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False
    return True


def _names(element: bytes) -> frozenset[str]:
    """Return what the members of an object are called; nothing where there is none."""
    try:
        return frozenset(_members.decode(element))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return frozenset()


def _ended(held: bytes, at: int) -> tuple[int, bool]:
    """Return where the value that begins at *at* ends, and True; else how far it was read."""
    if held[at : at + 1] in {b"{", b"["}:
        return _closed(held, at, 0)
    found = _SCALAR.match(held, at)
    if found is None:
        return _line_end(held, at), False
    return found.end(), found.end() < len(held)


def _closed(held: bytes, at: int, depth: int) -> tuple[int, bool]:
    """Return where as many brackets are closed behind *at* as were opened there, and *depth* before, and True.

    Else it is how far they were read: the end of what is *held*, or what is broken.
    """
    for found in _TOKEN.finditer(held, at):
        token = found[0]
        if token == b'"':
            return _line_end(held, found.end()), False
        depth += (token in _OPENING) - (token in _CLOSING)
        if not 0 < depth <= _DEEPEST:
            return found.end(), depth == 0
    return len(held), False


def _line_end(held: bytes, at: int) -> int:
    line = held.find(b"\n", at)
    return line if line >= 0 else len(held)
