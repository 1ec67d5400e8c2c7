"""A tenant written down as the document that would make it again, but for its secrets."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import yaml

from limen.access.clients.records import Client
from limen.access.clients.secrets import needs_secret
from limen.access.resources.catalogue import MOST, Catalogue
from limen.access.resources.records import D
from limen.identity.audit.destinations import Destination
from limen.integration.declarative.apply import Declarative
from limen.integration.declarative.document import (
    SHARED,
    DeclaredClient,
    DeclaredDestination,
    DeclaredTenant,
    Document,
    SecretReference,
)
from limen.kernel.encoding import sha256
from limen.kernel.errors import NotFound, Refusal

_PAGE = 200
_LISTS = ("resource_servers", "authorization_details_types", "audit_destinations", "clients")


async def export(slug: str, parts: Declarative) -> str | NotFound:
    """Return the YAML document of the tenant *slug*.

    Where a client has a secret, there stands the name of an environment variable from which to give it one.
    """
    tenant = await parts.tenancy.read(slug)
    if isinstance(tenant, Refusal):
        return tenant
    registration = parts.registration_for(tenant.id)
    clients: list[Client] = []
    while page := await registration.list(after=clients[-1].key if clients else "", limit=_PAGE):
        clients += page
    ours = [client for client in clients if client.unused_until is None]  # others registered themselves, and will again
    destinations = await parts.destinations_for(tenant).list(limit=_PAGE)
    secret = variables([*(one.client_id for one in ours), *(_label(one) for one in destinations)])
    declared = DeclaredTenant(slug=tenant.slug, name=tenant.name, settings=tenant.settings)
    document = Document(
        tenant=declared,
        resource_servers=await _all(parts.resources_for(tenant.id)),
        authorization_details_types=await _all(parts.detail_types_for(tenant.id)),
        audit_destinations=tuple(_destination(one, secret[_label(one)]) for one in destinations),
        clients=tuple(_declared(client, secret[client.client_id]) for client in ours),
    )
    return yaml.safe_dump(_written(document), sort_keys=False, allow_unicode=True, width=100)


async def _all(catalogue: Catalogue[D]) -> tuple[D, ...]:
    return tuple(entry.document for entry in await catalogue.list(limit=MOST))


def _declared(client: Client, variable: str) -> DeclaredClient:
    document = client.document
    secret = SecretReference(env=variable) if needs_secret(document) else None
    shared: dict[str, Any] = {name: getattr(document, name) for name in SHARED}
    return DeclaredClient(client_id=client.client_id, name=document.client_name, secret=secret, **shared)


def _label(one: Destination) -> str:
    return f"audit-{one.document.name}"


def _destination(one: Destination, variable: str) -> DeclaredDestination:
    secret = SecretReference(env=variable) if one.sealed_secret else None
    members: dict[str, Any] = {name: getattr(one.document, name) for name in one.document.__struct_fields__}
    return DeclaredDestination(secret=secret, **members)


def variables(names: Iterable[str]) -> Mapping[str, str]:
    """Return the environment variable in which the secret of each of *names* is looked for: one for each.

    Names that differ in what a variable cannot say (``a-b``, ``a_b``, ``A-B``) are told apart by a digest behind it.
    """
    plain = {name: "LIMEN_SECRET_" + re.sub(r"[^A-Z0-9]", "_", name.upper()) for name in names}
    shared = Counter(plain.values())
    return {
        name: variable if shared[variable] == 1 else f"{variable}__{sha256(name.encode()).hex()[:12].upper()}"
        for name, variable in plain.items()
    }


def _written(document: Document) -> dict[str, Any]:
    tenant = {"slug": document.tenant.slug} | msgspec.to_builtins(document.tenant)  # the slug even where it is default
    lists = {name: msgspec.to_builtins(getattr(document, name)) for name in _LISTS}
    written = {name: _plain(list(members)) for name, members in lists.items() if members or name == "clients"}
    return {"version": document.version, "tenant": _plain(tenant), **written}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    return [_plain(member) for member in value] if isinstance(value, list | tuple) else value
