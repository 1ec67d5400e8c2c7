"""What a tenant does about passwords that are known from breaches."""

from collections.abc import Iterator
from typing import Literal

import msgspec

AtSignIn = Literal["off", "notice", "challenge", "change"]
WhenAway = Literal["open", "closed"]


class BreachSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What happens to passwords that are known from breaches. None such is ever taken when one is chosen.

    Attributes:
        at_sign_in: what follows where the right password is a known one. ``notice``: its owner is told by mail.
            ``challenge``: a device that is not known proves the mailbox too, unless a second factor spoke; the owner is
            told. ``change``: the same proof, and then another password is chosen. ``off``: nothing.
        online: whether a service on the network is asked too, by the first five of forty digits of a hash: it learns
            that one of some hundred passwords was used here, and when.
        when_away: what holds where that service does not answer: ``open``, as if it did not know the password, or
            ``closed``: no password is set, and a device that is not known proves the mailbox.
    """

    at_sign_in: AtSignIn = "change"
    online: bool = False
    when_away: WhenAway = "open"


def problems_of(settings: BreachSettings, field: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, as field and code."""
    if settings.when_away == "closed" and not settings.online:
        yield f"{field}.when_away", "breaches.never_away"
