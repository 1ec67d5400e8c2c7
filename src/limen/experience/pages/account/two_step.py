"""Two-step verification: authenticator apps and recovery codes."""

from limen.access.factors.records import MOST_APPS, FactorKind, apps, codes_left, open_secret, second_steps
from limen.access.journeys.records import Task
from limen.access.journeys.steps.authenticator_app import ADD, REMOVE
from limen.access.journeys.steps.recovery_codes import RENEW
from limen.experience.pages.account.look import Done, Look, Shown, Taken, Turn
from limen.experience.pages.account.tasks import begin_task


async def show(look: Look) -> Shown:
    """Return the apps by name, and how many recovery codes are left."""
    factors = await look.factors()
    held = apps(factors)
    spent = [one for one in factors if one.kind is FactorKind.RECOVERY and one.last_used_at]
    return {
        "apps": [
            {
                "id": factor.id,
                "name": open_secret(look.vault, factor).name,
                "added": factor.created_at,
                "used": factor.last_used_at,
            }
            for factor in held
        ],
        "codes_left": codes_left(factors),
        "codes_used": max((code.last_used_at or 0 for code in spent), default=None),
        "is_on": bool(second_steps(factors)),
        "may_add": len(held) < MOST_APPS,
    }


async def add(turn: Turn) -> Taken:
    """Set up an app."""
    return await begin_task(turn, Task(ADD))


async def new_codes(turn: Turn) -> Taken:
    """Make recovery codes anew."""
    return await begin_task(turn, Task(RENEW))


async def remove(turn: Turn) -> Taken:
    """Remove the app that the form names, if it is the customer's."""
    parts = turn.visit.journey_parts
    async with parts.read(parts.tenant_id) as unit:
        factors = await unit.factors.of_customer(turn.account.customer.id)
    found = next((app for app in apps(factors) if app.id == turn.form.get("factor")), None)
    if found is None:
        return Done()
    return await begin_task(turn, Task(REMOVE, found.id, open_secret(turn.vault, found).name))


TAKES = {ADD: add, REMOVE: remove, RENEW: new_codes}
"""Intent to what takes it."""
