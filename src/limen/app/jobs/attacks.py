"""Attacks that were recognised: each process adds what it counted, and one of them sees to those that all forgot."""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from limen.app.basis import Basis
from limen.app.jobs.runner import Job
from limen.app.jobs.upkeep import all_tenants
from limen.identity.tenants.records import Tenant
from limen.integration.api.parts import Guards
from limen.kernel.ids import TenantId
from limen.trust.attacks.following import NOTHING, Following
from limen.trust.attacks.tallies import Tallies
from limen.trust.risk.whereabouts import Geography

_log = structlog.get_logger("limen.attacks")


@dataclass(frozen=True, slots=True)
class AttackJobs:
    """Follows the attacks of all tenants."""

    basis: Basis
    guards: Guards
    tallies: Tallies
    geography: Geography

    def timetable(self) -> tuple[Job, ...]:
        """Return what is done when."""
        return (
            Job("attacks", self.run, 20, 10, is_leased=False),
            Job("attacks-of-all", self.run_all, 60, 30),
        )

    async def run(self) -> int:
        """Add what this process counted to the attacks of its tenants; return how many were found to be over."""
        over = 0
        for tenant_id, counted in self.tallies.fresh().items():
            try:
                tenant = await self.basis.storage.tenants.get(TenantId(tenant_id))
                over += await self._follow(tenant, counted) if tenant is not None else 0
            except Exception:  # noqa: BLE001 - what was counted of the others is not lost for one
                _log.exception("attacks.not_followed", tenant=tenant_id)
        return over

    async def run_all(self) -> int:
        """Look at every tenant; return how many attacks were found to be over."""
        over = 0
        async for tenant in all_tenants(self.basis.storage):
            over += await self._follow(tenant, NOTHING)
        return over

    async def _follow(self, tenant: Tenant, counted: Mapping[str, int]) -> int:
        database = self.basis.storage.database
        async with database.read(tenant.id) as unit:
            goes_on = bool(await unit.attacks.open())
        if not goes_on or not tenant.is_active:  # nobody is told while a tenant is shut
            return 0
        return await Following(await self.guards(tenant), self.geography, database.begin)(counted)
