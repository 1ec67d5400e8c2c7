"""The first administrator's set-up page, and an administrator's first page."""

from typing import Any

from limen.access.console import mint
from limen.access.console.mint import Administrator
from limen.access.http import HotResponse
from limen.access.journeys.arrival import Arrived
from limen.access.journeys.records import JourneyState, Path
from limen.access.journeys.views import Problem, problem_of
from limen.access.sessions.records import PASSWORD, Evidence
from limen.experience.pages.answers import retrying
from limen.experience.pages.console.here import Administering, administered
from limen.experience.pages.errors import refused
from limen.experience.pages.steps import arrived
from limen.experience.pages.visit import Visit
from limen.identity.credentials.choose import NotChosen
from limen.identity.customers.records import Customer
from limen.identity.setup import Applicant, FirstAdministrator
from limen.kernel.errors import Conflict, Expired, Refusal


async def setup(visit: Visit) -> HotResponse:
    """Make the first administrator, by a link that works once. Looking at it does not use it."""
    token = visit.request.names["token"]
    use = _first_administrator(visit)
    spent = await use.awaits(token)
    if spent is not None:
        return refused(visit, spent)
    if visit.request.method != "POST":
        await visit.ensure_browser()
        return _setup_page(visit, token, {}, None)
    form = await visit.form(f"setup:{token}")
    if isinstance(form, Refusal):
        return refused(visit, form)
    email, password = form.get("email", ""), form.get("password", "")
    made = await use.appoint(token, Applicant(email, password, visit.locale, visit.context.request_id))
    if isinstance(made, Customer):
        return await _enter(visit, made)
    if isinstance(made.refusal, Expired):
        return refused(visit, made.refusal)
    return _setup_page(visit, token, {"email": email[:254]}, _problem(made))


def _first_administrator(visit: Visit) -> FirstAdministrator:
    parts = visit.journey_parts
    return FirstAdministrator(
        tenant=parts.desk.tenant,
        begin=visit.parts.begin,
        reading=visit.parts.read,
        directory=parts.directory,
        hasher=parts.hasher,
        policy=parts.policy,
        clock=parts.clock,
        breaches=parts.breaches.guard,
    )


def _problem(made: NotChosen) -> Problem:
    """Return what the page says; the address of an account is as little use here as none."""
    if isinstance(made.refusal, Conflict) or "email" in made.refusal.fields:
        return Problem({"email": "error.email_invalid"})
    return problem_of(made.refusal)


async def _enter(visit: Visit, customer: Customer) -> HotResponse:
    proof = Evidence(PASSWORD, visit.journey_parts.clock.now())
    state = JourneyState(path=Path.SIGN_UP, customer_id=customer.id, evidence=(proof,))
    begun = await visit.begin(state)
    if not isinstance(begun, Arrived):
        return visit.go("/sign-in")
    arrived(visit, begun)
    return visit.go("/admin")


def _setup_page(visit: Visit, token: str, values: dict[str, str], problem: Problem | None) -> HotResponse:
    view = {
        "values": values,
        "errors": problem.errors if problem is not None else {},
        "notice": problem.notice if problem is not None else None,
        "data": {"min_length": visit.journey_parts.policy.minimum, "feedback": []},
    }
    context = {"action": f"{visit.prefix}/setup/{token}", "csrf": visit.csrf(f"setup:{token}"), "view": view}
    if problem is None:
        return visit.page("setup.html", context)
    return retrying(visit.page("setup.html", context, problem.status), problem.retry_after)


@administered
async def admin(visit: Visit, here: Administering) -> HotResponse:
    """Show an administrator what there is, and mint an API token on request."""
    parts, who, role = visit.journey_parts, here.account, here.role
    token = None
    if visit.request.method == "POST":
        form = await visit.form("admin")
        if isinstance(form, Refusal):
            return refused(visit, form)
        asking = Administrator(who.customer, who.session, role, visit.context.request_id)
        minted = await mint(parts.desk, visit.parts.begin, asking)
        if isinstance(minted, Refusal):
            return refused(visit, minted)
        token = minted
    context: dict[str, Any] = {
        "action": f"{visit.prefix}/admin",
        "csrf": visit.csrf("admin"),
        "customer": {"name": who.customer.profile.name, "email": who.customer.profile.email},
        "role": role,
        "api_docs_url": f"{visit.prefix}/api/v1/openapi.json",
        "security_url": f"{visit.prefix}/admin/security",
        "risk_url": f"{visit.prefix}/admin/risk",
        "customers_url": f"{visit.prefix}/admin/customers",
        "privacy_url": f"{visit.prefix}/admin/privacy",
        "token": token,
        "expires_seconds": visit.desk.lifetimes.access_token if token else 0,
    }
    return visit.page("admin.html", context)
