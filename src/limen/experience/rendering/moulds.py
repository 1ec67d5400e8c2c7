"""Pages that differ only in a few fresh values: rendered once, then filled.

The first form of a journey is the same for everybody but for its nonce, its token and its address. A mould holds such
a page cut at these places. What it is found by is everything else that the template was given, so that a page cannot
be filled that would have been rendered differently.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

KEPT: Final = 256
_OPEN, _CLOSE = "\ue000", "\ue001"
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
        if not all(_PLAIN.fullmatch(value) for value in fresh.values()):
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
        filled[1::2] = [fresh[name] for name in pieces[1::2]]
        return "".join(filled)


def frozen(value: Any) -> Any:
    """Return *value* as something equal values have in common.

    Raises:
        TypeError: it holds something else than text, numbers, collections and records, or a mark of ours.
    """
    if isinstance(value, str):
        if _OPEN in value:
            raise TypeError(value)
        return value
    if value is None or isinstance(value, int):
        return (type(value), value)
    if isinstance(value, dict | Mapping):
        return tuple([(name, frozen(one)) for name, one in value.items()])
    if isinstance(value, list | tuple):
        return tuple([frozen(one) for one in value])
    if is_dataclass(value) and not isinstance(value, type):
        return (type(value), *[frozen(getattr(value, field.name)) for field in fields(value)])
    raise TypeError(type(value))
