"""Records that are made at a start: what is put off is what it would have been."""

import dataclasses
import sys
from dataclasses import FrozenInstanceError, dataclass, field, replace

import pytest

from limen.app.compiling import compiled_later


def records():
    """Two classes, one after the other."""

    @dataclass(frozen=True, slots=True)
    class Place:
        """A place."""

        name: str
        secret: str = field(default="", repr=False)

    @dataclass(frozen=True, slots=True)
    class Room(Place):
        """A place with a number."""

        number: int = 0

    return Place, Room


def told(kinds):
    """What the methods of such classes say."""
    place, room = kinds
    here = place("here", "x")
    with pytest.raises(FrozenInstanceError):
        here.name = "there"
    with pytest.raises(FrozenInstanceError):
        del here.name
    return (
        repr(here),
        repr(room("here", "x", 7)),
        here == place("here", "x"),
        here == place("here", "y"),
        here == room("here", "x"),
        hash(here) == hash(("here", "x")),
        hash(room("here", "x", 7)) == hash(("here", "x", 7)),
        {here: 1}[replace(here)],
    )


def methods(kind):
    """Every method of a class that a dataclass writes, by where it was compiled."""
    names = ("__eq__", "__hash__", "__setattr__", "__delattr__")
    return {name: vars(kind)[name].__code__.co_filename for name in names}


def test_what_is_put_off_says_what_it_would_have_said():
    with compiled_later():
        kinds = records()
    for _ in range(2):
        assert told(kinds) == told(records())


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="the standard library compiles a class's methods together")
def test_a_method_is_compiled_at_its_first_call_and_stands_for_itself_from_then_on():
    with compiled_later():
        place, _ = records()
    plain = methods(records()[0])
    assert all(methods(place)[name] != where for name, where in plain.items())
    assert place("here") == place("here")
    assert methods(place)["__eq__"] == plain["__eq__"]
    assert place.__eq__.__qualname__ == "records.<locals>.Place.__eq__"
    assert methods(place)["__hash__"] != plain["__hash__"]


def test_afterwards_classes_are_made_as_ever(monkeypatch):
    maker = getattr(dataclasses, "_create_fn", None)
    with pytest.raises(RuntimeError), compiled_later():
        raise RuntimeError
    assert getattr(dataclasses, "_create_fn", None) is maker
    monkeypatch.delattr(dataclasses, "_create_fn", raising=False)
    with compiled_later():
        assert not hasattr(dataclasses, "_create_fn")
