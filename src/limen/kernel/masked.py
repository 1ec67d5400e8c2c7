"""A struct that shows less than it holds."""

from typing import Any


class Masked:
    """Base of a struct that says in a ``__repr__`` of its own what may be seen of it.

    msgspec gives every struct a ``__rich_repr__`` too, which names all fields, and rich asks that one first.
    """

    __slots__ = ()

    def __rich_repr__(self, /) -> list[tuple[str, Any]]:
        """Show no field."""
        return []
