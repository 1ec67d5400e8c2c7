"""Refresh tokens of public clients, held against their customer's habits, where a tenant wants that.

A token that was stolen is used from elsewhere: origin, travel and what is known against the address speak; there is no
cookie, and what calls is an application and not a browser. A challenge refuses the token, so that the application asks
its customer to sign in, where more can be asked for; a denial ends its family too. What is allowed costs a few reads
and no commit: it is measured, and not put on record.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from limen.access.journeys.guards.risks import Judged, held_against, note
from limen.access.journeys.parts import CountRisk
from limen.access.tokens.desk import Refreshing
from limen.app.epochs import RiskEpochs
from limen.identity.keyring import Keyring
from limen.identity.tenants.records import Tenant
from limen.kernel.clock import Clock, Instant
from limen.storage.database import Database
from limen.trust.risk.judge import RiskJudge
from limen.trust.risk.records import Sighting, Standing
from limen.trust.risk.whereabouts import Geography
from limen.trust.threats.reputation import Standing as Known


@dataclass(frozen=True, slots=True)
class RefreshRisk:
    """Weighs the refresh tokens of one tenant.

    Attributes:
        known: says what the tenant and the feeds know of an address.
    """

    tenant: Tenant
    database: Database
    keyring: Keyring
    epochs: RiskEpochs
    geography: Geography
    known: Callable[[str], Awaitable[Known]]
    count: CountRisk
    clock: Clock

    async def __call__(self, of: Refreshing) -> Literal["", "refuse", "end"]:
        """Return what becomes of a token."""
        judge = RiskJudge(self.tenant.settings.risk, await self.epochs.of(self.tenant.id), self.geography)
        risk = await self._judged(judge, of)
        if risk is None:
            return ""
        self.count(risk.action, *risk.gravest, risk.found.probability)
        if risk.decision.reached & {"challenge", "deny"}:
            async with self.database.begin(self.tenant.id) as unit:
                await note(judge, unit, of.customer_id, risk, of.came_from)
        if risk.does("deny"):
            return "end"
        return "refuse" if risk.does("challenge") else ""

    async def _judged(self, judge: RiskJudge, of: Refreshing) -> Judged | None:
        vault = await self.keyring.subject(self.tenant.id, of.customer_id)
        if vault is None:
            return None
        address = of.came_from.address
        seen = origin_seen(self.geography, address, self.clock.now(), await self.known(address))
        async with self.database.read(self.tenant.id) as unit:
            return await held_against(judge, unit, (of.customer_id, vault), seen, ("refresh", of.client_id))


def origin_seen(geography: Geography, address: str, now: Instant, known: Known) -> Sighting:
    """Return what the token of an application shows: where it comes from, and nothing of a browser."""
    where = known.beside(geography.of(address))
    standing = Standing(where.anonymiser, where.hosting, known.is_listed, where.carrier)
    return Sighting(now, where.values, None, where.place, standing)
