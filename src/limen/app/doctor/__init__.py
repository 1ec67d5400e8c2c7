"""The doctor: every weaker setting in force, said aloud, and how every guard stands where it cannot be asked.

Owns the list of what to look at, and the table of guards (:mod:`limen.app.doctor.table`). A finding is *weak* where a
choice is weaker than the default, and *wrong* where something does not work or does not hold. Nothing is changed, and
no secret is shown.
"""

from limen.app.doctor.examine import Examined, examined
from limen.app.doctor.findings import Finding, Severity
from limen.app.doctor.stances import Row, Stance

__all__ = ["Examined", "Finding", "Row", "Severity", "Stance", "examined"]
