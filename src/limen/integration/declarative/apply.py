"""Making a tenant be what its document says: plan first, in words, then do just that."""

from collections.abc import Callable
from dataclasses import dataclass

from limen.access.clients.fields import public_fields
from limen.access.clients.records import Client, ClientDocument
from limen.access.clients.registration import Registration
from limen.access.clients.secrets import check_secret, hash_secret, needs_secret
from limen.access.clients.validation import validate, validate_client_id
from limen.access.resources.catalogue import Catalogue
from limen.access.resources.records import DetailTypeDocument, ResourceDocument
from limen.access.resources.validation import validate_detail_type, validate_resource
from limen.identity.administrators import SYSTEM, Actor
from limen.identity.tenants.management import Tenancy, TenantChange
from limen.identity.tenants.records import Tenant
from limen.identity.tenants.validation import check_slug
from limen.identity.tenants.validation import validate as validate_tenant
from limen.integration.declarative.catalogues import Declared, ensure
from limen.integration.declarative.catalogues import steps as catalogue_steps
from limen.integration.declarative.destinations import destination_steps, ensure_destination
from limen.integration.declarative.document import DeclaredClient, Document
from limen.integration.declarative.secrets import SecretSource
from limen.integration.streaming.manage import Destinations
from limen.kernel.errors import Conflict, Invalid, NotFound, Refusal
from limen.kernel.ids import TenantId
from limen.kernel.secret import Secret


@dataclass(frozen=True, slots=True)
class Declarative:
    """What planning and applying need.

    ``registration_for``, ``resources_for``, ``detail_types_for`` and ``destinations_for`` make what one tenant's
    clients, resource servers, types of authorization details and audit destinations are registered with.
    """

    tenancy: Tenancy
    registration_for: Callable[[TenantId], Registration]
    resources_for: Callable[[TenantId], Catalogue[ResourceDocument]]
    detail_types_for: Callable[[TenantId], Catalogue[DetailTypeDocument]]
    destinations_for: Callable[[Tenant], Destinations]
    secrets: SecretSource
    actor: Actor = SYSTEM


async def plan(document: Document, parts: Declarative) -> list[str] | Refusal:
    """Return what :func:`apply` would do, a sentence each; nothing if all is as *document* says.

    Returns:
        The first thing that is wrong, with its place in the document as a field; nothing is written in either case.
    """
    declared = document.tenant
    tenant = await parts.tenancy.read(declared.slug)
    if isinstance(tenant, NotFound):
        name, settings = declared.name or declared.slug, declared.settings
        refusal = check_slug(declared.slug) or (validate_tenant(name, settings) if settings is not None else None)
        if refusal is not None:
            return _below("tenant", refusal)
        steps, registration, found = [f"create tenant {declared.slug}"], None, None
    else:
        wanted = _tenant_change(document, tenant)
        refusal = validate_tenant(wanted.name or tenant.name, wanted.settings or tenant.settings)
        if refusal is not None:
            return _below("tenant", refusal)
        steps = _tenant_steps(wanted, tenant)
        registration, found = parts.registration_for(tenant.id), tenant
    for looked in (_catalogue_steps, _destination_steps):
        more = await looked(document, parts, found)
        if isinstance(more, Refusal):
            return more
        steps += more
    for index, client in enumerate(document.clients):
        more = await _client_steps(client, registration, parts.secrets)
        if isinstance(more, Refusal):
            return _below(f"clients[{index}]", more)
        steps += more
    return steps


async def apply(document: Document, parts: Declarative) -> list[str] | Refusal:
    """Do what :func:`plan` says and return it. A second time there is nothing to do.

    Each tenant and client is a commit of its own; what was wrong was found before the first.
    """
    steps = await plan(document, parts)
    if isinstance(steps, Refusal) or not steps:
        return steps
    tenant = await _ensure_tenant(document, parts)
    if isinstance(tenant, Refusal):
        return _below("tenant", tenant)
    unfit = await _ensure_catalogues(document, parts, tenant.id)
    if unfit is not None:
        return unfit
    for index, one in enumerate(document.audit_destinations):
        refusal = await ensure_destination(one, parts.destinations_for(tenant), parts.actor, parts.secrets)
        if refusal is not None:
            return _below(f"audit_destinations[{index}]", refusal)
    registration = parts.registration_for(tenant.id)
    for index, client in enumerate(document.clients):
        refusal = await _ensure_client(client, registration, parts)
        if refusal is not None:
            return _below(f"clients[{index}]", refusal)
    return steps


async def _destination_steps(document: Document, parts: Declarative, tenant: Tenant | None) -> list[str] | Refusal:
    use = parts.destinations_for(tenant) if tenant is not None else None
    found: list[str] = []
    for index in range(len(document.audit_destinations)):
        more = await destination_steps(document.audit_destinations, index, use, parts.secrets)
        if isinstance(more, Refusal):
            return _below(f"audit_destinations[{index}]", more)
        found += more
    return found


async def _catalogue_steps(document: Document, parts: Declarative, tenant: Tenant | None) -> list[str] | Refusal:
    servers = parts.resources_for(tenant.id) if tenant is not None else None
    types = parts.detail_types_for(tenant.id) if tenant is not None else None
    resources = Declared("resource server", document.resource_servers, servers)
    details = Declared("authorization details type", document.authorization_details_types, types)
    found: list[str] = []
    for index, server in enumerate(document.resource_servers):
        more = validate_resource(server) or await catalogue_steps(resources, index, server)
        if isinstance(more, Refusal):
            return _below(f"resource_servers[{index}]", more)
        found += more
    for index, kind in enumerate(document.authorization_details_types):
        more = validate_detail_type(kind) or await catalogue_steps(details, index, kind)
        if isinstance(more, Refusal):
            return _below(f"authorization_details_types[{index}]", more)
        found += more
    return found


async def _ensure_catalogues(document: Document, parts: Declarative, tenant_id: TenantId) -> Refusal | None:
    for index, server in enumerate(document.resource_servers):
        refusal = await ensure(parts.resources_for(tenant_id), server, parts.actor)
        if refusal is not None:
            return _below(f"resource_servers[{index}]", refusal)
    for index, kind in enumerate(document.authorization_details_types):
        refusal = await ensure(parts.detail_types_for(tenant_id), kind, parts.actor)
        if refusal is not None:
            return _below(f"authorization_details_types[{index}]", refusal)
    return None


async def _ensure_tenant(document: Document, parts: Declarative) -> Tenant | Refusal:
    declared = document.tenant
    tenant = await parts.tenancy.read(declared.slug)
    if isinstance(tenant, Refusal):
        return await parts.tenancy.create(declared.slug, declared.name or declared.slug, parts.actor, declared.settings)
    wanted = _tenant_change(document, tenant)
    if wanted == TenantChange():
        return tenant
    return await parts.tenancy.update(declared.slug, wanted, parts.actor, expected_version=tenant.version)


async def _ensure_client(declared: DeclaredClient, registration: Registration, parts: Declarative) -> Refusal | None:
    secret = _secret(declared, parts.secrets)
    if isinstance(secret, Refusal):
        return secret
    actor, client_id = parts.actor, declared.client_id
    client = await registration.read(client_id)
    if isinstance(client, Refusal):
        made = await registration.create(declared.document(), actor, client_id=client_id, secret=secret)
        return made if isinstance(made, Refusal) else None
    if _differences(client.document, declared):
        changed = await registration.update(
            client_id, lambda _: declared.document(), actor, expected_version=client.version
        )
        if isinstance(changed, Refusal):
            return changed
        client = changed
    if secret is not None and not await _is_current(client, secret, registration):
        rotated = await registration.rotate_secret(client_id, actor, secret=secret, expected_version=client.version)
        return rotated if isinstance(rotated, Refusal) else None
    return None


def _tenant_change(document: Document, tenant: Tenant) -> TenantChange:
    declared = document.tenant
    name = declared.name if declared.name not in {"", tenant.name} else None
    settings = declared.settings if declared.settings not in (None, tenant.settings) else None
    return TenantChange(name, settings)


def _tenant_steps(wanted: TenantChange, tenant: Tenant) -> list[str]:
    fields = [name for name in ("name", "settings") if getattr(wanted, name) is not None]
    return [f"change tenant {tenant.slug}: {', '.join(fields)}"] if fields else []


async def _client_steps(
    declared: DeclaredClient, registration: Registration | None, secrets: SecretSource
) -> list[str] | Refusal:
    refusal = validate_client_id(declared.client_id) or validate(declared.document())
    if refusal is not None:
        return refusal
    secret = _secret(declared, secrets)
    if isinstance(secret, Refusal):
        return secret
    client_id = declared.client_id
    client = await registration.read(client_id) if registration is not None else NotFound("client_not_found")
    has_one = isinstance(client, Client) and bool(client.document.secret_hashes)
    if needs_secret(declared.document()) and secret is None and not has_one:
        return Invalid("missing_secret", "no secret yet", {"secret": "this client has none yet and needs one"})
    if isinstance(client, Refusal) or registration is None:
        return [f"create client {client_id}"]
    fields = _differences(client.document, declared)
    steps = [f"change client {client_id}: {', '.join(fields)}"] if fields else []
    if secret is not None and not await _is_current(client, secret, registration):
        steps.append(f"rotate the secret of client {client_id}")
    return steps


def _differences(document: ClientDocument, declared: DeclaredClient) -> list[str]:
    wanted = declared.document()
    public = [field.name for field in public_fields(ClientDocument)]
    return [name for name in public if getattr(wanted, name) != getattr(document, name)]


def _secret(declared: DeclaredClient, secrets: SecretSource) -> Secret | Invalid | None:
    if declared.secret is None:
        return None
    if not needs_secret(declared.document()):
        return Invalid("unused_secret", "secret", {"secret": "this authentication method uses none"})
    found = secrets.find(declared.secret)
    return found if isinstance(found, Refusal) else check_secret(found) or found


async def _is_current(client: Client, secret: Secret, registration: Registration) -> bool:
    digest = hash_secret(await registration.secret_key(), secret.reveal())
    return client.document.secret_hashes[:1] == (digest,)


def _below(place: str, refusal: Refusal) -> Refusal:
    """Return *refusal* with its fields placed below *place* of the document."""
    fields = {f"{place}.{name}": what for name, what in refusal.fields.items()} or {place: refusal.code}
    if isinstance(refusal, Conflict):
        return Conflict(refusal.code, refusal.detail, fields)
    return Invalid(refusal.code, refusal.detail, fields)
