"""Everything that the doctor looks at, in one pass."""

from dataclasses import dataclass

from limen.app.doctor.findings import Finding, Severity
from limen.app.doctor.guards import guard_findings
from limen.app.doctor.machine import machine_findings
from limen.app.doctor.parts import parts_of
from limen.app.doctor.passkeys import attestation_findings
from limen.app.doctor.said import settings_findings
from limen.app.doctor.stances import Row, stances
from limen.app.settings import Settings


@dataclass(frozen=True, slots=True)
class Examined:
    """What is wrong and what is weak, in this order, and the table of guards."""

    findings: tuple[Finding, ...]
    guards: tuple[Row, ...]

    @property
    def is_sound(self) -> bool:
        """Tell whether nothing is wrong, whatever is weak."""
        return not any(finding.severity is Severity.WRONG for finding in self.findings)


async def examined(settings: Settings) -> Examined:
    """Look at everything; what two say alike is said once."""
    parts = await parts_of(settings)
    tenants = parts.tenants or ()
    rows = await stances(settings, parts)
    found = [*settings_findings(settings), *machine_findings(settings), *parts.findings]
    found += [*guard_findings(settings, tenants), *attestation_findings(settings, tenants)]
    found += [finding for row in rows for finding in row.findings]
    found.sort(key=lambda one: one.severity, reverse=True)
    return Examined(tuple(dict.fromkeys(found)), tuple(rows))
