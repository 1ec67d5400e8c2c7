"""How long a tenant keeps its audit log."""

from collections.abc import Iterator
from typing import Annotated, Final

import msgspec

RETENTION_DAYS: Final = (30, 3_660)


class AuditSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of audit records.

    Attributes:
        retention_days: how long they are kept; 0 for as long as the tenant is there.
    """

    retention_days: Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 0, "maximum": RETENTION_DAYS[1]})] = 0


def problems_of(settings: AuditSettings, place: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with *settings*: where below *place*, and a message key."""
    if settings.retention_days and not RETENTION_DAYS[0] <= settings.retention_days <= RETENTION_DAYS[1]:
        yield f"{place}.retention_days", "number.out_of_bounds"
