"""Tenants: on the default tenant alone, since no other tenant's token has a scope for them."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from limen.identity.administrators import TENANTS_READ, TENANTS_WRITE
from limen.identity.tenants.management import Tenancy, TenantChange
from limen.identity.tenants.records import TenantSettings
from limen.integration.api.answers import CurrentCall, IfMatch, answer, done, expected_version, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.idempotency import IdempotencyKey, once
from limen.integration.api.models.tenants import TenantNew, TenantPage, TenantPatch, TenantShown, merged, shown
from limen.integration.api.paging import After, PageSize, next_link, position
from limen.integration.api.parts import PREFIX
from limen.integration.api.problems import Refused
from limen.integration.api.route import Call, GuardedRoute
from limen.kernel.errors import Invalid, Refusal

router = APIRouter(prefix=f"{PREFIX}/tenants", route_class=GuardedRoute, tags=["tenants"])
Slug = Annotated[str, Path(pattern="^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]

Confirm = Annotated[
    str, Query(description="The slug once more: what is destroyed never comes back.", examples=["acme"], max_length=100)
]


def _use(call: Call) -> Tenancy:
    parts, platform = call.parts, call.desk.tenant.id
    return Tenancy(parts.begin, parts.reading, parts.keyring, parts.base_url, platform, parts.clock, parts.entropy)


@router.get("", response_model=TenantPage, responses=answers(), openapi_extra=needs(TENANTS_READ))
async def list_tenants(call: CurrentCall, after: After = "", size: PageSize = 50) -> Response:
    """List tenants, oldest first."""
    found = await _use(call).list(after=position(after), limit=size + 1)
    last = found[size - 1].id if len(found) > size else ""
    following = next_link(f"{call.prefix}{PREFIX}/tenants", last, size)
    return answer(TenantPage(items=[shown(tenant) for tenant in found[:size]], next=following))


@router.post(
    "",
    status_code=201,
    response_model=TenantShown,
    responses=answers(409, body=True),
    openapi_extra=needs(TENANTS_WRITE),
)
async def create_tenant(
    call: CurrentCall, request: Request, body: TenantNew, idempotency_key: IdempotencyKey = None
) -> Response:
    """Make a tenant with keys of its own."""

    async def work() -> Response:
        settings = merged(TenantSettings(), body.settings)
        tenant = ok(await _use(call).create(body.slug, body.name, call.actor, settings))
        location = f"{call.prefix}{PREFIX}/tenants/{tenant.slug}"
        return answer(shown(tenant), tenant.version, status=201, location=location)

    return await once(call, request, idempotency_key, work)


@router.get("/{slug}", response_model=TenantShown, responses=answers(), openapi_extra=needs(TENANTS_READ))
async def read_tenant(call: CurrentCall, slug: Slug) -> Response:
    """Read a tenant."""
    tenant = ok(await _use(call).read(slug))
    return answer(shown(tenant), tenant.version)


@router.patch(
    "/{slug}", response_model=TenantShown, responses=answers(412, 428, body=True), openapi_extra=needs(TENANTS_WRITE)
)
async def update_tenant(call: CurrentCall, slug: Slug, body: TenantPatch, if_match: IfMatch = None) -> Response:
    """Change a tenant's name and settings; what is absent stays."""
    version = expected_version(if_match)
    tenant = ok(await _use(call).read(slug))
    settings = merged(tenant.settings, body.settings) if body.settings is not None else None
    change = TenantChange(name=body.name, settings=settings)
    # The settings were merged with what was read just now: that version it must still be.
    expected = tenant.version if version is None else version
    tenant = ok(await _use(call).update(slug, change, call.actor, expected_version=expected))
    return answer(shown(tenant), tenant.version)


@router.post("/{slug}/disable", response_model=TenantShown, responses=answers(412), openapi_extra=needs(TENANTS_WRITE))
async def disable_tenant(call: CurrentCall, slug: Slug) -> Response:
    """Let the tenant answer to nobody until it is enabled. May be repeated."""
    tenant = ok(await _use(call).disable(slug, call.actor))
    return answer(shown(tenant), tenant.version)


@router.post(
    "/{slug}/enable", response_model=TenantShown, responses=answers(409, 412), openapi_extra=needs(TENANTS_WRITE)
)
async def enable_tenant(call: CurrentCall, slug: Slug) -> Response:
    """Let the tenant answer again. May be repeated."""
    tenant = ok(await _use(call).enable(slug, call.actor))
    return answer(shown(tenant), tenant.version)


@router.delete("/{slug}", status_code=204, responses=answers(409, 412, 428), openapi_extra=needs(TENANTS_WRITE))
async def destroy_tenant(call: CurrentCall, slug: Slug, confirm: Confirm, if_match: IfMatch = None) -> Response:
    """Disable a tenant and destroy every key of it and of its customers: nothing that they sealed can be read again.

    Its row stays, so that its slug and issuer never become somebody else's. May be repeated.
    """
    version = expected_version(if_match)
    if confirm != slug:
        raise Refused(Invalid("not_confirmed"))
    outcome = await _use(call).end(slug, call.actor, call.parts.close_log, expected_version=version)
    return done(outcome if isinstance(outcome, Refusal) else None)
