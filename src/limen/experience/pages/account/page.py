"""Showing a page of the account, and taking the forms of its sections."""

import hmac
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from limen.access.http import HotResponse
from limen.experience.pages.account.look import Again, Done, Look, Shown, Turn, look
from limen.experience.pages.account.table import ANYWHERE, PAGES, Page, page_named, sections_of
from limen.experience.pages.accounts import sign_in_first
from limen.experience.pages.answers import retrying
from limen.experience.pages.errors import error_page, refused
from limen.experience.pages.logout import end_sessions, signed_out
from limen.experience.pages.standing import EndedError, standing
from limen.experience.pages.visit import Visit
from limen.kernel.errors import Refusal

_SCOPE: Final = "account"
_DONE: Final = "done"
_UNTOUCHED: Final[Mapping[str, Any]] = {"values": {}, "errors": {}, "notice": None, "data": {}}


async def account(visit: Visit) -> HotResponse:
    """Show a page of the account of the newest session here, or take a form of it."""
    page = page_named(visit.request.names.get("page", "overview"))
    if page is None:
        return error_page(visit, 404, "not_found")
    parts = visit.journey_parts
    async with visit.parts.read(parts.tenant_id) as unit:
        seen = await look(visit, unit)
        if seen is not None and visit.request.method != "POST":
            return await _show(seen, page)
    return await (sign_in_first(visit) if seen is None else _take(seen, page))


async def _take(seen: Look, page: Page) -> HotResponse:
    """Take the form of a section. What is done is shown by a GET, so that a reload repeats nothing."""
    visit = seen.visit
    form = await visit.form(_SCOPE)
    if isinstance(form, Refusal):
        return refused(visit, form)
    intent = form.get("intent", "")
    if intent == "sign_out":
        return signed_out(visit, await end_sessions(visit, [one.session for one in seen.accounts]))
    takes = (section.takes for section in (*sections_of(page), *ANYWHERE))
    take = next((found[intent] for found in takes if intent in found), None)
    if take is None:
        return visit.go(page.path)
    visit = standing(visit, seen.account)
    try:
        taken = await take(Turn(visit, seen.accounts, seen.vault, page.path, form))
    except EndedError:
        return visit.go(page.path)
    if isinstance(taken, Done):
        query = urlencode({**taken.query, **({_DONE: _done_token(visit, taken.notice)} if taken.notice else {})})
        return visit.go(page.path + (f"?{query}" if query else ""))
    if not isinstance(taken, Again):
        return taken
    async with visit.parts.read(visit.journey_parts.tenant_id) as unit:
        again = await look(visit, unit)
        return visit.go(page.path) if again is None else await _show(again, page, taken)


async def _show(seen: Look, page: Page, again: Again | None = None) -> HotResponse:
    """Show every section of *page*; that of *again* as it was filled in."""
    visit = seen.visit
    shown: dict[str, Shown] = {}
    for section in sections_of(page):
        data = await section.show(seen)
        view = {**_UNTOUCHED, "values": data.get("values", {})}
        if again is not None and again.section == section.name:
            view |= {"values": {**view["values"], **again.values}, "errors": again.errors}
        shown[section.name] = {**data, "view": view}
    profile, leaving = seen.account.customer.profile, await seen.deletion()
    context = {
        "action": f"{visit.prefix}{page.path}",
        "csrf": visit.csrf(_SCOPE),
        "page": page.name,
        "pages": [{"name": one.name, "icon": one.icon, "url": f"{visit.prefix}{one.path}"} for one in PAGES],
        "zone": profile.zoneinfo,
        "customer": {"name": profile.name, "email": profile.email},
        "sections": shown,
        "leaves_at": leaving.due_at if leaving is not None else None,
        "notice": _notice(visit),
    }
    if again is None:
        return visit.page("account/page.html", context)
    return retrying(visit.page("account/page.html", context, again.status), again.retry_after)


def _done_token(visit: Visit, notice: str) -> str:
    """Return what brings *notice* to the next page; bound to this browser, so that nobody else can write it there."""
    return f"{notice}.{visit.csrf(f'{_SCOPE}:{notice}')[:16]}"


def _notice(visit: Visit) -> str | None:
    notice, _, proof = visit.request.parameter(_DONE).rpartition(".")
    is_ours = notice and hmac.compare_digest(proof.encode(), visit.csrf(f"{_SCOPE}:{notice}")[:16].encode())
    return notice if is_ours else None
