"""The elements of an array in one JSON document, although some of them are broken.

An element that is broken inside, but whose brackets and quotes fit, is refused where it is decoded, and the next begins
behind its comma as ever. One that lost a bracket or a quote would swallow what is behind it. Where the next one begins
is then told by the layout alone: on a line that is indented as those of the elements before, while all that is in an
element is indented further (:mod:`layout`). In a document that is one line, or is laid out otherwise, nothing tells:
the rest is left, and its size said. What is nested in an element is not taken for one, also where a list was closed
twice in it: what begins otherwise than elements do is believed only if its brackets fit up to the next that begins as
they do. Where elements begin with the same member as what is nested in them, or a bracket was put in otherwise, what is
left of the list tells further on (:mod:`closing`): the rest is left then.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from limen.integration.imports.closing import Rests, is_json
from limen.integration.imports.layout import NAME, Layout
from limen.integration.imports.lines import LONGEST
from limen.integration.imports.window import Window

Element = tuple[int, bytes | int | None]
"""The line where an element begins, and its bytes; None where it is too long, empty where it is broken. A number is the
last: so many bytes from there to the end of the file could not be read."""

_TOKEN: Final = re.compile(rb'"(?:[^"\\]+|\\.)*+"|[{}\[\]]|"', re.DOTALL)
"""A string, a bracket, or the beginning of a string that does not end here."""
_IN_LINE: Final = re.compile(rb'"(?:[^"\\\n]+|\\[^\n])*+"|[{}\[\]]|"')
"""The same, but that a string ends on its line, as those of JSON do."""
_OPENS: Final = {b"{": b"}", b"[": b"]"}
_STRING: Final = re.compile(rb'"(?:[^"\\]+|\\.)*+"', re.DOTALL)
_SCALAR: Final = re.compile(rb"[\w.+-]++")
_TORN: Final = re.compile(rb'[\w\\"]\s*+"|"\s*+\w|\\')
"""What stands beside no string of JSON, where each is a quote: a quote was lost, and with it where the element ends."""
_FIRST_NAME: Final = re.compile(rb'\{\s*+("(?:[^"\\\n]|\\[^\n])*+")\s*+:')
_DEEPEST: Final = 512
_NEAR: Final = 256
_QUOTE: Final = ord('"')
_OVER, _CUT = -1, -2
"""Instead of a place: behind the array's end, behind the file's."""


def elements(file: BinaryIO, key: bytes, marks: frozenset[str] = frozenset()) -> Iterator[Element]:
    """Yield the elements of the array that stands under *key* in the outermost object of *file*, or in no object.

    An object with a member of *marks* is an element, and is nested in none. Where there is no such array, or the file
    ends before it does, ``(line, b"")`` is the last.
    """
    window = Window(file)
    entered = _enter(window, b'"' + key + b'"')
    if entered is None:
        yield window.line(window.end), b""
        return
    yield from _Array(window, *entered, Rests(window, marks)).elements()


def _enter(window: Window, key: bytes) -> tuple[int, int] | None:
    """Return the place behind the ``[`` of the array at *key*, or of one that is the whole file, and how deep it is."""
    at = depth = 0
    is_named = False
    while True:
        found = _TOKEN.search(window.held, at - window.base)
        if found is None or found[0] == b'"':
            at = window.end if found is None else window.base + found.start()
            if window.end - at > LONGEST or not window.more(at - _NEAR):
                return None
            continue
        token, at = found[0], window.base + found.end()
        if token == b"[" and (depth == 0 or (depth == 1 and is_named)):
            return at, depth
        depth += 1 if token in _OPENS else -1 if token in {b"}", b"]"} else 0
        is_named = token == key


class _Array:
    """An array, read from behind its ``[``."""

    def __init__(self, window: Window, at: int, depth: int, rests: Rests) -> None:
        self._window, self._begin, self._depth, self._rests = window, at, depth, rests
        self._layout, self._is_wary = Layout(), False
        self._behind: int | None = None  # the array, where its end was seen
        self._is_lined = False  # an element was seen to begin where the layout tells
        self._named = b""  # how the first element begins: up to what its first member is called
        self._fits_to = 0  # no bracket is one too many before this place

    def elements(self) -> Iterator[Element]:
        """Yield each element up to the ``]`` that ends the array."""
        window = self._window
        at = window.skip(self._begin, self._begin - _NEAR, LONGEST)
        if at is None:
            at = _CUT
        elif window.part(at, at + 1) == b"]" and self._is_over(at):
            at = _OVER
        while at >= 0:
            begin, line = at, window.line(at)
            row, at = self._element(begin)
            if row != b"":
                yield line, row
                continue
            self._is_wary = True
            found = self._resumed(begin)
            if found is None:
                yield line, window.rest(begin)
                return
            yield line, b""
            at, self._behind = (found if found > begin else _OVER), None
        if at == _CUT:
            yield window.line(window.end), b""
        elif at == _OVER and self._behind is not None:
            line, begin = window.line(self._behind), self._behind
            if not self._is_whole(begin):
                yield line, window.rest(begin)

    def _resumed(self, begin: int) -> int | None:
        """Return what :meth:`Layout.resume` does, but no place where a list in the element at *begin* goes on."""
        window = self._window
        found = self._layout.resume(window, begin) if begin >= window.base else None
        while found is not None and found > begin:
            head = self._layout.head(window.held, found - window.base)
            if not self._rests.begins(found - len(head), found):
                return found
            behind = self._layout.resume(window, found)
            found = behind if behind != found else begin
        return found

    def _element(self, begin: int) -> tuple[bytes | None, int]:
        """Return the element at *begin*, and where the next one is; an empty one where that cannot be told by it."""
        self._layout.learn(self._window, begin)
        end = self._end(begin)
        if end is None:
            return b"", 0
        row = self._window.part(begin, end) if end - begin <= LONGEST else None
        if row is not None and not self._is_delimited(row, end):
            return b"", 0
        following = self._following(begin, end)
        return (row, following) if following is not None else (b"", 0)

    def _is_delimited(self, row: bytes, end: int) -> bool:
        """Tell whether an element ends where its brackets say: if its quotes may be believed, and its lines fit."""
        is_right = is_json(row)
        if not is_right and _TORN.search(_STRING.sub(b'"', row)):
            return False
        is_sure = is_right and not self._is_wary
        return is_sure or not self._layout.is_deep(self._window.held, end - self._window.base - 1)

    def _end(self, begin: int) -> int | None:
        """Return the place behind the element at *begin*, None where it has no end of its own."""
        first = self._window.part(begin, begin + 1)
        if first in _OPENS:
            return self._closed(begin, begin, bytearray())
        return self._matched(_STRING, begin) if first == b'"' else self._matched(_SCALAR, begin)

    def _matched(self, pattern: re.Pattern[bytes], begin: int) -> int | None:
        window = self._window
        while True:
            found = pattern.match(window.held, begin - window.base)
            end = window.base + found.end() if found is not None else None
            if end is not None and (end < window.end or pattern is _STRING):
                return end
            if (end is None and pattern is _SCALAR) or window.end - begin > LONGEST or not window.more(begin):
                return end

    def _closed(self, begin: int, at: int, closers: bytearray) -> int | None:
        """Return the place behind the last of *closers*, read from *at* on; what is behind *begin* is held."""
        window = self._window
        while True:
            found = self._token(at)
            if found is None:
                return None
            if isinstance(found, int):
                at = found
                if window.end - at > LONGEST or not window.more(begin if at - begin <= LONGEST else at):
                    return None
                continue
            token, place = found[0], found.start()
            at = window.base + found.end()
            if token[0] == _QUOTE:
                continue
            if token in _OPENS:
                if len(closers) == _DEEPEST or (closers and token == b"{" and self._is_next(begin, place, closers)):
                    return None
                closers += _OPENS[token]
            elif closers.pop() != token[0]:
                return None
            elif not closers:
                return at

    def _token(self, at: int) -> re.Match[bytes] | int | None:
        """Return the next token behind *at* of what is held, or where one begins that is not whole there.

        A string of several lines is read no further than to where an element begins in it (None): else the strings of
        many lost quotes would be read over each other.
        """
        held, base = self._window.held, self._window.base
        found = _IN_LINE.search(held, at - base)
        if found is None or found[0] != b'"':
            return base + len(held) if found is None else found
        place, size = found.start(), _NEAR
        while True:
            begun = self._layout.begun(held, place, place + size)
            text = _STRING.match(held, place, begun or place + size)
            if text is not None or begun is not None:
                return text
            if place + size >= len(held):
                return base + place
            size *= 2

    def _is_next(self, begin: int, place: int, closers: bytearray) -> bool:
        """Tell whether another element begins at *place* of what is held, although the one at *begin* is open."""
        window = self._window
        if begin < window.base or not self._layout.begins(window.held, place):
            return False
        if _belongs(window.held[begin - window.base : place], closers):
            self._layout.forget()  # what is in an element begins where elements do
            return False
        return True

    def _following(self, begin: int, end: int) -> int | None:
        """Return where the element behind *end* begins, or what is there instead; None for what cannot stand there."""
        window = self._window
        at = window.skip(end, begin, LONGEST)
        first = window.part(at, at + 1) if at is not None else b""
        if at is None:
            return _CUT
        if first == b"]":
            return _OVER if self._is_over(at, begin) and not self._is_listed(begin, end, at) else None
        if first != b",":
            is_next = first == b"{" and self._layout.begins(window.held, at - window.base)
            return at if is_next and not self._rests.begins(min(begin, at), at) else None
        at = window.skip(at + 1, begin, LONGEST)
        if at is None:
            return _CUT
        if self._is_wary and self._layout.is_deep(window.held, at - window.base):
            return None
        if NAME.match(window.ahead(at, _NEAR, min(begin, at))) and not self._layout.parts(window, begin, end, at):
            return None  # the element goes on: a bracket before was one too many
        if self._is_odd(begin, end, at) and self._is_torn(begin, at):
            return None  # what is nested in the element goes on: it was closed twice
        if self._is_listed(begin, end, at):
            return None
        return _OVER if window.part(at, at + 1) == b"]" and self._is_over(at, begin) else at

    def _is_listed(self, begin: int, end: int, at: int) -> bool:
        """Tell whether a list in an element goes on at *at*, or ends there, although the element was closed."""
        window = self._window
        if begin < window.base or self._layout.is_clear(window.held, at - window.base):
            return False
        return self._rests.are_in(begin, end, at)

    def _is_odd(self, begin: int, end: int, at: int) -> bool:
        """Tell whether what is at a place looks like no element, behind one that was perhaps closed within its list.

        Elements begin where the layout tells once one was seen to; else they begin with a member of the same name.
        """
        window = self._window
        held, base = window.held, window.base
        if begin < base:
            return False
        if not self._named:
            self._named = _name_in(held[begin - base : begin - base + _NEAR])
        place = at - base
        if not held[max(0, end - base - _NEAR) : end - base - 1].rstrip().endswith(b"]"):
            self._is_lined = self._is_lined or self._layout.begins(held, place)
            return False
        if self._layout.begins(held, place):
            self._is_lined = True
            return False
        is_lined = self._is_lined or self._layout.is_sure
        is_named = held.startswith(self._named, place) or _name_in(held[place : place + _NEAR]) == self._named
        return held.startswith(b"{", place) and (is_lined or not is_named)

    def _is_torn(self, begin: int, at: int) -> bool:
        """Tell whether a bracket is closed behind *at* that was not opened there, before another element begins.

        It is looked for no further than an element is long, and nowhere twice.
        """
        closers = bytearray()
        for token, place in self._tokens(begin, at) if at >= self._fits_to else ():
            is_opening = token in _OPENS
            if is_opening and not closers and self._layout.begins(self._window.held, place - self._window.base):
                return False
            if is_opening:
                closers += _OPENS[token]
            elif not closers:
                behind = self._behind
                is_end = token == b"]" and self._is_over(place, begin)
                self._behind = behind
                return not is_end
            elif closers.pop() != token[0]:
                return False
        return False

    def _tokens(self, begin: int, at: int) -> Iterator[tuple[bytes, int]]:
        """Yield the brackets behind *at*, and where they are; what is behind *begin* is held."""
        window, start = self._window, at
        while True:
            found = self._token(at)
            if isinstance(found, int):
                self._fits_to = at = found
                if window.end - start > LONGEST or not window.more(begin):
                    return
            elif found is None:
                return
            else:
                self._fits_to = at = window.base + found.end()
                if found[0][0] != _QUOTE:
                    yield found[0], window.base + found.start()

    def _is_over(self, at: int, begin: int | None = None) -> bool:
        """Tell whether the ``]`` at a place ends the array, by what is behind it."""
        window, keep = self._window, at if begin is None else begin
        self._behind = at + 1
        after = window.skip(at + 1, keep, LONGEST)
        if after is None or not self._depth:
            return after is None
        first, after = window.part(after, after + 1), window.skip(after + 1, keep, LONGEST)
        if first == b",":
            return after is not None and NAME.match(window.ahead(after, _NEAR, min(keep, after))) is not None
        return first == b"}" and after is None

    def _is_whole(self, at: int) -> bool:
        """Tell whether the document that goes on at *at* ends as one does: else that was not the array's end."""
        end = self._closed(-1, at, bytearray(b"}")) if self._depth else at
        return end is not None and self._window.skip(end, end, 0) is None


def _name_in(element: bytes) -> bytes:
    """Return how an element begins, up to what its first member is called; empty where that does not stand there."""
    found = _FIRST_NAME.match(element)
    return b"{" + found[1] if found is not None else b""


def _belongs(before: bytes, closers: bytearray) -> bool:
    """Tell whether an object can stand behind *before*, whose brackets are closed by *closers* from the last on."""
    return is_json(before + b"{}" + closers[::-1])
