"""What waits for the answer of who is signed in here (CIBA): looked at one by one, then answered by the journey."""

from typing import Any, Final

from limen.access.decoupled.answering import OVER, Asked, deny, find
from limen.access.http import HotResponse
from limen.access.journeys.context import Account
from limen.experience.pages.accounts import accounts_here, sign_in_first
from limen.experience.pages.authorize import answer
from limen.experience.pages.errors import refused
from limen.experience.pages.visit import Visit
from limen.experience.pages.waiting import waiting_for
from limen.kernel.errors import Refusal

_SCOPE: Final = "approve"


async def approve(visit: Visit) -> HotResponse:
    """List what waits, or take an answer. A GET changes nothing (security, *Links in mail*)."""
    found = await accounts_here(visit)
    if not found:
        return await sign_in_first(visit)
    if visit.request.method != "POST":
        return _page(visit, await waiting_for(visit, found))
    form = await visit.form(_SCOPE)
    if isinstance(form, Refusal):
        return refused(visit, form)
    asked = await _asked(visit, found, form.get("request", ""))
    if isinstance(asked, Refusal):
        return refused(visit, asked)
    decision = form.get("decision", "")
    if decision == "continue":
        return await answer(visit, asked.request)
    if decision != "deny":
        return _page(visit, await waiting_for(visit, found))
    customer_id = str(asked.row.customer_id)
    async with visit.parts.begin(visit.journey_parts.tenant_id) as unit:
        denied = await deny(unit, visit.desk, asked.row.id, customer_id, visit.context)
    name = asked.client.document.client_name
    return visit.page("device_done.html", {"approved": False, "client_name": name}) if denied else refused(visit, OVER)


async def _asked(visit: Visit, found: tuple[Account, ...], request_id: str) -> Asked | Refusal:
    async with visit.parts.read(visit.journey_parts.tenant_id) as unit:
        asked = await find(unit, visit.desk, request_id)
    mine = {account.customer.id for account in found}
    return asked if isinstance(asked, Refusal) or asked.row.customer_id in mine else OVER


def _page(visit: Visit, waiting: list[Asked]) -> HotResponse:
    shown: list[dict[str, Any]] = [
        {
            "id": one.row.id,
            "client_name": one.client.document.client_name,
            "binding_message": one.content.binding_message,
            "network": one.content.network,
            "asked": one.row.created_at,
        }
        for one in waiting
    ]
    context = {"action": f"{visit.prefix}/approve", "csrf": visit.csrf(_SCOPE), "waiting": shown}
    return visit.page("approve.html", context)
