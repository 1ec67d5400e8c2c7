"""What customers change through the API, held against their habits as what they change on the account page is.

The token of a public client speaks from where its customer is. There is no cookie, and what calls is an application and
not a browser: origin, travel and what is known against the address speak, as of a refresh token (:mod:`.refreshing`).
"""

from dataclasses import dataclass

from limen.access.journeys.guards.risks import Judged, held_against, note
from limen.access.journeys.parts import CountRisk
from limen.app.epochs import RiskEpochs
from limen.app.refreshing import origin_seen
from limen.integration.api.parts import Change, Guards
from limen.kernel.clock import Clock
from limen.storage.database import Database
from limen.trust.risk.judge import RiskJudge
from limen.trust.risk.whereabouts import Geography


@dataclass(frozen=True, slots=True)
class ChangeRisk:
    """Weighs what is changed through the API, and waits where the answer is delayed."""

    database: Database
    epochs: RiskEpochs
    geography: Geography
    guards: Guards
    count: CountRisk
    clock: Clock

    async def __call__(self, of: Change) -> Judged | None:
        """Return what is decided, on record already; None where there is nothing to hold the change against."""
        tenant, owner = of.tenant, of.owner
        settings = tenant.settings.risk
        if settings.mode == "off":
            return None
        judge = RiskJudge(settings, await self.epochs.of(tenant.id), self.geography)
        known = (await self.guards(tenant)).standing(owner.request.address)
        seen = origin_seen(self.geography, owner.request.address, self.clock.now(), known)
        who = owner.customer.id, owner.vault
        async with self.database.read(tenant.id) as unit:
            risk = await held_against(judge, unit, who, seen, ("factor_change", owner.client))
        if risk is None:
            return None
        self.count(risk.action, *risk.gravest, risk.found.probability)
        async with self.database.begin(tenant.id) as unit:
            await note(judge, unit, owner.customer.id, risk, owner.request)
            if of.is_answered and risk.does("challenge") and not risk.does("deny"):
                await judge.suspect(unit, seen, -1)  # it was the customer after all
        if risk.does("delay") and not risk.does("deny"):
            await self.clock.sleep(settings.delay_seconds)
        return risk
