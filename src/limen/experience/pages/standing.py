"""A form writes nothing for somebody who is not signed in any more, or administers otherwise, while it is answered."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import replace

from limen.access.journeys.context import Account
from limen.access.journeys.dispatcher import Journeys
from limen.access.journeys.facts import stands
from limen.experience.pages.parts import Begin, PageUnit
from limen.experience.pages.visit import Visit
from limen.identity.tenants.management import Tenancy
from limen.identity.tenants.records import Tenant
from limen.kernel.clock import SECOND
from limen.kernel.ids import TenantId


class EndedError(Exception):
    """The session was ended, or the role taken away, meanwhile: nothing is written."""


def standing(visit: Visit, account: Account, role: str = "") -> Visit:
    """Return *visit* as it is, but that each unit it writes looks first whether *account* stands still, in its *role*.

    A passphrase waits to be judged and a copy to be gathered: who signs a thief out in that time has done so. Whatever
    a page writes by passes here: its own units, those of its journeys and merges, and of the tenant's settings.
    """
    begin = _standing(visit, account, role)

    def tenancy(tenant: Tenant) -> Tenancy:
        return replace(visit.parts.tenancy(tenant), begin=begin)

    held, parts = copy(visit), visit.journey_parts
    held.parts = replace(visit.parts, begin=begin, tenancy=tenancy)
    held.journey_parts = replace(parts, begin=begin, merging=replace(parts.merging, begin=begin))
    held.journeys = Journeys(held.journey_parts)
    return held


def _standing(visit: Visit, account: Account, role: str) -> Begin:
    begin = visit.parts.begin

    @asynccontextmanager
    async def begun(tenant_id: TenantId) -> AsyncIterator[PageUnit]:
        async with begin(tenant_id) as unit:
            if not await _is_standing(visit, unit, account, role):
                raise EndedError
            yield unit

    return begun


async def _is_standing(visit: Visit, unit: PageUnit, account: Account, role: str) -> bool:
    """Tell whether *account* is signed in and, where it has one, administers in *role*, as *unit* sees it."""
    customer_id, idle = account.customer.id, visit.desk.lifetimes.session_idle * SECOND
    session = await unit.sessions.get(account.session.id)
    if session is None or not session.is_live(visit.journey_parts.clock.now(), idle):
        return False
    customer = await unit.customers.get(customer_id)
    if customer is None or not stands(session, customer):
        return False
    return not role or await unit.administrators.role(customer_id) == role
