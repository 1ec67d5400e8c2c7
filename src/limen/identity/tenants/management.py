"""Making and changing tenants: for platform administrators alone.

The record of it stands in the platform's own audit log, which is the default tenant's.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from limen.identity.administrators import TENANTS_WRITE, Actor
from limen.identity.keyring import Keyring
from limen.identity.tenants.records import DEFAULT_SLUG, Tenant, TenantSettings
from limen.identity.tenants.store import TenantStore
from limen.identity.tenants.validation import check_relying_party, check_slug, issuer_for, validate
from limen.kernel.clock import Clock
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import TenantId
from limen.kernel.units import AnnouncesEvents, RecordsAudit, TellsCaches


class TenantUnit(RecordsAudit, AnnouncesEvents, TellsCaches, Protocol):
    """A unit of work that reaches the registry."""

    @property
    def tenants(self) -> TenantStore:
        """Return the registry."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[TenantUnit]]
CloseLog = Callable[[TenantId], Awaitable[object]]
"""Signs the end of a tenant's audit log, while there is a key to sign it with."""
_NONE = NotFound("tenant_not_found")


@dataclass(frozen=True, slots=True)
class TenantChange:
    """What is to be different; None stays."""

    name: str | None = None
    settings: TenantSettings | None = None


@dataclass(frozen=True, slots=True)
class Tenancy:
    """The administration of tenants.

    Attributes:
        base_url: where this process is reached from outside, ``https://id.example.com``; issuers are made from it.
        platform: the default tenant, whose audit log tells of all this; None while there is none.
    """

    begin: Begin
    reading: Begin
    keyring: Keyring
    base_url: str
    platform: TenantId | None
    clock: Clock
    entropy: Entropy

    async def create(
        self, slug: str, name: str, actor: Actor, settings: TenantSettings | None = None
    ) -> Tenant | Refusal:
        """Make a tenant: first its key, then its row; a key without a row does no harm.

        Returns:
            ``Forbidden``, ``Invalid("invalid_tenant")`` by field, or ``Conflict("slug_taken")``.
        """
        settings = settings or TenantSettings()
        refusal = _not_allowed(actor) or check_slug(slug) or validate(name, settings)
        refusal = refusal or check_relying_party(settings, issuer_for(self.base_url, slug))
        if refusal is not None:
            return refusal
        now = self.clock.now()
        issuer = issuer_for(self.base_url, slug)
        tenant = Tenant(TenantId.new(self.clock, self.entropy), slug, issuer, name, now, now, settings)
        await self.keyring.create_tenant(tenant.id)
        async with self.begin(self.platform or tenant.id) as unit:
            if not await unit.tenants.add(tenant):
                return Conflict("slug_taken", fields={"slug": "slug.taken"})
            _tell(unit, "tenant.created", tenant, actor)
        return tenant

    async def read(self, slug: str) -> Tenant | NotFound:
        """Return one tenant."""
        if self.platform is None:
            return _NONE
        async with self.reading(self.platform) as unit:
            return await unit.tenants.find(slug) or _NONE

    async def list(self, *, after: str = "", limit: int = 50) -> "list[Tenant]":
        """Return up to *limit* tenants whose identifier sorts behind *after*, oldest first."""
        if self.platform is None:
            return []
        async with self.reading(self.platform) as unit:
            return await unit.tenants.list(after=after, limit=limit)

    async def update(
        self, slug: str, change: TenantChange, actor: Actor, *, expected_version: int | None = None
    ) -> Tenant | Refusal:
        """Change name and settings.

        Returns:
            The tenant as it is now (the same version if nothing changed), ``Forbidden``, ``NotFound``, ``Invalid`` by
            field, or ``Conflict("version_changed")``.
        """

        def changed(tenant: Tenant) -> Tenant | Refusal:
            name = tenant.name if change.name is None else change.name
            settings = tenant.settings if change.settings is None else change.settings
            if (name, settings) == (tenant.name, tenant.settings):
                return tenant
            refused = validate(name, settings) or check_relying_party(settings, tenant.issuer)
            return refused or tenant.changed(name=name, settings=settings, now=self.clock.now())

        return await self._replace(slug, changed, actor, expected_version)

    async def disable(self, slug: str, actor: Actor, *, expected_version: int | None = None) -> Tenant | Refusal:
        """Let the tenant answer to nobody until it is enabled; not the default tenant, which administers the others."""

        def changed(tenant: Tenant) -> Tenant | Refusal:
            if tenant.slug == DEFAULT_SLUG:
                return Invalid("default_tenant", "the default tenant cannot be disabled")
            return tenant.disabled(self.clock.now()) if tenant.is_active else tenant

        return await self._replace(slug, changed, actor, expected_version)

    async def enable(self, slug: str, actor: Actor) -> Tenant | Refusal:
        """Let the tenant answer again, unless it is destroyed: ``Conflict("tenant_destroyed")``."""
        found = await self.read(slug)
        if isinstance(found, Tenant) and await self._is_destroyed(found):
            return Conflict("tenant_destroyed")

        def changed(tenant: Tenant) -> Tenant | Refusal:
            return tenant if tenant.is_active else tenant.enabled(self.clock.now())

        return await self._replace(slug, changed, actor, None)

    async def end(
        self, slug: str, actor: Actor, close_log: CloseLog, *, expected_version: int | None = None
    ) -> int | Refusal:
        """Disable a tenant, have the end of its audit log signed, and destroy its keys, as :meth:`destroy` does.

        It may be asked again, whatever version is named then: what was begun goes on where it was stopped.

        Returns:
            As :meth:`destroy`, or ``Conflict("version_changed")``.
        """
        refusal = _not_allowed(actor)
        found = await self.read(slug) if refusal is None else refusal
        if isinstance(found, Refusal):
            return found
        if found.is_active or not await self._is_destroyed(found):
            barred = await self.disable(slug, actor, expected_version=expected_version)
            if isinstance(barred, Refusal):
                return barred
            await close_log(found.id)
        return await self.destroy(slug, actor)

    async def destroy(self, slug: str, actor: Actor) -> int | Refusal:
        """Destroy every key of a disabled tenant; return how many customers' and journeys' keys went with it.

        What it sealed is noise from then on. Its row stays, so that its slug and issuer never become somebody else's.

        Returns:
            ``Forbidden``, ``NotFound``, ``Invalid("default_tenant")``, or ``Conflict("tenant_active")``.
        """
        refusal = _not_allowed(actor)
        found = await self.read(slug) if refusal is None else refusal
        if isinstance(found, Refusal):
            return found
        if found.slug == DEFAULT_SLUG:
            return Invalid("default_tenant", "the default tenant cannot be destroyed")
        if found.is_active or self.platform is None:
            return Conflict("tenant_active", "disable it first")
        gone = await self.keyring.destroy_tenant(found.id)
        async with self.begin(self.platform) as unit:
            tenant = await unit.tenants.find(slug)
            if tenant is not None and tenant.destroyed_at is None:  # once, however often it is asked for
                ended = tenant.destroyed(self.clock.now())
                if not await unit.tenants.update(ended, tenant.version):
                    return Conflict("version_changed")
                _tell(unit, "tenant.destroyed", ended, actor, subjects=gone)
        return gone

    async def _is_destroyed(self, tenant: Tenant) -> bool:
        """Whether its keys are gone: the store says so, since another process may have destroyed what is held here."""
        self.keyring.forget_tenant(tenant.id)
        return await self.keyring.held_tenant(tenant.id) is None

    async def _replace(
        self, slug: str, change: Callable[[Tenant], Tenant | Refusal], actor: Actor, expected: int | None
    ) -> Tenant | Refusal:
        refusal = _not_allowed(actor)
        if refusal is not None:
            return refusal
        if self.platform is None:
            return _NONE
        async with self.begin(self.platform) as unit:
            tenant = await unit.tenants.find(slug)
            if tenant is None:
                return _NONE
            if expected is not None and tenant.version != expected:
                return Conflict("version_changed")
            changed = change(tenant)
            if isinstance(changed, Refusal) or changed is tenant:
                return changed
            if not await unit.tenants.update(changed, tenant.version):
                return Conflict("version_changed")
            _tell(unit, "tenant.updated", changed, actor, active=changed.is_active)
            return changed


def _not_allowed(actor: Actor) -> Forbidden | None:
    return None if actor.holds({TENANTS_WRITE}) else Forbidden("insufficient_scope", TENANTS_WRITE)


def _tell(unit: TenantUnit, name: str, tenant: Tenant, actor: Actor, **data: Any) -> None:
    data = {"tenant": tenant.id, "slug": tenant.slug, "version": tenant.version, **data}
    unit.record(AuditEntry(event=name, actor=actor.name, request_id=actor.request_id, data=data))
    unit.announce(Event(name, data=data))
    unit.change("tenant", tenant.slug)
