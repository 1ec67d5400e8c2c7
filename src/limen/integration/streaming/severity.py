"""How grave a record is, in the scale of each format.

A refusal is of some interest and everything else of little, but for what a rule of a SIEM should wake somebody for:
that says so itself, as an attack does, or is named here.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from limen.integration.streaming.fact import Fact


class Severity(IntEnum):
    """The scale of OCSF, by its numbers (``severity_id``)."""

    INFORMATIONAL = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5


CEF: Final[Mapping[Severity, int]] = {
    Severity.INFORMATIONAL: 1,
    Severity.LOW: 3,
    Severity.MEDIUM: 6,
    Severity.HIGH: 8,
    Severity.CRITICAL: 10,
}
"""0 to 3 is low, 4 to 6 medium, 7 and 8 high, 9 and 10 very high."""
SYSLOG: Final[Mapping[Severity, int]] = {
    Severity.INFORMATIONAL: 5,
    Severity.LOW: 5,
    Severity.MEDIUM: 4,
    Severity.HIGH: 3,
    Severity.CRITICAL: 2,
}
"""RFC 5424 §6.2.1: notice, warning, error, critical."""
GRAVE: Final[Mapping[str, Severity]] = {
    "account.secured": Severity.HIGH,
    "passkey.counter_went_back": Severity.HIGH,
    "refresh.reused": Severity.HIGH,
    "code.replayed": Severity.HIGH,
    "password.breached": Severity.MEDIUM,
    "pattern.matched": Severity.MEDIUM,
    "sms.country_stopped": Severity.MEDIUM,
}
"""What is graver than whether it was refused would say."""
ATTACK: Final = "attack.recognised"
ATTACK_OVER: Final = "attack.ended"


def severity_of(fact: Fact) -> Severity:
    """Return how grave *fact* is; an attack that is over is of no more than interest."""
    if fact.event == ATTACK:
        data = fact.said.get("data") or {}
        said = str(data.get("severity", "")).upper()
        return Severity[said] if said in Severity.__members__ else Severity.MEDIUM
    return GRAVE.get(fact.event, Severity.MEDIUM if fact.is_refused else Severity.INFORMATIONAL)
