"""Making the copy that a customer asked for: gathered, written for machines and for people, packed, sealed, told."""

import asyncio
import io
import zipfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from limen.access.account.archive import finish
from limen.access.account.export import gathered
from limen.access.account.unit import AccountParts, Owner
from limen.access.safety.messages import Reader, Words, mail_to
from limen.access.tokens.desk import Desk, Desks
from limen.app.desks import prefix_of
from limen.experience.rendering import Catalogue, direction
from limen.experience.rendering.readable import readable
from limen.identity.customers.directory import Directory
from limen.identity.keyring import Keyring
from limen.identity.profiles.claims import ADDRESS, OPTIONAL
from limen.integration.messaging.queue import OutboxItem
from limen.integration.messaging.relay import Handler
from limen.kernel.clock import Clock
from limen.kernel.context import RequestContext
from limen.kernel.entropy import Entropy
from limen.kernel.ids import CustomerId, EventId, TenantId
from limen.storage.database import Database
from limen.storage.tenants import SqlTenants

_JSON, _PAGE = "account.json", "account.html"
_FIRST: Final = (1980, 1, 1, 0, 0, 0)
"""The time in a zip file that says nothing (the format knows no zone)."""
_HEADINGS: Final = {
    "profile": "export.profile",
    "purposes": "export.purposes",
    "sessions": "export.sessions",
    "applications": "export.applications",
    "factors": "export.factors",
    "trusted_devices": "export.trusted_devices",
    "decisions": "export.decisions",
    "history": "export.history",
    "preferences": "export.preferences",
    "privacy_requests": "export.privacy_requests",
    "restrictions": "export.restrictions",
    "sign_in_habits": "export.sign_in_habits",
    "given_name": "profile.given_name",
    "family_name": "profile.family_name",
    **{name: f"claim.{name}" for name in OPTIONAL if name not in {"profile", "address"}},
    **{name: f"claim.address.{name}" for name in ADDRESS},
}
"""Member of the document to the words above it; other members are told by their own names."""
NameOf = Callable[[str], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class ArchiveParts:
    """What copies are made of."""

    tenants: SqlTenants
    database: Database
    desks: Desks
    keyring: Keyring
    clock: Clock
    entropy: Entropy


def archive_handler(parts: ArchiveParts) -> Handler:
    """Return what acts on ``export.requested``. What was made before, or of whom nothing is left, is not made again."""

    async def make(item: OutboxItem) -> None:
        tenant = await parts.tenants.get(TenantId(item.tenant_id))
        desk = await parts.desks(prefix_of(tenant.slug)) if tenant is not None else None
        if desk is not None:
            await _make(parts, desk, CustomerId(item.subject))

    return make


async def _make(parts: ArchiveParts, desk: Desk, customer_id: CustomerId) -> None:
    database, tenant = parts.database, desk.tenant
    directory = Directory(tenant.id, parts.keyring, parts.clock, parts.entropy)
    async with database.read(tenant.id) as unit:
        sealed = await unit.customers.get(customer_id)
        archive = await unit.archives.find(customer_id, parts.clock.now())
    vault = await directory.vault_of(customer_id)
    customer = await directory.open(sealed, vault)
    if customer is None or vault is None or archive is None or archive.ready_at is not None:
        return
    owner = Owner(customer, vault, "", RequestContext("", locale=archive.locale))
    account = AccountParts(desk, database.begin, database.read, directory, parts.clock, parts.entropy)
    document = await gathered(account, owner, _names(desk))
    content = await asyncio.to_thread(_packed, document, archive.locale, tenant.name)
    reader = Reader(customer, vault, archive.locale, tenant)
    words: Words = {"url": f"{tenant.issuer.rstrip('/')}/account/privacy", "until": archive.expires_at}
    event_id = EventId.new(parts.clock, parts.entropy)
    tell = mail_to(reader, customer.profile.email, "export_ready", words, event_id)
    async with database.begin(tenant.id) as unit:
        if await finish(unit, archive, content, vault, parts.clock.now()):
            tell(unit)


def _names(desk: Desk) -> NameOf:
    async def name_of(client_id: str) -> str:
        loaded = await desk.clients(client_id)
        return loaded.client.document.client_name if loaded is not None else client_id

    return name_of


def _packed(document: dict[str, Any], locale: str, tenant: str) -> bytes:
    """Return the zip file. On a thread: much history takes a while."""
    catalogue = Catalogue.for_locale(locale)

    def named(name: str) -> str:
        return catalogue.text(_HEADINGS[name]) if name in _HEADINGS else name.replace("_", " ")

    title = catalogue.text("export.title", brand=tenant)
    page = readable(document, title, (locale, direction(locale)), named)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo(_JSON, _FIRST), msgspec.json.format(msgspec.json.encode(document), indent=2))
        file.writestr(zipfile.ZipInfo(_PAGE, _FIRST), page)
    return packed.getvalue()
