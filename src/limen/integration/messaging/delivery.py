"""How a handler tells the relay that an item did not go out."""

from limen.kernel.errors import Fault


class DeliveryLater(Fault):
    """Not now: the item goes back into the outbox.

    ``code`` is stable, snake_case, and never personal: it is stored beside the item, logged and counted.
    """

    def __init__(self, code: str) -> None:
        """Name the reason."""
        super().__init__(code)
        self.code = code


class DeliveryRefused(Fault):
    """Never: the item is put aside for a person to look at. ``code`` as in :class:`DeliveryLater`."""

    def __init__(self, code: str) -> None:
        """Name the reason."""
        super().__init__(code)
        self.code = code
