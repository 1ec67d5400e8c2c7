"""From a probability to what is done about it: pure, so that a replay decides as the sign-in did."""

from typing import Final, Literal

import msgspec

from limen.identity.tenants.risk import THRESHOLDS, Level, Limits
from limen.trust.risk.calibration import MODEL
from limen.trust.risk.records import Assessment, Finding

Outcome = Literal["allow", "notify", "challenge", "delay", "deny"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("allow", "notify", "challenge", "delay", "deny")
"""From the mildest to the gravest."""
_GRAVEST_FIRST: Final = OUTCOMES[::-1]
AWAY: Final = Assessment(0.0, 0.0, (Finding("model", 1.0, "risk.reason.away"),), MODEL)
"""What is said where the model could not be asked."""


class Decision(msgspec.Struct, frozen=True):
    """What is done about one risk. ``reached`` are the thresholds that it reached; all of them hold together."""

    reached: frozenset[str]
    level: Level

    @property
    def outcome(self) -> Outcome:
        """Return the gravest that was reached."""
        for one in _GRAVEST_FIRST:
            if one in self.reached:
                return one
        return "allow"


def decide(probability: float, limits: Limits) -> Decision:
    """Return what *limits* say about a *probability*."""
    reached = [name for name in THRESHOLDS if (at := getattr(limits, name)) and probability * 1_000 >= at]
    return Decision(frozenset(reached), limits.level)
