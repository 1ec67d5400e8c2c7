"""What the doctor says."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is."""

    WEAK = "weak"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing, and what would mend it."""

    severity: Severity
    what: str
    hint: str


def weak(what: str, hint: str) -> Finding:
    """Return a finding about a weaker choice."""
    return Finding(Severity.WEAK, what, hint)


def wrong(what: str, hint: str) -> Finding:
    """Return a finding about something that does not work or does not hold."""
    return Finding(Severity.WRONG, what, hint)
