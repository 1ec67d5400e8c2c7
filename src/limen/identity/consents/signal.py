"""Global Privacy Control: a browser that says, with every request, *do not sell or share* (``Sec-GPC: 1``).

It is an objection to every purpose of sharing (CCPA § 1798.135 (b)(1), 11 CCR § 7025). Whoever is signed in has it on
record, once for each purpose: whoever allows the sharing afterwards, in so many words, is not overruled by the browser
(11 CCR § 7025 (c)(3)).
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from limen.identity.consents.decide import Prepared, Source, Wish, prepare, wished, write
from limen.identity.consents.purposes import Kind, Purpose
from limen.identity.consents.question import Standing, decided
from limen.identity.consents.records import ConsentRecord, Decision
from limen.identity.consents.store import LedgerUnit
from limen.identity.keyring import Keyring, SubjectVault
from limen.kernel.clock import Clock
from limen.kernel.context import RequestContext
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Refusal
from limen.kernel.ids import CustomerId, TenantId

METHOD: Final = "gpc"
SUPPORT: Final = "/.well-known/gpc.json"
"""Where a site says that it honours the signal (GPC § 4)."""


class Signals(msgspec.Struct, frozen=True):
    """What the objections of one tenant's customers are recorded with."""

    tenant_id: TenantId
    purposes: Mapping[str, Purpose]
    keyring: Keyring
    clock: Clock
    entropy: Entropy

    async def heed(self, unit: LedgerUnit, customer_id: CustomerId, request: RequestContext) -> int:
        """Record the objection of whoever's browser sends the signal; return how many purposes it ends.

        Nothing is read where no purpose is of sharing, or no signal came.
        """
        shared = [one for one in self.purposes.values() if is_shared(one)] if request.gpc else []
        if not shared:
            return 0
        latest = await unit.consents.latest(customer_id)
        ended = [one for one in shared if self._is_allowed(one, latest)]
        if not ended:
            return 0
        heard = {
            (one.decision.purpose, one.decision.party)
            for one in await unit.consents.history(customer_id)
            if one.decision.method == METHOD
        }
        vault = await self.keyring.subject(self.tenant_id, customer_id)
        written = 0
        for purpose in ended:
            prepared = self._prepared(purpose, customer_id, request, vault)
            if prepared is not None and (purpose.name, purpose.party) not in heard:
                await write(unit, prepared, self.clock)
                written += 1
        return written

    def _is_allowed(self, purpose: Purpose, latest: Iterable[ConsentRecord]) -> bool:
        mine = (purpose.name, purpose.party)
        last = next((one for one in latest if (one.decision.purpose, one.decision.party) == mine), None)
        return decided(purpose, Standing.of(last) if last is not None else None, self.clock.now()).is_allowed

    def _prepared(
        self, purpose: Purpose, customer_id: CustomerId, request: RequestContext, vault: SubjectVault | None
    ) -> Prepared | None:
        language, _ = purpose.terms.text(*request.reads)
        wish = Wish(purpose.name, Decision.WITHDRAWN, purpose.current.number, language)
        source = Source(METHOD, f"customer:{customer_id}", request)
        made = wished(purpose, wish, customer_id, source, self.clock.now())
        if isinstance(made, Refusal):
            return None
        return prepare(made, source, vault, self.clock, self.entropy)


def is_shared(purpose: Purpose) -> bool:
    """Tell whether the signal objects to *purpose*: data goes to another party, and the customer may say no."""
    return purpose.kind is Kind.SHARING and purpose.retired_at is None and purpose.may_be_withdrawn
