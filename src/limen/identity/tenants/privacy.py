"""Which law sets the deadlines for a tenant's privacy requests, and what browsers' signals mean to it."""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

import msgspec

WARN_DAYS: Final = (0, 30)


class PrivacySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a tenant answers privacy requests.

    Attributes:
        law: whose deadline a request has unless it says otherwise: ``gdpr`` (30 days, at most a month) or ``ccpa``
            (45 days).
        gpc: whether ``Sec-GPC: 1`` (Global Privacy Control) is honoured: as an objection to every purpose of sharing.
        warn_days: how long before a deadline that is not met yet an event tells of it. 0 switches it off.
    """

    law: Literal["gdpr", "ccpa"] = "gdpr"
    gpc: bool = True
    warn_days: Annotated[int, msgspec.Meta(extra_json_schema={"minimum": WARN_DAYS[0], "maximum": WARN_DAYS[1]})] = 7


def problems_of(settings: PrivacySettings, place: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with *settings*: where below *place*, and a message key."""
    if not WARN_DAYS[0] <= settings.warn_days <= WARN_DAYS[1]:
        yield f"{place}.warn_days", "number.out_of_bounds"
