"""The link that ends such messages (RFC 8058). Looking at it does nothing; a POST withdraws, from a mail program too.

No cookie is asked for and none is set: the mail program that presses the button is nobody's browser. What the link ends
is in the link alone, so that a forged POST can do no more than whoever has the link may.
"""

import re
from typing import Final

from limen.access.http import HotResponse, parse_form
from limen.experience.pages.errors import error_page
from limen.experience.pages.visit import MAX_FORM, Visit
from limen.identity.consents.decide import Deciding, Source
from limen.identity.consents.unsubscribe import METHOD, ONE_CLICK, PATH, POST_FIELD, Links, is_subscribed, unsubscribe
from limen.kernel.errors import Refusal

_MULTIPART: Final = re.compile(rb'name="List-Unsubscribe"(?:\r\n[^\r\n]+)*\r\n\r\nOne-Click\r\n', re.IGNORECASE)


async def end_messages(visit: Visit) -> HotResponse:
    """Show what a link ends, or end it. The answer to a POST is a page and never a redirect (RFC 8058 §3.1)."""
    parts, desk = visit.journey_parts, visit.desk
    token = visit.request.names["token"]
    found = Links(desk.vault).read(token)
    if found is None:
        return error_page(visit, 404, "not_found")
    purpose = desk.purposes.get(found.purpose)
    title = purpose.terms.text(*visit.context.reads)[1].title if purpose is not None else ""
    context = {"action": f"{visit.prefix}{PATH}{token}", "title": title, "field": POST_FIELD, "value": ONE_CLICK}
    async with visit.parts.read(parts.tenant_id) as unit:
        latest = await unit.consents.latest(found.customer_id)
    if visit.request.method != "POST":
        is_on = is_subscribed(purpose, latest, parts.clock.now())
        return visit.page("unsubscribe.html", {**context, "is_over": not is_on})
    if not await _is_one_click(visit):
        return error_page(visit, 400, "bad_request")
    deciding = Deciding(parts.tenant_id, visit.parts.begin, parts.keyring, parts.clock, parts.entropy)
    source = Source(METHOD, f"customer:{found.customer_id}", visit.context)
    await unsubscribe(deciding, purpose, found, latest, source)
    return visit.page("unsubscribe.html", {**context, "is_over": True})


async def _is_one_click(visit: Visit) -> bool:
    """Tell whether the body says so, in either of the two forms that RFC 8058 §3.2 has."""
    body = await visit.request.body()
    kind = visit.request.headers.get("content-type") or ""
    if kind.lower().startswith("multipart/form-data"):
        return _MULTIPART.search(body[:MAX_FORM]) is not None
    form = parse_form(body[: MAX_FORM + 1], kind)
    return not isinstance(form, Refusal) and form.get(POST_FIELD) == ONE_CLICK
