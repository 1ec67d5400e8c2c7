"""Records whose methods are compiled when they are first called.

A dataclass writes its methods as text and compiles each by itself: a millisecond for a class, and a start makes four
hundred, of which hardly any is compared, hashed, shown or tampered with before the first request. What is put off is
compiled by the standard library as ever, once. From Python 3.13 on it compiles the methods of a class together; there,
nothing is put off.
"""

import dataclasses
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final

_MAKER: Final = "_create_fn"
_PUT_OFF: Final = frozenset({"__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__"})
"""Not ``__init__``: what a class takes, others may ask its signature."""


@contextmanager
def compiled_later() -> Generator[None]:
    """Put the methods of those dataclasses off that are made meanwhile."""
    make: Callable[..., Any] | None = getattr(dataclasses, _MAKER, None)
    if make is None:
        yield
        return

    def made(name: str, *rest: Any, **named: Any) -> Any:
        return _later(make, name, *rest, **named) if name in _PUT_OFF else make(name, *rest, **named)

    setattr(dataclasses, _MAKER, made)
    try:
        yield
    finally:
        setattr(dataclasses, _MAKER, make)


def _later(make: Callable[..., Any], name: str, *rest: Any, **named: Any) -> Callable[..., Any]:
    """Return a method in whose place the one that *make* makes is put at the first call."""
    real: Callable[..., Any] | None = None

    def first(*given: Any) -> Any:
        nonlocal real
        if real is None:
            real = make(name, *rest, **named)
            real.__qualname__ = first.__qualname__
            for kind in type(given[0]).__mro__:
                if vars(kind).get(name) is first:
                    setattr(kind, name, real)
        return real(*given)

    first.__name__ = name
    return first
