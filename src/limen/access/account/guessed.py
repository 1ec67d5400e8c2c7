"""Passwords that strangers guessed at until they counted no more: their owners are told, once each time.

A job tells them and not the request that guessed: an answer about an account does the same work as one about none.
"""

from dataclasses import dataclass
from typing import Final

from limen.access.account.unit import Begin
from limen.access.safety.messages import Reader, Words, messages
from limen.identity.credentials.records import MAX_CONSECUTIVE_FAILURES
from limen.identity.customers.directory import Directory
from limen.identity.tenants.records import SPOKEN, Tenant
from limen.kernel.clock import Clock
from limen.kernel.entropy import Entropy
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import CustomerId

BATCH: Final = 50
MOST: Final = 1_000
"""So many are looked at in one run; the others wait for the next."""


@dataclass(frozen=True, slots=True)
class Guessed:
    """What telling needs, for one tenant. ``begin`` writes; ``reading`` only reads."""

    tenant: Tenant
    begin: Begin
    reading: Begin
    directory: Directory
    clock: Clock
    entropy: Entropy

    async def run(self) -> int:
        """Tell everybody whom it concerns; return how many. May be stopped anywhere, and run by many at once."""
        told, after = 0, ""
        for _ in range(MOST // BATCH):
            async with self.reading(self.tenant.id) as unit:
                found = await unit.passwords.guessed(after=after, limit=BATCH)
            for customer_id in found:
                told += await self._tell(customer_id)
            if len(found) < BATCH:
                break
            after = found[-1]
        return told

    async def _tell(self, customer_id: CustomerId) -> bool:
        async with self.reading(self.tenant.id) as unit:
            sealed = await unit.customers.get(customer_id)
        vault = await self.directory.vault_of(customer_id)
        customer = await self.directory.open(sealed, vault)
        if customer is None or vault is None:  # nobody is left to tell: that row must not come first again and again
            async with self.begin(self.tenant.id) as unit:
                await unit.passwords.told(customer_id, self.clock.now())
            return False
        if not customer.may_sign_in:
            return False
        locales = self.tenant.settings.locales or SPOKEN
        reader = Reader(customer, vault, customer.profile.locale or locales[0], self.tenant)
        words: Words = {"tries": MAX_CONSECUTIVE_FAILURES, "recover_url": f"{reader.base}/recover"}
        tell = messages(reader, "password_guessed", words, (self.entropy, self.clock))
        async with self.begin(self.tenant.id) as unit:
            unit.seal_with(vault)
            if not await unit.passwords.told(customer_id, self.clock.now()):
                return False
            unit.announce(Event("password.guessed", customer_id))
            unit.record(AuditEntry("password.guessed", subject=customer_id))
            tell(unit)
        return True
