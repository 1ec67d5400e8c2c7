"""How a document is laid out in lines, as far as that tells where an element of its array begins.

No string of JSON holds a line's end, so that a line is a line even where quotes are lost. Elements begin on lines of
one indentation, behind what closes the element before, if anything; what is in an element is indented further:

.. code-block:: json

   {"users": [
     {
       "id": "1"
     }, {
       "id": "2"
     }
   ]}
"""

import re
from typing import Final

from limen.integration.imports.window import Window

_NEAR: Final = 256
_INDENT: Final = re.compile(rb"[ \t]*+")
NAME: Final = re.compile(rb'"(?:[^"\\\n]|\\[^\n])*+"\s*+:')
"""What a member begins with."""
_ONE_LINE: Final = re.compile(rb"[^\n]*\}[ \t]*,?[ \t\r]*\n")
_BROKEN: Final = rb'(?:["\[{]|[^\s"\[\]{}]{1,4})'
"""What may stand in place of a bracket that closes."""
_BEGINNING: Final = rb"(?:[}\],][}\], \t]*|" + _BROKEN + rb"[}\] \t]*,[ \t]*)?\{"
_CLOSING: Final = re.compile(rb"[ \t]*+" + _BROKEN + rb"?[}\], \t]*+")
_STRAY: Final = rb'[^\s{}\[\]]{1,4}+[ \t]++"'
"""What was put into the space before a member of an element."""
_TORN: Final = re.compile(rb"([ \t]*+)\S{1,4}?([ \t]*+)[}\],][}\], \t]*\{")
"""Where an element begins, with something put into the space before it."""
_MEMBER: Final = re.compile(rb"[ \t]*+((?:\][}\], \t]*,[ \t]*)?)" + NAME.pattern)


class Layout:
    """The indentation of an array's elements, once one was seen."""

    def __init__(self) -> None:
        """Know nothing."""
        self._is_told = self._is_sure = self._is_forgotten = False
        self._indent = b""
        self._element = self._inside = self._deeper = self._stray = _INDENT

    def learn(self, window: Window, at: int) -> None:
        """See that an element begins at *at*: the first to begin its line is believed, until then the first of all.

        Where it is a member's name that stands there, a bracket was lost before it, and elements begin further left.
        """
        if self._is_sure or self._is_forgotten:
            return
        place = at - window.base
        begin = window.held.rfind(b"\n", max(0, place - _NEAR), place) + 1
        if not begin and (window.base or place > _NEAR):
            return
        indent = _INDENT.match(window.held, begin, place)[0]  # type: ignore[index]  # it always matches
        is_first = begin > 0 and begin + len(indent) == place
        if is_first and NAME.match(ahead := window.ahead(at, _NEAR, at - _NEAR)) and not _ONE_LINE.match(ahead):
            if indent and not self._is_told:
                self._believe(b"[ \t]{0,%d}" % (len(indent) - 1), re.escape(indent))
            return
        self._is_sure = is_first
        if not self._is_told or is_first:
            self._indent = indent
            self._believe(re.escape(indent), re.escape(indent) + b"[ \t]")

    def _believe(self, indent: bytes, deeper: bytes) -> None:
        self._is_told = True
        self._element, self._inside = re.compile(indent + _BEGINNING), re.compile(b"\n" + indent + _BEGINNING)
        self._deeper, self._stray = re.compile(deeper), re.compile(indent + _STRAY)

    @property
    def is_sure(self) -> bool:
        """Tell whether an element was seen to begin its line."""
        return self._is_told and self._is_sure

    def forget(self) -> None:
        """Believe nothing any more: the layout does not tell."""
        self._is_told, self._is_forgotten = False, True

    def begins(self, held: bytes, place: int) -> bool:
        """Tell whether the ``{`` at *place* is where an element begins."""
        if not self._is_told:
            return False
        begin = held.rfind(b"\n", max(0, place - _NEAR), place) + 1
        return begin > 0 and self._element.fullmatch(held, begin, place + 1) is not None

    def is_clear(self, held: bytes, place: int) -> bool:
        """Tell whether an element begins at *place*, and no list was closed on its line before."""
        return self.begins(held, place) and b"]" not in self.head(held, place)

    @staticmethod
    def head(held: bytes, place: int) -> bytes:
        """Return what stands before *place* on its line."""
        return held[held.rfind(b"\n", max(0, place - _NEAR), place) + 1 : place]

    def begun(self, held: bytes, begin: int, end: int) -> int | None:
        """Return the place behind the ``{`` of the first element that begins on a line between two places."""
        found = self._inside.search(held, begin, end) if self._is_told else None
        return found.end() if found is not None else None

    def resume(self, window: Window, begin: int) -> int | None:
        """Return where the element behind the broken one at *begin* begins.

        Returns:
            A place; *begin* itself where the array is over; None where nothing can be told.
        """
        at: int | None = begin
        is_closed = is_deep = False
        while self._is_told and at is not None and (at := window.next_line(at)) is not None:
            head = window.ahead(at, _NEAR, at).partition(b"\n")[0].rstrip()
            if not head or self._deeper.match(head) or self._stray.match(head):
                is_deep = is_deep or bool(head)
            elif (found := self._element.match(head) or self._torn(head)) is not None:
                return at + found.end() - 1
            elif _CLOSING.fullmatch(head):
                is_closed = is_closed or b"]" in head
            elif (member := _MEMBER.match(head)) is not None:
                return begin if is_closed or member[1] else None
            elif not is_deep and head.startswith(self._indent):
                return None
        return begin if is_closed else None

    def _torn(self, head: bytes) -> re.Match[bytes] | None:
        found = _TORN.match(head)
        return found if found is not None and 0 <= len(self._indent) - len(found[1] + found[2]) <= 1 else None

    def is_deep(self, held: bytes, place: int) -> bool:
        """Tell whether the bracket at *place* begins a line and is indented as what is in an element, not as one."""
        begin = held.rfind(b"\n", max(0, place - _NEAR), place) + 1
        return self._is_told and begin > 0 and not held[begin:place].strip() and bool(self._deeper.match(held, begin))

    def parts(self, window: Window, begin: int, end: int, following: int) -> bool:
        """Tell whether the element from *begin* to *end* is over by its lines, although a member stands behind it."""
        gap = window.part(end, following)
        if not self._is_told or begin < window.base or b"\n" not in gap:
            return False
        last = window.part(begin, end).rpartition(b"\n")
        if last[1]:
            return _CLOSING.fullmatch(last[2]) is not None and not self._deeper.match(last[2])
        return not self._deeper.match(gap.rpartition(b"\n")[2] + b'"')
