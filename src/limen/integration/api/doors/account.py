"""A customer's own account: profile, sessions, applications, history, data, and its end."""

from typing import Annotated, Final
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Path, Query, Response

from limen.access.account.applications import applications, revoke_application
from limen.access.account.deletion import ask, asked, cancel
from limen.access.account.devices import devices, end_device, end_others
from limen.access.account.export import export
from limen.access.account.history import NameOf, history, is_cursor
from limen.access.account.names import NAMES, rename
from limen.access.account.records import DeletionRequest
from limen.identity.administrators import Actor
from limen.identity.credentials.policy import policy_of
from limen.identity.customers.management import CustomerAdministration
from limen.identity.customers.records import Customer
from limen.identity.customers.scopes import ACCOUNT_READ, ACCOUNT_WRITE, OPENID
from limen.identity.profiles.values import write_scopes
from limen.integration.api.account import AccountCall, AccountRoute, CurrentAccount, out_of_scope, require_recent
from limen.integration.api.answers import IfMatch, answer, expected_version, ok
from limen.integration.api.document import acts, answers
from limen.integration.api.models.account import (
    AccountPatch,
    AccountShown,
    ApplicationsShown,
    DeletionShown,
    EndedShown,
    HistoryPage,
    ReleasedPatch,
    ReleasedShown,
    SessionsShown,
    UsernameSent,
    shown_account,
    shown_application,
    shown_deletion,
    shown_happening,
    shown_released,
    shown_session,
)
from limen.integration.api.paging import PageSize
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import identified
from limen.integration.api.problems import Refused
from limen.kernel.errors import Invalid, NotFound, Throttled
from limen.kernel.ids import GrantId

router = APIRouter(prefix=f"{PREFIX}/account", route_class=AccountRoute, tags=["account"])
Session = Annotated[str, Path(alias="session_id", pattern=r"^[A-Za-z0-9_-]{1,64}$")]
GrantPath = Annotated[str, identified(GrantId, "application_id")]
Before = Annotated[str, Query(max_length=200, description="The cursor of the page before, from its `next`.")]
JSON: Final = "application/json"
_NO_DELETION = NotFound("deletion_not_found")


@router.get("", response_model=AccountShown, responses=answers(), openapi_extra=acts(ACCOUNT_READ))
async def read_account(call: CurrentAccount) -> Response:
    """Read one's own profile."""
    customer = call.owner.customer
    return answer(shown_account(customer, call.desk.tenant.settings.profile), customer.version)


@router.patch(
    "", response_model=AccountShown, responses=answers(412, 428, body=True), openapi_extra=acts(ACCOUNT_WRITE)
)
async def update_account(call: CurrentAccount, body: AccountPatch, if_match: IfMatch = None) -> Response:
    """Change what one says of oneself, and the language and time zone; what is absent stays."""
    version = expected_version(if_match)
    actor = Actor(f"customer:{call.owner.customer.id}", call.owner.request.request_id)
    use, customer_id = _customers(call), call.owner.customer.id
    customer = ok(await use.update(customer_id, body.applied, actor, expected_version=version, sent=body.named))
    return answer(shown_account(customer, call.desk.tenant.settings.profile), customer.version)


@router.get("/profile", response_model=ReleasedShown, responses=answers(), openapi_extra=acts(OPENID))
async def read_released(call: CurrentAccount) -> Response:
    """Read what of the profile is open to the application by its scopes: standard claims that are said, attributes."""
    return _released(call, call.owner.customer)


@router.patch(
    "/profile", response_model=ReleasedShown, responses=answers(412, 428, body=True), openapi_extra=acts(OPENID)
)
async def write_released(call: CurrentAccount, body: ReleasedPatch, if_match: IfMatch = None) -> Response:
    """Change what the application may write by its scopes (`write_scope`), and nothing else; what is absent stays.

    It acts in its own name, so that what the customer may do with these claims and attributes plays no part.
    """
    version, owner = expected_version(if_match), call.owner
    scopes = write_scopes(call.desk.tenant.settings.profile)
    if call.granted.isdisjoint(scopes):
        raise out_of_scope(call, *scopes)
    actor = Actor(f"client:{owner.client}", owner.request.request_id)
    use, customer_id = _customers(call, granted=call.granted), owner.customer.id
    done = await use.update(customer_id, body.applied, actor, expected_version=version, sent=body.named)
    return _released(call, ok(done))


def _released(call: AccountCall, customer: Customer) -> Response:
    shown = shown_released(customer, call.desk.tenant.settings.profile, call.granted)
    return Response(msgspec.json.encode(shown), headers={"etag": f'"{customer.version}"'}, media_type=JSON)


@router.put(
    "/username", response_model=AccountShown, responses=answers(409, body=True), openapi_extra=acts(ACCOUNT_WRITE)
)
async def change_username(call: CurrentAccount, body: UsernameSent) -> Response:
    """Change one's user name, or take it away. Wants a recent sign-in; every address is told."""
    await require_recent(call)
    limited = await call.parts.limiter.hit(f"{NAMES.name}:{call.desk.tenant.id}:{call.owner.customer.id}", NAMES)
    if not limited.allowed:
        raise Refused(Throttled("too_many_requests", retry_after=limited.reset_seconds))
    refusal = await rename(call.account, call.owner, body.username)
    if refusal is not None:
        raise Refused(refusal)
    customer = ok(await _customers(call).read(call.owner.customer.id))
    return answer(shown_account(customer, call.desk.tenant.settings.profile), customer.version)


def _customers(call: AccountCall, granted: frozenset[str] | None = None) -> CustomerAdministration:
    parts, tenant = call.parts, call.desk.tenant
    policy = policy_of(tenant.settings.password_preset)
    directory = parts.directory_for(tenant.id)
    return CustomerAdministration(
        tenant.id,
        parts.begin,
        parts.reading,
        directory,
        parts.hasher,
        policy,
        parts.clock,
        tenant.settings.profile,
        usernames=tenant.settings.sign_in.usernames,
        granted=granted,
    )


@router.get("/sessions", response_model=SessionsShown, responses=answers(), openapi_extra=acts(ACCOUNT_READ))
async def list_sessions(call: CurrentAccount) -> Response:
    """List where one is signed in, at all browsers."""
    owner, account = call.owner, call.account
    async with account.reading(account.tenant_id) as unit:
        found = await devices(account, unit, owner.customer, owner.vault)
    return answer(SessionsShown(items=[shown_session(one, owner.sid, call.parts.geography.country) for one in found]))


@router.delete("/sessions", response_model=EndedShown, responses=answers(), openapi_extra=acts(ACCOUNT_WRITE))
async def end_other_sessions(call: CurrentAccount) -> Response:
    """End every session but the one that the access token came from, and all trust in devices."""
    return answer(EndedShown(ended=await end_others(call.account, call.owner)))


@router.delete("/sessions/{session_id}", status_code=204, responses=answers(), openapi_extra=acts(ACCOUNT_WRITE))
async def end_session(call: CurrentAccount, session_id: Session) -> Response:
    """End one of one's own sessions, and the tokens that came from it; this one too."""
    if await end_device(call.account, call.owner, session_id) is None:
        raise Refused(NotFound("session_not_found"))
    return Response(status_code=204)


@router.get("/applications", response_model=ApplicationsShown, responses=answers(), openapi_extra=acts(ACCOUNT_READ))
async def list_applications(call: CurrentAccount) -> Response:
    """List the applications that may do something for one."""
    account = call.account
    async with account.reading(account.tenant_id) as unit:
        found = await applications(account, unit, call.owner.customer)
    return answer(ApplicationsShown(items=[shown_application(one) for one in found]))


@router.delete(
    "/applications/{application_id}", status_code=204, responses=answers(), openapi_extra=acts(ACCOUNT_WRITE)
)
async def end_application(call: CurrentAccount, application_id: GrantPath) -> Response:
    """Take back what an application was allowed: its tokens are dead at once, and the consent ledger says so."""
    account = call.account
    async with account.reading(account.tenant_id) as unit:
        found = await applications(account, unit, call.owner.customer)
    party = next((one.party for one in found if one.grant_id == application_id), None)
    if party is None or not await revoke_application(account, call.owner, party.client_id):
        raise Refused(NotFound("application_not_found"))
    return Response(status_code=204)


@router.get("/activity", response_model=HistoryPage, responses=answers(), openapi_extra=acts(ACCOUNT_READ))
async def list_activity(call: CurrentAccount, after: Before = "", limit: PageSize = 50) -> Response:
    """List what happened to one's account, newest first."""
    if after and not is_cursor(after):
        raise Refused(Invalid("invalid_cursor"))
    owner, account = call.owner, call.account
    async with account.reading(account.tenant_id) as unit:
        who = (owner.customer.id, owner.vault)
        found, onward = await history(unit, who, _names(call), cursor=after, limit=limit)
    path = f"{call.prefix}{PREFIX}/account/activity"
    following = f"{path}?{urlencode({'after': onward, 'limit': limit})}" if onward else None
    return answer(
        HistoryPage(items=[shown_happening(one, call.parts.geography.country) for one in found], next=following)
    )


def _names(call: AccountCall) -> NameOf:
    async def name_of(client_id: str) -> str:
        loaded = await call.desk.clients(client_id)
        return loaded.client.document.client_name if loaded is not None else client_id

    return name_of


@router.get(
    "/data",
    responses={
        **answers(),
        200: {
            "description": "All that is held of the customer now.",
            "content": {"application/json": {"schema": {"type": "object"}}},
        },
    },
    response_class=Response,
    openapi_extra=acts(ACCOUNT_READ),
)
async def copy_data(call: CurrentAccount) -> Response:
    """Get a copy of one's data (GDPR articles 15 and 20). Wants a recent sign-in."""
    await require_recent(call)
    document = await export(call.account, call.owner, _names(call))
    return Response(msgspec.json.encode(document), media_type="application/json")


@router.get("/deletion", response_model=DeletionShown, responses=answers(), openapi_extra=acts(ACCOUNT_READ))
async def read_deletion(call: CurrentAccount) -> Response:
    """Read when the account is erased; 404 where nobody asked for that."""
    return answer(shown_deletion(await _deletion(call)))


async def _deletion(call: AccountCall) -> DeletionRequest:
    async with call.account.reading(call.account.tenant_id) as unit:
        request = await unit.account.deletion(call.owner.customer.id)
    if request is None:
        raise Refused(_NO_DELETION)
    return request


@router.put("/deletion", response_model=DeletionShown, responses=answers(), openapi_extra=acts(ACCOUNT_WRITE))
async def ask_deletion(call: CurrentAccount) -> Response:
    """Ask for the account to be deleted after the tenant's waiting period. Wants a recent sign-in.

    The customer is told, with a link that cancels. Where there is a request already, it stands.
    """
    await require_recent(call)
    owner = call.owner
    new = asked(call.desk, owner)
    entry = owner.entry("deletion.requested", {"due_at": new.request.due_at, "reason": new.request.reason})
    async with call.account.begin(call.account.tenant_id) as unit:
        unit.seal_with(owner.vault)
        await ask(unit, new, entry)
    return answer(shown_deletion(await _deletion(call)))


@router.delete("/deletion", status_code=204, responses=answers(), openapi_extra=acts(ACCOUNT_WRITE))
async def cancel_deletion(call: CurrentAccount) -> Response:
    """Keep the account. The customer is told."""
    if not await cancel(call.account, await _deletion(call), "customer", call.owner.request):
        raise Refused(_NO_DELETION)
    return Response(status_code=204)
