"""Making the first administrator of a tenant."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Final, Protocol

from limen.identity.administrators import AdministratorStore, Role
from limen.identity.credentials.breaches import NO_CORPUS, BreachGuard
from limen.identity.credentials.choose import Known, NotChosen, choose_password
from limen.identity.credentials.context import context_words
from limen.identity.credentials.hashing import PasswordHasher
from limen.identity.credentials.policy import PasswordPolicy
from limen.identity.credentials.records import seal_password
from limen.identity.credentials.store import PasswordStore
from limen.identity.customers.addresses import parse_email
from limen.identity.customers.directory import Directory
from limen.identity.customers.records import Customer, Profile
from limen.identity.customers.store import CustomerStore
from limen.identity.setup.links import SetupLinks
from limen.identity.tenants.records import DEFAULT_SLUG, Tenant
from limen.kernel.clock import Clock
from limen.kernel.encoding import link_hash
from limen.kernel.errors import Conflict, Expired, Refusal
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import TenantId
from limen.kernel.units import AnnouncesEvents, RecordsAudit

FIRST_ADMINISTRATOR: Final = "first-administrator"
"""The purpose of the link."""
_SPENT = Expired("link_spent", "unknown, used or expired")


class SetupUnit(RecordsAudit, AnnouncesEvents, Protocol):
    """A unit of work that reaches customers, who administers, and the links."""

    @property
    def customers(self) -> CustomerStore:
        """Return the tenant's customers."""
        ...

    @property
    def passwords(self) -> PasswordStore:
        """Return their passwords."""
        ...

    @property
    def administrators(self) -> AdministratorStore:
        """Return who of them administers."""
        ...

    @property
    def setup_links(self) -> SetupLinks:
        """Return the links."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[SetupUnit]]


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who followed the link, as they typed it."""

    email: str = field(repr=False)
    password: str = field(repr=False)
    locale: str
    request_id: str


@dataclass(frozen=True, slots=True)
class FirstAdministrator:
    """One tenant's first administrator, to be made."""

    tenant: Tenant
    begin: Begin
    reading: Begin
    directory: Directory
    hasher: PasswordHasher
    policy: PasswordPolicy
    clock: Clock
    breaches: BreachGuard = NO_CORPUS

    async def awaits(self, token: str) -> Expired | None:
        """Return ``link_spent`` where the link of *token* cannot be used; looking does not use it."""
        async with self.reading(self.tenant.id) as unit:
            is_usable = await unit.setup_links.peek(link_hash(token), FIRST_ADMINISTRATOR, self.clock.now())
        return None if is_usable else _SPENT

    async def appoint(self, token: str, who: Applicant) -> Customer | NotChosen:
        """Make *who* a customer with a proven address and a password, and the administrator; the link is used.

        Not done with ``Invalid`` by field, ``Conflict("email_taken")``, ``Expired("link_spent")``, ``busy`` or
        ``password_unchecked``.
        """
        email = parse_email(who.email)
        if isinstance(email, Refusal):
            return NotChosen(email)
        words, known = context_words(email, self.tenant.name), Known(self.breaches, emails=(email,))
        hashed = await choose_password(who.password, words, self.policy, self.hasher, known)
        if isinstance(hashed, NotChosen):
            return hashed
        customer, vault = await self.directory.prepare(Profile(email=email, email_verified=True, locale=who.locale))
        now = self.clock.now()
        async with self.begin(self.tenant.id) as unit:
            if not await self.directory.add(unit, customer, vault):
                return NotChosen(Conflict("email_taken", "the address has an account"))
            if not await unit.setup_links.use(link_hash(token), FIRST_ADMINISTRATOR, now):
                await unit.customers.delete(customer.id)
                return NotChosen(Expired("link_spent", "used meanwhile"))
            await unit.passwords.put(seal_password(vault, customer.id, hashed, now))
            await unit.administrators.appoint(customer.id, role_in(self.tenant).value, now)
            unit.announce(Event("customer.registered", customer.id))
            unit.record(
                AuditEntry(
                    event="administrator.appointed",
                    actor="setup-link",
                    subject=customer.id,
                    request_id=who.request_id,
                    data={"role": role_in(self.tenant).value},
                )
            )
        return customer


def role_in(tenant: Tenant) -> Role:
    """Return what an administrator of *tenant* administers: all tenants, where it is the default one."""
    return Role.PLATFORM if tenant.slug == DEFAULT_SLUG else Role.TENANT
