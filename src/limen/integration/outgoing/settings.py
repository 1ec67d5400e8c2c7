"""What the process allows."""

from dataclasses import dataclass, field

from limen.integration.outgoing.addresses import AddressPolicy


@dataclass(frozen=True, slots=True)
class OutgoingSettings:
    """What the process allows.

    Attributes:
        policy: which addresses.
        at_once: requests under way, in all.
        at_once_per_host: and to one host, so that a slow one cannot take all places.
        waiting: requests that may wait for a place; more are refused at once.
    """

    policy: AddressPolicy = field(default_factory=AddressPolicy)
    at_once: int = 32
    at_once_per_host: int = 4
    waiting: int = 256
