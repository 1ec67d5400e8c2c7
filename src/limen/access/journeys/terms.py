"""What a customer has to have accepted before a journey arrives: the tenant's *required* purposes."""

from typing import Protocol

from limen.access.tokens.desk import Desk
from limen.identity.consents.purposes import Purpose
from limen.identity.consents.question import Standing, due
from limen.identity.consents.store import ConsentLedger
from limen.kernel.ids import CustomerId


class TermsUnit(Protocol):
    """What looking for them needs of a unit of work of the desk's tenant."""

    @property
    def consents(self) -> ConsentLedger:
        """Return the consent ledger."""
        ...


async def terms_due(desk: Desk, unit: TermsUnit, customer_id: CustomerId) -> tuple[Purpose, ...]:
    """Return the required purposes that the customer has still to accept; where there are none, nothing is read."""
    required = [one for one in desk.purposes.values() if one.terms.is_required and one.retired_at is None]
    if not required:
        return ()
    decided = {(one.decision.purpose, one.decision.party): one for one in await unit.consents.latest(customer_id)}
    now = desk.clock.now()
    found = ((one, decided.get((one.name, one.party))) for one in required)
    return tuple(one for one, record in found if due(one, Standing.of(record) if record is not None else None, now))
