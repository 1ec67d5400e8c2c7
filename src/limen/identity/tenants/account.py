"""What customers may do to their own accounts."""

from collections.abc import Iterator
from typing import Annotated, Final

import msgspec

DELETION_DAYS: Final = (1, 60)
EXPORT_DAYS: Final = (1, 30)
INACTIVE_DAYS: Final = (90, 3_650)
NOTICE_DAYS: Final = (7, 90)
LEAST_IDLE_DAYS: Final = 30
"""So long nobody has signed in, whatever the settings, before anybody is told."""


class AccountSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What customers do on the account page.

    Attributes:
        deletion_days: how long somebody who asked for their account to be deleted may think again.
        export_days: how long the copy of their data that somebody asked for can be fetched.
        inactive_days: an account to which nobody has signed in for so long is deleted as if its customer had asked for
            it; 0 for never.
        inactive_notice_days: so long before that its customer is told, by mail.
    """

    deletion_days: Annotated[
        int, msgspec.Meta(extra_json_schema={"minimum": DELETION_DAYS[0], "maximum": DELETION_DAYS[1]})
    ] = 14
    export_days: Annotated[
        int, msgspec.Meta(extra_json_schema={"minimum": EXPORT_DAYS[0], "maximum": EXPORT_DAYS[1]})
    ] = 7
    inactive_days: Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 0, "maximum": INACTIVE_DAYS[1]})] = 0
    inactive_notice_days: Annotated[
        int, msgspec.Meta(extra_json_schema={"minimum": NOTICE_DAYS[0], "maximum": NOTICE_DAYS[1]})
    ] = 30


def problems_of(settings: AccountSettings, place: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with *settings*: where below *place*, and a message key."""
    if not DELETION_DAYS[0] <= settings.deletion_days <= DELETION_DAYS[1]:
        yield f"{place}.deletion_days", "number.out_of_bounds"
    if not EXPORT_DAYS[0] <= settings.export_days <= EXPORT_DAYS[1]:
        yield f"{place}.export_days", "number.out_of_bounds"
    days, notice = settings.inactive_days, settings.inactive_notice_days
    if days and not INACTIVE_DAYS[0] <= days <= INACTIVE_DAYS[1]:
        yield f"{place}.inactive_days", "number.out_of_bounds"
    if not NOTICE_DAYS[0] <= notice <= NOTICE_DAYS[1] or (days and days - notice < LEAST_IDLE_DAYS):
        yield f"{place}.inactive_notice_days", "number.out_of_bounds"
