"""The link in the message that an account will be deleted. Looking at it does nothing; a POST cancels, once."""

from limen.access.account.deletion import cancel, pending
from limen.access.http import HotResponse
from limen.experience.pages.account.owner import parts_of
from limen.experience.pages.errors import refused
from limen.experience.pages.visit import Visit
from limen.kernel.errors import Expired, Refusal

_SPENT = Expired("link_spent", "unknown, used, void or expired")


async def keep_account(visit: Visit) -> HotResponse:
    """Show when the account goes, or let it stay. Nobody has to be signed in: whoever holds the mail may."""
    token = visit.request.names["token"]
    scope, parts = f"keep-account:{token}", parts_of(visit)
    request = await pending(parts, token)
    if request is None:  # cancelled before, or carried out; and whoever guesses learns no more
        return refused(visit, _SPENT)
    if visit.request.method != "POST":
        action = f"{visit.prefix}/keep-account/{token}"
        return visit.page("keep_account.html", {"action": action, "csrf": visit.csrf(scope), "due_at": request.due_at})
    form = await visit.form(scope)
    if isinstance(form, Refusal):
        return refused(visit, form)
    if not await cancel(parts, request, "link", visit.context):
        return refused(visit, _SPENT)
    return visit.page("account_kept.html", {"account_url": f"{visit.prefix}/account"})
