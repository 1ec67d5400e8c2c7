"""The doctor: every weaker setting in force, said aloud.

Owns the list of what to look at. A finding is *weak* where a choice is weaker than the default, and *wrong* where
something does not work or does not hold. Nothing is changed, and no secret is shown.
"""

from limen.app.doctor.findings import Finding, Severity
from limen.app.doctor.geography import geography_findings
from limen.app.doctor.kms import kms_findings
from limen.app.doctor.machine import machine_findings
from limen.app.doctor.parts import parts_findings
from limen.app.doctor.passkeys import passkey_findings
from limen.app.doctor.said import settings_findings
from limen.app.doctor.sms import sms_findings
from limen.app.doctor.threats import resolver_findings, threat_findings

__all__ = [
    "Finding",
    "Severity",
    "geography_findings",
    "kms_findings",
    "machine_findings",
    "parts_findings",
    "passkey_findings",
    "resolver_findings",
    "settings_findings",
    "sms_findings",
    "threat_findings",
]
