"""Of which sign-ins customers are told."""

from collections.abc import Iterator
from typing import Annotated, Final

import msgspec

PER_DAY: Final = (1, 20)


class NoticeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Of which sign-ins customers are told by mail, with a link by which it was not them.

    Attributes:
        new_device: of one at a browser that the customer never signed in at.
        new_country: of one from a country that the customer never signed in from; wants geography.
        per_day: how many such notices a customer gets in a day, at the most.
    """

    new_device: bool = True
    new_country: bool = True
    per_day: Annotated[int, msgspec.Meta(extra_json_schema={"minimum": PER_DAY[0], "maximum": PER_DAY[1]})] = 3


def problems_of(settings: NoticeSettings, place: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with *settings*: where below *place*, and a message key."""
    if not PER_DAY[0] <= settings.per_day <= PER_DAY[1]:
        yield f"{place}.per_day", "number.out_of_bounds"
