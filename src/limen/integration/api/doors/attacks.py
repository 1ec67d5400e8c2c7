"""Attacks while they happen: how the tenant stands, networks to keep out, and the bar."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Response

from limen.identity.administrators import SECURITY_READ, SECURITY_WRITE, Actor
from limen.identity.tenants.management import Tenancy, TenantChange
from limen.identity.tenants.records import Tenant, TenantSettings
from limen.identity.tenants.steering import with_bar, with_blocked, without_blocked
from limen.integration.api.answers import CurrentCall, answer, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.models.attacks import AttacksShown, BarSent, NetworkSent, shown
from limen.integration.api.parts import PREFIX
from limen.integration.api.route import Call, GuardedRoute
from limen.trust.attacks.live import live

router = APIRouter(prefix=f"{PREFIX}/attacks", route_class=GuardedRoute, tags=["attacks"])


@router.get("", response_model=AttacksShown, responses=answers(), openapi_extra=needs(SECURITY_READ))
async def show_attacks(call: CurrentCall) -> Response:
    """Show how the tenant stands at this moment."""
    return await _stands(call, call.desk.tenant)


@router.post(
    "/blocked", response_model=AttacksShown, responses=answers(409, body=True), openapi_extra=needs(SECURITY_WRITE)
)
async def block_network(call: CurrentCall, body: NetworkSent) -> Response:
    """Keep a network out of sign-in and sign-up, known devices too."""
    return await _steered(call, lambda settings: with_blocked(settings, body.network))


@router.delete("/blocked", response_model=AttacksShown, responses=answers(409), openapi_extra=needs(SECURITY_WRITE))
async def unblock_network(call: CurrentCall, network: Annotated[str, Query(min_length=2, max_length=64)]) -> Response:
    """Let a network in again."""
    return await _steered(call, lambda settings: without_blocked(settings, network))


@router.put("/bar", response_model=AttacksShown, responses=answers(409, body=True), openapi_extra=needs(SECURITY_WRITE))
async def set_bar(call: CurrentCall, body: BarSent) -> Response:
    """Treat unknown devices as in an attack, until it is lowered again."""
    return await _steered(call, lambda settings: with_bar(settings, raised=body.raised))


async def _steered(call: Call, change: Callable[[TenantSettings], TenantSettings]) -> Response:
    """Change the tenant's own settings; the scope is that of the door, and the record is in its own audit log."""
    parts, tenant = call.parts, call.desk.tenant
    tenancy = Tenancy(parts.begin, parts.reading, parts.keyring, parts.base_url, tenant.id, parts.clock, parts.entropy)
    actor = Actor(call.actor.name, call.actor.request_id)
    current = ok(await tenancy.read(tenant.slug))
    changed = TenantChange(settings=change(current.settings))
    return await _stands(call, ok(await tenancy.update(tenant.slug, changed, actor, expected_version=current.version)))


async def _stands(call: Call, tenant: Tenant) -> Response:
    return answer(shown(await live(await call.parts.guards(tenant))))
