"""Attacks while they happen: how the tenant stands, networks to keep out, and the bar."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response

from limen.identity.administrators import AUDIT_PERSONAL, SECURITY_READ, SECURITY_WRITE, Actor
from limen.identity.audit.reading import AuditReading
from limen.identity.tenants.management import Tenancy, TenantChange
from limen.identity.tenants.patterns import PatternSettings
from limen.identity.tenants.patterns import problems_of as pattern_problems
from limen.identity.tenants.records import Tenant, TenantSettings
from limen.identity.tenants.steering import with_bar, with_blocked, without_blocked
from limen.integration.api.answers import CurrentCall, answer, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.models.attacks import AttacksShown, BarSent, NetworkSent, shown
from limen.integration.api.models.patterns import PatternsTried, PatternTrial, shown_tried
from limen.integration.api.parts import PREFIX
from limen.integration.api.problems import Refused
from limen.integration.api.route import Call, GuardedRoute
from limen.kernel.clock import SECOND, Instant
from limen.kernel.errors import Invalid
from limen.trust.attacks.live import SHOWN_ATTACKS, live
from limen.trust.fraud.patterns import rules_of
from limen.trust.fraud.trying import Trying

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


@router.post(
    "/patterns/try",
    response_model=PatternsTried,
    responses=answers(body=True),
    openapi_extra=needs(AUDIT_PERSONAL),
)
async def try_patterns(call: CurrentCall, body: PatternTrial) -> Response:
    """Try patterns of fraud on the audit log: what each would have held for. Opening records is on record."""
    parts, tenant = call.parts, call.desk.tenant
    rules = rules_of(tenant.settings.patterns)
    if body.rules is not None:
        given = msgspec.convert({"shipped": "off", "rules": [one.model_dump() for one in body.rules]}, PatternSettings)
        problems = dict(pattern_problems(given, "body"))
        if problems:
            raise Refused(Invalid("invalid_request", ", ".join(problems), problems))
        rules = given.rules
    guard = await parts.guards(tenant)
    reading = AuditReading(tenant.id, parts.begin, parts.reading, parts.keyring)
    trying = Trying(reading, parts.geography, guard.reputation, guard.networks)
    actor = Actor(call.actor.name, call.actor.request_id)
    return answer(shown_tried(ok(await trying(rules, (_instant(body.since), _instant(body.until)), actor, body.most))))


def _instant(moment: datetime | None) -> Instant:
    return max(1, int(moment.timestamp() * SECOND)) if moment is not None else 0


async def _steered(call: Call, change: Callable[[TenantSettings], TenantSettings]) -> Response:
    """Change the tenant's own settings; the scope is that of the door, and the record is in its own audit log."""
    parts, tenant = call.parts, call.desk.tenant
    tenancy = Tenancy(parts.begin, parts.reading, parts.keyring, parts.base_url, tenant.id, parts.clock, parts.entropy)
    actor = Actor(call.actor.name, call.actor.request_id)
    current = ok(await tenancy.read(tenant.slug))
    changed = TenantChange(settings=change(current.settings))
    return await _stands(call, ok(await tenancy.update(tenant.slug, changed, actor, expected_version=current.version)))


async def _stands(call: Call, tenant: Tenant) -> Response:
    async with call.parts.reading(tenant.id) as unit:
        attacks = await unit.attacks.latest(SHOWN_ATTACKS)
    return answer(shown(await live(await call.parts.guards(tenant), attacks)))
