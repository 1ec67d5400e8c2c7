"""Pages that differ only in a few fresh values: rendered once, then filled.

The first form of a journey is the same for everybody but for its nonce, its token and its address. A mould holds such
a page cut at these places. What it is found by is everything else that the template was given, so that a page cannot
be filled that would have been rendered differently.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

KEPT: Final = 256
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARKED = _OPEN.encode()
_MARK = re.compile(f"{_OPEN}(\\w+){_CLOSE}")
_PLAIN = re.compile(r"[A-Za-z0-9/_.~+=@-]*")
"""What stays as it is in HTML, in text and in attributes."""


class Moulds:
    """The pages used last. Nobody's own page is asked for here: what is kept must not be personal."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._held: OrderedDict[Any, list[str]] = OrderedDict()

    def fill(self, key: Any, fresh: Mapping[str, str], render: Callable[[Mapping[str, str]], str]) -> str:
        """Return the page *key* with *fresh* values; *render* makes it with others in their place."""
        if _PLAIN.fullmatch("".join(fresh.values())) is None:
            return render(fresh)
        pieces = self._held.get(key)
        if pieces is None:
            pieces = _MARK.split(render({name: f"{_OPEN}{name}{_CLOSE}" for name in fresh}))
            self._held[key] = pieces
            if len(self._held) > KEPT:
                self._held.popitem(last=False)
        else:
            self._held.move_to_end(key)
        filled = pieces.copy()
        filled[1::2] = map(fresh.__getitem__, pieces[1::2])
        return "".join(filled)


def frozen(value: Any) -> bytes:
    """Return *value* as bytes that equal values have in common: a page is asked for so often that it is packed at once.

    What stands at one place is always of one kind, so that a record need not be told from a mapping of its fields.

    Raises:
        TypeError: it holds something that cannot be told by what is in it, or a mark of ours.
    """
    try:
        packed = _packed(value)
    except (ValueError, OverflowError) as error:
        raise TypeError(type(value)) from error
    if _MARKED in packed:
        raise TypeError(value)
    return packed


def _unknown(value: Any) -> Any:
    raise TypeError(type(value))


_packed = msgspec.msgpack.Encoder(enc_hook=_unknown).encode
