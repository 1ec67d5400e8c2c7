"""Attacks while they happen, for whoever administers: state, the last hour as a chart, networks, and what can be done.

The chart is drawn here, as SVG without script or style. The page asks for itself again every fifteen seconds, until
that is switched off.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from limen.access.http import HotResponse
from limen.experience.pages.answers import saying
from limen.experience.pages.console.here import Administering, administered
from limen.experience.pages.errors import refused
from limen.experience.pages.visit import Visit
from limen.identity.administrators import Actor
from limen.identity.tenants.management import TenantChange
from limen.identity.tenants.steering import with_bar, with_blocked, without_blocked
from limen.kernel.errors import Invalid, Refusal
from limen.trust.attacks.alerts import Attack
from limen.trust.attacks.live import SHOWN_ATTACKS, Live, live
from limen.trust.attacks.tallies import Tallied

SECONDS: Final = 15
_HEIGHT, _WIDTH, _STEP = 120, 600, 10
_LAYERS: Final[Mapping[str, Callable[[Tallied], int]]] = {
    "right": lambda minute: minute.enough,
    "wrong": lambda minute: minute.counts["wrong"],
    "challenged": lambda minute: minute.challenges,
    "blocked": lambda minute: minute.blocks,
}
"""What is stacked in each minute, from the bottom."""


@administered
async def security(visit: Visit, who: Administering) -> HotResponse:
    """Show how the tenant stands; block a network or move the bar on request."""
    parts = visit.journey_parts
    async with visit.parts.read(parts.tenant_id) as unit:
        attacks = await unit.attacks.latest(SHOWN_ATTACKS)
    problem = ""
    if visit.request.method == "POST":
        form = await visit.form("security")
        if isinstance(form, Refusal):
            return refused(visit, form)
        problem = await _steer(visit, form, who.actor.name)
        if not problem:
            return visit.go("/admin/security")
    refreshes = visit.request.parameter("refresh") != "off" and not problem
    context = _context(visit, await live(parts.guard, attacks), problem, refreshes)
    page = visit.page("security.html", context, 400 if problem else 200)
    return saying(page, ("refresh", str(SECONDS))) if refreshes else page


async def _steer(visit: Visit, form: dict[str, str], name: str) -> str:
    """Do what a button says; return what is wrong, as a message key, or nothing."""
    network, tenant = form.get("network", ""), visit.journey_parts.desk.tenant
    tenancy = visit.parts.tenancy(tenant)
    current = await tenancy.read(tenant.slug)
    if isinstance(current, Refusal):
        return "error.invalid"
    settings = current.settings
    match form.get("intent"):
        case "block":
            settings = with_blocked(settings, network)
        case "unblock":
            settings = without_blocked(settings, network)
        case "raise" | "lower" as intent:
            settings = with_bar(settings, raised=intent == "raise")
        case _:
            return "error.invalid"
    actor, changed = Actor(name, visit.context.request_id), TenantChange(settings=settings)
    outcome = await tenancy.update(tenant.slug, changed, actor, expected_version=current.version)
    if isinstance(outcome, Invalid):
        return "error.network_invalid"
    return "error.stale" if isinstance(outcome, Refusal) else ""


def _context(visit: Visit, found: Live, problem: str, refreshes: bool) -> dict[str, Any]:  # noqa: FBT001
    return {
        "action": f"{visit.prefix}/admin/security",
        "csrf": visit.csrf("security"),
        "problem": problem,
        "state": found.state,
        "mode": found.mode,
        "totals": {
            "attempts": sum(minute.attempts for minute in found.minutes),
            "challenges": sum(minute.challenges for minute in found.minutes),
            "blocks": sum(minute.blocks for minute in found.minutes),
            "worked": found.total("worked"),
            "sign_ups": found.total("sign_ups_refused"),
        },
        "layers": [
            {"kind": kind, "count": sum(count(minute) for minute in found.minutes)} for kind, count in _LAYERS.items()
        ],
        "chart": chart(found),
        "networks": [
            {"network": name, "failures": count, "blocked": name in found.blocked} for name, count in found.networks
        ],
        "attacks": [attack(one) for one in found.attacks],
        "blocked": list(found.blocked),
        "feeds": [
            {
                "name": one.name,
                "action": one.action,
                "kind": one.kind,
                "ranges": one.ranges,
                "minutes": one.age_seconds // 60,
            }
            for one in found.feeds
        ],
        "refreshes": refreshes,
        "refresh_url": f"{visit.prefix}/admin/security{'?refresh=off' if refreshes else ''}",
        "refresh_seconds": SECONDS,
    }


def attack(one: Attack) -> dict[str, Any]:
    """Return an attack as the page shows it."""
    return {
        "kind": one.kind,
        "severity": one.severity.word,
        "began": one.began_at,
        "ended": one.ended_at,
        "minutes": one.seconds // 60,
        "networks": [" ".join(filter(None, (at.network, at.asn))) for at in one.networks],
        "tries": {"wrong": one.tries.wrong, "stopped": one.tries.stopped, "doubted": one.tries.doubted},
    }


def chart(found: Live) -> dict[str, Any]:
    """Return the bars of the last hour: each with its place, its height, and what it stands for."""
    stacks = [[count(minute) for count in _LAYERS.values()] for minute in found.minutes]
    most = max(1, *(sum(stack) for stack in stacks))
    bars = []
    for column, stack in enumerate(stacks):
        base = 0.0
        for name, count in zip(_LAYERS, stack, strict=True):
            height = count * _HEIGHT / most
            base += height
            if count:
                top = round(_HEIGHT - base, 1)
                bars.append({"x": column * _STEP + 1, "y": top, "h": round(height, 1), "kind": name})
    return {"bars": bars, "width": _WIDTH, "height": _HEIGHT, "bar": _STEP - 2, "most": most}
