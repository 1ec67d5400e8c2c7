"""How a tenant lets customers back in, and what it trusts: the waiting period, links in notices, trusted devices."""

from collections.abc import Iterator
from typing import Annotated, Final

import msgspec

WAITING_DAYS: Final = (0, 30)
CONTINUE_DAYS: Final = (1, 30)
UNDO_DAYS: Final = (0, 30)
TRUSTED_DAYS: Final = (0, 90)
PASSWORD_HISTORY: Final = (0, 10)
"""Each remembered password costs a hash when another is chosen: ten cost about a fifth of a second."""

_BOUNDS: Final = {
    "waiting_days": WAITING_DAYS,
    "continue_days": CONTINUE_DAYS,
    "undo_days": UNDO_DAYS,
    "trusted_device_days": TRUSTED_DAYS,
}


def _days(bounds: tuple[int, int]) -> msgspec.Meta:
    return msgspec.Meta(extra_json_schema={"minimum": bounds[0], "maximum": bounds[1]})


class RecoverySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What protects accounts while something about them changes. All in days.

    Attributes:
        waiting_days: how long somebody waits who proves the mailbox and has lost every second factor; each day all
            channels are told. 0 switches it off: without a second factor or a recovery code no reset goes on.
        continue_days: how long the reset may go on after the wait.
        undo_days: how long the link in a notice undoes what it tells of, and a former address stays its owner's.
            0 switches it off.
        trusted_device_days: how long a device may be trusted in place of a second factor at sign-in. 0 switches it off.
    """

    waiting_days: Annotated[int, _days(WAITING_DAYS)] = 3
    continue_days: Annotated[int, _days(CONTINUE_DAYS)] = 7
    undo_days: Annotated[int, _days(UNDO_DAYS)] = 7
    trusted_device_days: Annotated[int, _days(TRUSTED_DAYS)] = 30


def problems_of(settings: RecoverySettings, place: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with *settings*: where below *place*, and a message key."""
    for name, (least, most) in _BOUNDS.items():
        if not least <= getattr(settings, name) <= most:
            yield f"{place}.{name}", "number.out_of_bounds"
