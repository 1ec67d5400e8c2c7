"""The links in notices: *it was not me*, *undo*, *stop it*. Looking at one does nothing; a POST does it, once."""

from limen.access.http import HotResponse
from limen.access.safety.securing import Securing
from limen.experience.pages.errors import refused
from limen.experience.pages.visit import Visit
from limen.kernel.errors import Refusal


async def secure(visit: Visit) -> HotResponse:
    """Show what a link does, or do it. Nobody has to be signed in: whoever holds the mail may."""
    token = visit.request.names["token"]
    scope, securing = f"secure:{token}", Securing(visit.journey_parts.safety)
    if visit.request.method != "POST":
        looked = await securing.look(token)
        if isinstance(looked, Refusal):
            return refused(visit, looked)
        context = {"action": f"{visit.prefix}/secure/{token}", "csrf": visit.csrf(scope), "kind": looked.kind.value}
        return visit.page("secure.html", context)
    form = await visit.form(scope)
    if isinstance(form, Refusal):
        return refused(visit, form)
    done = await securing.act(token, visit.context)
    if isinstance(done, Refusal):
        return refused(visit, done)
    return visit.page("secured.html", {"kind": done.kind.value, "recover_url": f"{visit.prefix}/recover"})
