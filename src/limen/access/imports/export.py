"""The export: every customer of a tenant as a line that an import takes."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final, Protocol

import msgspec

from limen.access.factors.records import apps, open_secret
from limen.access.factors.store import FactorStore
from limen.identity.administrators import Actor
from limen.identity.credentials.legacy.table import OURS, is_kept
from limen.identity.credentials.records import unseal_password
from limen.identity.credentials.store import PasswordStore
from limen.identity.customers.directory import Directory
from limen.identity.customers.records import Customer, Identity, SealedCustomer
from limen.identity.customers.store import CustomerStore
from limen.identity.keyring import SubjectVault
from limen.kernel.clock import SECOND
from limen.kernel.events import AuditEntry
from limen.kernel.ids import TenantId
from limen.kernel.units import RecordsAudit

_PAGE: Final = 200
_REWRITTEN: Final = frozenset({"since", "email_since", "updated_at", "emails", "phones", "identities"})
"""Members of a profile that are written otherwise, or not at all."""


class ExportUnit(RecordsAudit, Protocol):
    """A unit of work that reaches what an export holds."""

    @property
    def customers(self) -> CustomerStore:
        """Return the tenant's customers."""
        ...

    @property
    def passwords(self) -> PasswordStore:
        """Return their passwords."""
        ...

    @property
    def factors(self) -> FactorStore:
        """Return their second factors."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[ExportUnit]]


@dataclass(frozen=True, slots=True)
class Exporting:
    """One tenant's customers on their way out."""

    tenant_id: TenantId
    begin: Begin
    reading: Begin
    directory: Directory
    actor: Actor

    async def lines(self, *, with_secrets: bool) -> AsyncIterator[bytes]:
        """Yield every customer, oldest first, as a line of JSON; hashes and shared secrets only *with_secrets*.

        That somebody exports is on record before the first line leaves, and how many went when the last has.
        """
        await self._tell("customers.export_started", {"secrets": with_secrets})
        after, count = "", 0
        while True:
            async with self.reading(self.tenant_id) as unit:
                page = await unit.customers.list(after=after, limit=_PAGE)
                found = [await self._held(unit, sealed, with_secrets=with_secrets) for sealed in page]
            for line in found:
                if line is not None:
                    count += 1
                    yield msgspec.json.encode(line) + b"\n"
            if len(page) < _PAGE:
                break
            after = page[-1].id
        await self._tell("customers.exported", {"secrets": with_secrets, "customers": count})

    async def _held(self, unit: ExportUnit, sealed: SealedCustomer, *, with_secrets: bool) -> dict[str, Any] | None:
        vault = await self.directory.vault_of(sealed.id)
        customer = await self.directory.open(sealed, vault) if vault is not None else None
        if customer is None or vault is None:
            return None
        line = _open_part(customer)
        return line | await _secrets(unit, vault, customer) if with_secrets else line

    async def _tell(self, event: str, data: dict[str, Any]) -> None:
        async with self.begin(self.tenant_id) as unit:
            unit.record(AuditEntry(event, actor=self.actor.name, request_id=self.actor.request_id, data=data))


def _open_part(customer: Customer) -> dict[str, Any]:
    profile = {
        name: value
        for name, value in msgspec.structs.asdict(customer.profile).items()
        if value and name not in _REWRITTEN
    }
    for name in ("emails", "phones"):
        if some := getattr(customer.profile, name):
            profile[name] = [one.value for one in some]
    if customer.profile.identities:
        profile["identities"] = [_identity(one) for one in customer.profile.identities]
    return {
        "external_id": str(customer.id),
        **profile,
        "disabled": not customer.is_active,
        "created_at": customer.created_at // (SECOND // 1000),
    }


def _identity(one: Identity) -> dict[str, str]:
    said = {"issuer": one.issuer, "subject": one.subject, "label": one.label}
    return {name: value for name, value in said.items() if value}


async def _secrets(unit: ExportUnit, vault: SubjectVault, customer: Customer) -> dict[str, Any]:
    """Return what lets a customer sign in elsewhere as they did here."""
    secrets: dict[str, Any] = {}
    stored = await unit.passwords.get(customer.id)
    password = unseal_password(vault, stored) if stored is not None else None
    if password is not None:
        secrets["password_hash"] = password.hash if is_kept(password.hash) else OURS + password.hash
    held = [open_secret(vault, factor) for factor in apps(await unit.factors.of_customer(customer.id))]
    if held:
        secrets["totp"] = [
            {"secret": one.totp.base32, "algorithm": one.totp.algorithm, "name": one.name} for one in held
        ]
    return secrets
