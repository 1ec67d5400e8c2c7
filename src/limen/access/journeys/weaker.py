"""Second factors by message, which are weaker than others: where they do not count, and where they are not asked for.

A mailed code bears no assurance level (SP 800-63B-4 §3.1.3.1). One by short message is *restricted* (§3.1.3.3, §3.2.9):
it bears the second level only where the tenant has said that it accepts the risk. Either is still a second step, which
a stolen password alone does not take.
"""

from collections.abc import Collection, Sequence

from limen.access.factors.records import FactorKind, StoredFactor
from limen.access.sessions.records import MAILBOX, Evidence
from limen.identity.tenants.records import Tenant


def can_reach(factors: Sequence[StoredFactor], tenant: Tenant) -> bool:
    """Tell whether a factor beside the password bears the second level."""
    return any(_bears(factor.kind, tenant) for factor in factors if factor.kind is not FactorKind.RECOVERY)


def barred(
    evidence: Collection[Evidence], factors: Sequence[StoredFactor], tenant: Tenant, *, is_must: bool
) -> frozenset[FactorKind]:
    """Return the kinds that are not to be asked for.

    A mailbox is none beside itself, or where the tenant does not allow it. Where the second level is a must and another
    factor bears it, none that does not is asked for; where there is no other, it is asked for first all the same, lest
    a password alone set up the next.
    """
    found: set[FactorKind] = set()
    if not tenant.settings.email_second_factor or any(piece.authenticator == MAILBOX for piece in evidence):
        found.add(FactorKind.EMAIL)
    if is_must and can_reach(factors, tenant):
        found |= {kind for kind in (FactorKind.PHONE, FactorKind.EMAIL) if not _bears(kind, tenant)}
    return frozenset(found)


def _bears(kind: FactorKind, tenant: Tenant) -> bool:
    return kind is not FactorKind.EMAIL and (kind is not FactorKind.PHONE or tenant.settings.sms.reaches_aal2)
