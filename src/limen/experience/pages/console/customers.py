"""Finding customers by a word, and one of them. What is looked for is posted, so that it stands in no address."""

import re
from datetime import date, timedelta
from typing import Any, Final

from limen.access.http import HotResponse
from limen.experience.pages.console.here import Administering, administered
from limen.experience.pages.errors import refused
from limen.experience.pages.visit import Visit
from limen.identity.customers.find import Asked, Finding, Page, Searched
from limen.identity.customers.records import Customer
from limen.identity.profiles.claims import hidden_claims
from limen.identity.profiles.values import brought_up, readable
from limen.identity.search.records import IndexState, Match
from limen.kernel.errors import Conflict, Invalid, NotFound, Refusal
from limen.kernel.ids import CustomerId

ROWS: Final = 20
ID: Final = re.compile(CustomerId.pattern())
_PATH: Final = "/admin/customers"
_SCOPE: Final = "customers"
_NAMED: Final = ("email", "username", "phone_number")
_LABELLED: Final = (*_NAMED, "name", "given_name", "family_name")
_LONGEST_CURSOR: Final = 2_000
_PROBLEMS: Final = {"search.too_short": "error.search_too_short", "search.not_searchable": "error.search_field"}


@administered
async def customers(visit: Visit, who: Administering) -> HotResponse:
    """Show what to look for, and who was found."""
    typed: dict[str, str] = {"field": "email", "value": "", "match": Match.EXACT.value}
    found: Page | Refusal | None = None
    cursor = visit.request.parameter("after")
    if visit.request.method == "POST":
        form = await visit.form(_SCOPE)
        if isinstance(form, Refusal):
            return refused(visit, form)
        typed = {name: form.get(name, given)[:256].strip() for name, given in typed.items()}
        found = await _found(visit, who, typed)
    elif cursor:
        asked = await finding(visit).resume(cursor) if len(cursor) <= _LONGEST_CURSOR else Invalid("invalid_cursor")
        if isinstance(asked, Refusal):
            return refused(visit, asked)
        found = await finding(visit).find(asked, who.actor, ROWS)
    return await _page(visit, typed, found)


async def _found(visit: Visit, who: Administering, typed: dict[str, str]) -> Page | Refusal:
    match = Match.PREFIX if typed["match"] == Match.PREFIX else Match.EXACT
    return await finding(visit).find(Asked(Searched(typed["field"], typed["value"], match)), who.actor, ROWS)


def finding(visit: Visit) -> Finding:
    """Return what finds the tenant's customers."""
    parts = visit.journey_parts
    return Finding(parts.tenant_id, visit.parts.begin, visit.parts.read, parts.directory)


async def _page(visit: Visit, typed: dict[str, str], found: Page | Refusal | None) -> HotResponse:
    async with visit.parts.read(visit.journey_parts.tenant_id) as unit:
        ready = [one.field for one in await unit.search.indexes() if one.state is IndexState.READY]
    fields = list(dict.fromkeys((*_NAMED, *ready)))
    page = found if isinstance(found, Page) else None
    hidden = hidden_claims(visit.desk.tenant.settings.profile, "administrator")
    here = f"{visit.prefix}{_PATH}"
    context = {
        "action": here,
        "csrf": visit.csrf(_SCOPE),
        "problem": _problem(found) if isinstance(found, Refusal) else "",
        "fields": [{"value": name, "kind": name if name in _LABELLED else ""} for name in fields],
        "typed": typed,
        "is_answer": page is not None,
        "found": [
            {"url": f"{here}/{one.id}", "name": told.name, "email": told.email, "state": one.state.value}
            for one in (page.customers if page is not None else ())
            for told in (one.profile.hiding(hidden),)
        ],
        "more_url": f"{here}?after={page.cursor}" if page is not None and page.cursor else None,
        "home_url": f"{visit.prefix}/admin",
    }
    return visit.page("console/customers.html", context, 400 if context["problem"] else 200)


def _problem(refusal: Refusal) -> str:
    if isinstance(refusal, Conflict):
        return "error.search_building"
    return next((_PROBLEMS[code] for code in refusal.fields.values() if code in _PROBLEMS), "error.search_value")


@administered
async def customer(visit: Visit, _who: Administering) -> HotResponse:
    """Show one customer as an administrator may see them."""
    found = await opened(visit)
    if isinstance(found, NotFound):
        return refused(visit, found)
    context = {
        "back_url": f"{visit.prefix}{_PATH}",
        "merge_url": f"{visit.prefix}{_PATH}/{found.id}/merge",
        "one": _shown(visit, found),
    }
    return visit.page("console/customer.html", context)


async def opened(visit: Visit) -> Customer | NotFound:
    """Return the customer whom the address names."""
    name, parts = visit.request.names["customer"], visit.journey_parts
    sealed = None
    if ID.fullmatch(name):
        async with visit.parts.read(parts.tenant_id) as unit:
            sealed = await unit.customers.get(CustomerId(name))
    return await parts.directory.open(sealed) or NotFound("customer_not_found")


def _shown(visit: Visit, found: Customer) -> dict[str, Any]:
    settings = visit.desk.tenant.settings.profile
    profile = found.profile.hiding(hidden_claims(settings, "administrator"))
    kept = readable(settings, brought_up(settings, profile.attributes), "administrator")
    last = date(1970, 1, 1) + timedelta(days=found.seen_on) if found.seen_on is not None else None
    return {
        "id": found.id,
        "state": found.state.value,
        "name": profile.name,
        "email": profile.email,
        "is_verified": profile.email_verified,
        "username": profile.username,
        "phones": [one.value for one in profile.phones],
        "locale": profile.locale,
        "attributes": [{"name": name, "value": str(value)} for name, value in sorted(kept.items())],
        "created_at": found.created_at,
        "last_on": last.isoformat() if last is not None else "",
    }
