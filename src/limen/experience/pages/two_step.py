"""Two-step verification on the account page: what there is, and the journeys by which it changes.

Each change is a journey of its own, which asks for a fresh proof first: a code where there is a second factor, a recent
sign-in where there is none.
"""

from typing import Any, Final

from starlette.responses import Response

from limen.access.factors.records import MOST_APPS, apps, codes_left, open_secret
from limen.access.journeys.arrival import Arrived
from limen.access.journeys.context import Account
from limen.access.journeys.records import JourneyState, Path, Task
from limen.access.journeys.steps.authenticator_app import ADD, REMOVE
from limen.access.journeys.steps.recovery_codes import RENEW
from limen.experience.pages.errors import refused
from limen.experience.pages.steps import arrived
from limen.experience.pages.visit import Visit
from limen.kernel.errors import Refusal

TASKS: Final = frozenset({ADD, REMOVE, RENEW})


async def two_step(visit: Visit, account: Account) -> dict[str, Any]:
    """Return what the account page shows of an account's second factors."""
    parts = visit.journey_parts
    async with parts.read(parts.tenant_id) as unit:
        factors = await unit.factors.of_customer(account.customer.id)
    vault = await parts.directory.vault_of(account.customer.id)
    held = apps(factors) if vault is not None else ()
    return {
        "apps": [
            {
                "id": factor.id,
                "name": open_secret(vault, factor).name,
                "added": factor.created_at,
                "used": factor.last_used_at,
            }
            for factor in held
            if vault is not None
        ],
        "codes_left": codes_left(factors),
        "codes_used": max((f.last_used_at for f in factors if not f.is_app and f.last_used_at), default=None),
        "may_add": len(held) < MOST_APPS,
    }


async def change(visit: Visit, account: Account, form: dict[str, str]) -> Response:
    """Begin the journey that changes what the form names."""
    task, factor_id, name = form["intent"], form.get("factor", ""), ""
    if task == REMOVE:
        shown = await two_step(visit, account)
        found = [app for app in shown["apps"] if app["id"] == factor_id]
        if not found:
            return visit.go("/account")
        name = found[0]["name"]
    state = JourneyState(
        path=Path.SIGN_IN,
        email=account.customer.profile.email,
        customer_id=account.customer.id,
        session_id=account.session.id,
        task=Task(task, factor_id if task == REMOVE else "", name),
    )
    begun = await visit.begin(state)
    if isinstance(begun, Refusal):
        return refused(visit, begun)
    return arrived(visit, begun) if isinstance(begun, Arrived) else visit.go(f"/journey/{begun}")
