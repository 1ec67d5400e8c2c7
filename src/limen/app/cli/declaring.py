"""``limen apply`` and ``limen export``."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NoReturn

from cyclopts import Parameter

from limen.access.clients.registration import Registration
from limen.access.resources.catalogue import DETAIL_TYPES, RESOURCE_SERVERS, Catalogue, Kind
from limen.access.resources.records import D
from limen.app.basis import Basis, default_tenant, open_basis, tenancy
from limen.app.cli.options import ConfigFile, settings_from
from limen.app.settings import Settings
from limen.identity.tenants.records import DEFAULT_SLUG, Tenant
from limen.integration.declarative import Declarative, Document, SecretSource, load
from limen.integration.declarative import apply as apply_document
from limen.integration.declarative import export as export_tenant
from limen.integration.declarative import plan as plan_document
from limen.integration.streaming.manage import Destinations
from limen.integration.streaming.ways import NOWHERE
from limen.kernel.errors import Misconfigured, Refusal
from limen.kernel.ids import TenantId


def apply(
    file: Annotated[Path, Parameter(help="The tenant's document, YAML.")],
    /,
    *,
    dry_run: Annotated[bool, Parameter(help="Say what would be done, and do nothing.")] = False,
    config: ConfigFile = None,
) -> None:
    """Make a tenant what FILE says, and say what was done. Clients that it does not name are left alone."""
    settings = settings_from(config)
    steps = asyncio.run(_apply(settings, _document(file), file.parent, dry_run=dry_run))
    for step in steps:
        print(f"would {step}" if dry_run else step)  # noqa: T201
    if not steps:
        print("nothing to do")  # noqa: T201


def export(
    *,
    tenant: Annotated[str, Parameter(help="The tenant's slug.")] = DEFAULT_SLUG,
    output: Annotated[Path | None, Parameter(help="A file to write; standard output unless given.")] = None,
    config: ConfigFile = None,
) -> None:
    """Write a tenant as a document that `limen apply` takes. Secrets never leave: references stand in their place."""
    text = asyncio.run(_export(settings_from(config), tenant))
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")


async def _apply(settings: Settings, document: Document, folder: Path, *, dry_run: bool) -> list[str]:
    async with _declarative(settings, folder) as parts:
        outcome = await (plan_document if dry_run else apply_document)(document, parts)
    return outcome if not isinstance(outcome, Refusal) else _refuse("the document", outcome)


async def _export(settings: Settings, slug: str) -> str:
    async with _declarative(settings, Path()) as parts:
        text = await export_tenant(slug, parts)
    return text if not isinstance(text, Refusal) else _refuse(f"tenant {slug}", text)


@asynccontextmanager
async def _declarative(settings: Settings, folder: Path) -> AsyncIterator[Declarative]:
    async with open_basis(settings) as basis:
        platform = await default_tenant(basis)

        from limen.integration.outgoing import AddressPolicy, LazyOutgoing, OutgoingSettings  # noqa: PLC0415

        policy = AddressPolicy.of(settings.outgoing.networks, loopback=settings.outgoing.loopback)
        outgoing = LazyOutgoing(OutgoingSettings(policy), basis.clock, lambda *_: None)  # for sector_identifier_uri

        def registration_for(tenant_id: TenantId) -> Registration:
            return replace(registration(basis, tenant_id), outgoing=outgoing)

        yield Declarative(
            tenancy(basis, platform),
            registration_for,
            lambda tenant_id: catalogue(basis, RESOURCE_SERVERS, tenant_id),
            lambda tenant_id: catalogue(basis, DETAIL_TYPES, tenant_id),
            lambda tenant: destinations(basis, tenant),
            SecretSource(os.environ, folder),
        )
        await outgoing.aclose()


def registration(basis: Basis, tenant_id: TenantId) -> Registration:
    """Return the client registration of one tenant."""
    database = basis.storage.database
    return Registration(tenant_id, database.begin, database.read, basis.keyring, basis.clock, basis.entropy)


def catalogue(basis: Basis, kind: Kind[D], tenant_id: TenantId) -> Catalogue[D]:
    """Return what registers one tenant's things of one kind."""
    database = basis.storage.database
    return Catalogue(kind, tenant_id, database.begin, database.read, basis.keyring, basis.clock, basis.entropy)


def destinations(basis: Basis, tenant: Tenant) -> Destinations:
    """Return what registers one tenant's audit destinations; it sends nothing."""
    database = basis.storage.database
    return Destinations(tenant, database.begin, database.read, basis.keyring, NOWHERE, basis.clock, basis.entropy)


def _document(file: Path) -> Document:
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}", "name the tenant's document") from None
    except UnicodeDecodeError:
        raise Misconfigured(f"{file} is not text", "a document is YAML in UTF-8") from None
    document = load(text)
    return document if not isinstance(document, Refusal) else _refuse(str(file), document)


def _refuse(what: str, refusal: Refusal) -> NoReturn:
    first = next(iter(refusal.fields.items()), None)
    where = f"{first[0]}: {first[1]}" if first else refusal.detail
    raise Misconfigured(f"{what}: {refusal.code}", where)
