"""What customers may do to their own accounts."""

from collections.abc import Iterator
from typing import Annotated, Final

import msgspec

DELETION_DAYS: Final = (1, 60)
EXPORT_DAYS: Final = (1, 30)


class AccountSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What customers do on the account page.

    Attributes:
        deletion_days: how long somebody who asked for their account to be deleted may think again.
        export_days: how long the copy of their data that somebody asked for can be fetched.
    """

    deletion_days: Annotated[
        int, msgspec.Meta(extra_json_schema={"minimum": DELETION_DAYS[0], "maximum": DELETION_DAYS[1]})
    ] = 14
    export_days: Annotated[
        int, msgspec.Meta(extra_json_schema={"minimum": EXPORT_DAYS[0], "maximum": EXPORT_DAYS[1]})
    ] = 7


def problems_of(settings: AccountSettings, place: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with *settings*: where below *place*, and a message key."""
    if not DELETION_DAYS[0] <= settings.deletion_days <= DELETION_DAYS[1]:
        yield f"{place}.deletion_days", "number.out_of_bounds"
    if not EXPORT_DAYS[0] <= settings.export_days <= EXPORT_DAYS[1]:
        yield f"{place}.export_days", "number.out_of_bounds"
