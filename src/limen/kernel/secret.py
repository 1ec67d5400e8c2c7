"""Text that must not be printed: its ``repr`` and ``str`` are masked."""

import hmac
from typing import final


@final
class Secret:
    """A secret value; ``reveal()`` is the one way to its text."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Wrap *value*."""
        self._value = value

    def reveal(self) -> str:
        """Return the text itself, at the place that needs it."""
        return self._value

    def __bool__(self) -> bool:
        """Tell whether the secret is non-empty."""
        return bool(self._value)

    def __repr__(self) -> str:
        """Return a mask."""
        return "Secret(****)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        """Compare in constant time."""
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    __hash__ = None  # type: ignore[assignment]  # a secret in a set or a dictionary key is a mistake
