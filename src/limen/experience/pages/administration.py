"""The first administrator's set-up page, and an administrator's first page."""

from typing import Any

from starlette.responses import Response

from limen.access.clients.records import AuthMethod, Client, ClientDocument
from limen.access.journeys.arrival import Arrived
from limen.access.journeys.records import JourneyState, Path
from limen.access.oauth.code import Approval, issue_code
from limen.access.oauth.records import AuthorizationRequest
from limen.access.sessions.records import PASSWORD, Evidence, Session
from limen.access.tokens.grants.authorization_code import redeem_code
from limen.access.tokens.request import TokenRequest
from limen.experience.pages.account import accounts_here, sign_in_first
from limen.experience.pages.errors import refused
from limen.experience.pages.steps import arrived
from limen.experience.pages.visit import Visit
from limen.identity.administrators import SCOPES, Role, scopes_of
from limen.identity.credentials.context import context_words
from limen.identity.credentials.prepare import prepare
from limen.identity.credentials.records import seal_password
from limen.identity.customers.addresses import parse_email
from limen.identity.customers.records import Customer, Profile
from limen.identity.tenants.records import DEFAULT_SLUG
from limen.kernel.encoding import b64url, sha256
from limen.kernel.entropy import random_token
from limen.kernel.errors import Conflict, Expired, Forbidden, Refusal
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import ClientKey

FIRST_ADMINISTRATOR = "first-administrator"
CONSOLE = "limen-console"
PLATFORM_SCOPES = tuple(SCOPES)


async def setup(visit: Visit) -> Response:
    """Make the first administrator, by a link that works once. Looking at it does not use it."""
    token = visit.request.path_params["token"]
    parts, digest = visit.journey_parts, sha256(token.encode())
    async with visit.parts.read(parts.tenant_id) as unit:
        usable = await unit.setup_links.peek(digest, FIRST_ADMINISTRATOR, parts.clock.now())
    if not usable:
        return refused(visit, Expired("link_spent", "unknown, used or expired"))
    if visit.request.method != "POST":
        await visit.ensure_browser()
        return _setup_page(visit, token, {}, {})
    form = await visit.form(f"setup:{token}")
    if isinstance(form, Refusal):
        return refused(visit, form)
    email = parse_email(form.get("email", ""))
    typed = {"email": form.get("email", "")[:254]}
    if isinstance(email, Refusal):
        return _setup_page(visit, token, typed, {"email": "error.email_invalid"})
    hashed = await _hashed(visit, form.get("password", ""), email)
    if isinstance(hashed, Refusal):
        return _setup_page(visit, token, typed, dict(hashed.fields) or {"": f"error.{hashed.code}"})
    made = await _appoint(visit, digest, email, hashed)
    if isinstance(made, Conflict):
        return _setup_page(visit, token, typed, {"email": "error.email_invalid"})
    return refused(visit, made) if isinstance(made, Refusal) else await _enter(visit, made)


async def _hashed(visit: Visit, password: str, email: str) -> str | Refusal:
    parts = visit.journey_parts
    prepared = prepare(password)
    if isinstance(prepared, Refusal):
        return prepared
    verdict = await parts.policy.assess(parts.pool, password, context_words(email, parts.desk.tenant.name))
    refusal = verdict if isinstance(verdict, Refusal) else verdict.as_refusal()
    return refusal if refusal is not None else await parts.hasher.hash(prepared)


async def _appoint(visit: Visit, digest: bytes, email: str, hashed: str) -> Customer | Refusal:
    parts = visit.journey_parts
    now = parts.clock.now()
    role = Role.PLATFORM if parts.desk.tenant.slug == DEFAULT_SLUG else Role.TENANT
    customer, vault = await parts.directory.prepare(Profile(email=email, email_verified=True, locale=visit.locale))
    async with visit.parts.begin(parts.tenant_id) as unit:
        if not await parts.directory.add(unit, customer, vault):
            return Conflict("email_taken", "the address has an account")
        if not await unit.setup_links.use(digest, FIRST_ADMINISTRATOR, now):
            await unit.customers.delete(customer.id)
            return Expired("link_spent", "used meanwhile")
        await unit.passwords.put(seal_password(vault, customer.id, hashed, now))
        await unit.administrators.appoint(customer.id, role.value, now)
        unit.announce(Event("customer.registered", customer.id))
        unit.record(
            AuditEntry(
                event="administrator.appointed",
                actor="setup-link",
                subject=customer.id,
                request_id=visit.context.request_id,
                data={"role": role.value},
            )
        )
    return customer


async def _enter(visit: Visit, customer: Customer) -> Response:
    browser = await visit.ensure_browser()
    proof = Evidence(PASSWORD, visit.journey_parts.clock.now())
    state = JourneyState(path=Path.SIGN_UP, customer_id=customer.id, evidence=(proof,))
    begun = await visit.journeys.begin(state, browser.id, visit.context)
    if not isinstance(begun, Arrived):
        return visit.go("/sign-in")
    arrived(visit, begun)
    return visit.go("/admin")


def _setup_page(visit: Visit, token: str, values: dict[str, str], errors: dict[str, str]) -> Response:
    view = {
        "values": values,
        "errors": errors,
        "notice": None,
        "data": {"min_length": visit.journey_parts.policy.minimum, "feedback": []},
    }
    context = {"action": f"{visit.prefix}/setup/{token}", "csrf": visit.csrf(f"setup:{token}"), "view": view}
    return visit.page("setup.html", context, 400 if errors else 200)


async def admin(visit: Visit) -> Response:
    """Show an administrator what there is, and mint an API token on request."""
    found = await accounts_here(visit)
    if not found:
        return await sign_in_first(visit)
    parts, who = visit.journey_parts, found[0]
    async with visit.parts.read(parts.tenant_id) as unit:
        role = await unit.administrators.role(who.customer.id)
    if role is None:
        return refused(visit, Forbidden("forbidden", "not an administrator"))
    token = None
    if visit.request.method == "POST":
        form = await visit.form("admin")
        if isinstance(form, Refusal):
            return refused(visit, form)
        minted = await _mint(visit, who.session, who.customer, role)
        if isinstance(minted, Refusal):
            return refused(visit, minted)
        token = minted
    context: dict[str, Any] = {
        "action": f"{visit.prefix}/admin",
        "csrf": visit.csrf("admin"),
        "customer": {"name": who.customer.profile.name, "email": who.customer.profile.email},
        "role": role,
        "api_docs_url": f"{visit.prefix}/api/v1/openapi.json",
        "token": token,
        "expires_seconds": visit.desk.lifetimes.access_token if token else 0,
    }
    return visit.page("admin.html", context)


async def _mint(visit: Visit, session: Session, customer: Customer, role: str) -> str | Refusal:
    """Take the console through the same code grant as any application, so that its token hangs on the session."""
    parts = visit.journey_parts
    client = await _console(visit)
    counting = scopes_of(SCOPES, is_platform=role == Role.PLATFORM)
    scopes = tuple(scope for scope in PLATFORM_SCOPES if scope in counting)
    verifier = random_token(parts.entropy, 48)
    request = AuthorizationRequest(
        client_id=CONSOLE,
        redirect_uri=client.document.redirect_uris[0],
        scopes=scopes,
        code_challenge=b64url(sha256(verifier.encode())),
    )
    async with visit.parts.begin(parts.tenant_id) as unit:
        approval = Approval(request, session, customer, scopes, visit.context.request_id)
        code = await issue_code(unit, parts.desk, approval)
    if isinstance(code, Refusal):
        return code
    form = {"code": code, "code_verifier": verifier, "redirect_uri": request.redirect_uri}
    tokens = await redeem_code(TokenRequest(parts.desk, client, form, visit.context.request_id))
    return tokens if isinstance(tokens, Refusal) else tokens.access_token


async def _console(visit: Visit) -> Client:
    """Return the built-in client of this page, registered when it is first needed."""
    parts = visit.journey_parts
    issuer, now = parts.desk.issuer.rstrip("/"), parts.clock.now()
    async with visit.parts.begin(parts.tenant_id) as unit:
        known: Client | None = await unit.clients.get(CONSOLE)
        if known is not None:
            return known
        document = ClientDocument(
            client_name="Limen console",
            redirect_uris=(f"{issuer}/admin",),
            grant_types=("authorization_code",),
            token_endpoint_auth_method=AuthMethod.NONE,
            scopes=PLATFORM_SCOPES,
            audiences=(f"{issuer}/api/v1",),
            require_consent=False,
        )
        console = Client(ClientKey.new(parts.clock, parts.entropy), CONSOLE, document, now, now)
        if not await unit.clients.add(console):  # another tab was quicker
            return await unit.clients.get(CONSOLE) or console
        unit.change("client", CONSOLE)
        unit.announce(Event("client.created", console.key, {"client_id": CONSOLE}))
        unit.record(AuditEntry(event="client.created", client=CONSOLE, request_id=visit.context.request_id))
    return console
