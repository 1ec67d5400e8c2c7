"""What a tenant does about sign-ins that do not look like their customer's."""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

import msgspec

PER_MILLE: Final = (1, 1_000)


class RiskSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """From which risk on a right password is not enough.

    Attributes:
        mode: ``on`` asks for more; ``shadow`` scores and records, and asks nobody: look at what it would have done
            before it is on; ``off`` does neither.
        challenge: the probability, in thousandths, that a sign-in is somebody else's, from which on the customer proves
            a second factor even at a trusted device, or the mailbox where there is no second factor.
    """

    mode: Literal["on", "shadow", "off"] = "shadow"
    challenge: Annotated[int, msgspec.Meta(extra_json_schema={"minimum": PER_MILLE[0], "maximum": PER_MILLE[1]})] = 20


def problems_of(settings: RiskSettings, field: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, as field and code."""
    if not PER_MILLE[0] <= settings.challenge <= PER_MILLE[1]:
        yield f"{field}.challenge", "number.out_of_bounds"
