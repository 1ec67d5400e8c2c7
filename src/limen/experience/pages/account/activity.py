"""What happened to the account: read from the audit log, opened with the customer's own key, a page at a time."""

from typing import Any

from limen.access.account.history import history
from limen.access.account.records import Happening
from limen.experience.pages.account.devices import surroundings
from limen.experience.pages.account.look import Look, Shown
from limen.experience.pages.visit import Visit

_LONGEST_CURSOR = 200


async def show(look: Look) -> Shown:
    """Return a page of it, newest first, and where older entries are."""
    visit = look.visit
    cursor = visit.request.parameter("before")[:_LONGEST_CURSOR]
    names = NameOf(visit)
    owner = (look.account.customer.id, look.vault)
    found, onward = await history(look.unit, owner, names, cursor=cursor)
    address = f"{visit.prefix}/account/activity"
    return {
        "happenings": [_shown(visit, one) for one in found],
        "older_url": f"{address}?before={onward}" if onward else None,
        "newest_url": address if cursor else None,
    }


class NameOf:
    """What applications call themselves; from the desk's memory, where it was asked before."""

    def __init__(self, visit: Visit) -> None:
        """Ask the tenant's desk."""
        self._desk = visit.desk

    async def __call__(self, client_id: str) -> str:
        """Return a client's name; its identifier where it is gone."""
        loaded = await self._desk.clients(client_id)
        return loaded.client.document.client_name if loaded is not None else client_id


def _shown(visit: Visit, happening: Happening) -> dict[str, Any]:
    return {
        "event": happening.event,
        "at": happening.at,
        "refused": happening.is_refused,
        "new_device": happening.data.get("new_device") is True,
        "client_name": happening.client_name,
        **surroundings(visit, happening.seen),
    }
