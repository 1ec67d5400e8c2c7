"""Accounts to which nobody signs in any more: told of, then deleted like any other, and kept by a sign-in.

Of a sign-in the day is known, and nothing else. A job tells whoever has not signed in for long, and days later asks for
the deletion in their place: it waits like every other, is cancelled by the link in its message, is held up by a legal
hold, and ends where somebody signs in. An application that still renews its tokens counts as a sign-in. Whoever
administers, is disabled, or whose data is limited is left to an administrator.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from limen.access.account.deletion import INACTIVITY, Asked, ask, new_request
from limen.access.account.records import INACTIVE, Idle, InactivityNotice
from limen.access.account.unit import AccountUnit, Begin
from limen.access.safety.messages import Reader, Words, messages
from limen.identity.customers.directory import Directory
from limen.identity.customers.records import Customer, SealedCustomer
from limen.identity.keyring import SubjectVault
from limen.identity.tenants.records import SPOKEN, Tenant
from limen.kernel.clock import DAY, Clock, Instant
from limen.kernel.entropy import Entropy
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import CustomerId

BATCH: Final = 50
MOST: Final = 5_000
"""So many are told in one run: whoever puts the rule on does not send a million messages at once."""
TOLD, DELETION, KEPT = "told", "deletion", "kept"
"""What becomes of an account, for the metric."""


@dataclass(frozen=True, slots=True)
class Inactivity:
    """What the rule needs, for one tenant. ``begin`` writes; ``reading`` only reads."""

    tenant: Tenant
    begin: Begin
    reading: Begin
    directory: Directory
    clock: Clock
    entropy: Entropy

    async def run(self) -> Mapping[str, int]:
        """Tell, and ask for deletions; return how many of each. May be stopped anywhere, and run by many at once."""
        done: Counter[str] = Counter()
        account = self.tenant.settings.account
        if not account.inactive_days:
            await self._forget()
            return done
        await self._go_on(done, self.clock.now() - account.inactive_notice_days * DAY)
        await self._tell(done, self._idle(account.inactive_days - account.inactive_notice_days))
        return done

    async def _forget(self) -> None:
        """Forget who was told under a rule that is off: put on again, it tells them again."""
        while True:
            async with self.reading(self.tenant.id) as unit:
                told = await unit.account.inactive_since(self.clock.now(), BATCH)
            if not told:
                return
            async with self.begin(self.tenant.id) as unit:
                for notice in told:
                    await unit.account.forget_inactive(notice)

    async def _go_on(self, done: Counter[str], told_before: Instant) -> None:
        while True:
            async with self.reading(self.tenant.id) as unit:
                due = await unit.account.inactive_since(told_before, BATCH)
            for notice in due:
                done[await self._ask(notice)] += 1
            if len(due) < BATCH:
                return

    async def _tell(self, done: Counter[str], since: Idle) -> None:
        after = ""
        while done[TOLD] < MOST:
            async with self.reading(self.tenant.id) as unit:
                idle = await unit.account.idle(since, after=after, limit=BATCH)
            for customer_id in idle:
                done[await self._warn(customer_id, since)] += 1
            if len(idle) < BATCH:
                return
            after = idle[-1]

    async def _warn(self, customer_id: CustomerId, since: Idle) -> str:
        """Tell one customer; return what became of them."""
        customer, vault = await self._open(customer_id)
        if customer is None or vault is None:
            return KEPT
        now, account = self.clock.now(), self.tenant.settings.account
        delete_from = now + account.inactive_notice_days * DAY
        words: Words = {"delete_from": delete_from, "sign_in_url": f"{self._reader(customer, vault).base}/sign-in"}
        tell = messages(self._reader(customer, vault), "account_inactive", words, (self.entropy, self.clock))
        async with self.begin(self.tenant.id) as unit:
            unit.seal_with(vault)
            if not await self._is_idle(unit, customer_id, since):
                return KEPT
            if not await unit.account.told_inactive(InactivityNotice(customer_id, now)):
                return KEPT
            data = {"delete_from": delete_from}
            unit.announce(Event("account.inactive", customer_id, dict(data)))
            unit.record(AuditEntry("account.inactive", actor=INACTIVITY, subject=customer_id, data=dict(data)))
            tell(unit)
        return TOLD

    async def _ask(self, notice: InactivityNotice) -> str:
        """Ask for one deletion, or let whoever has signed in be; return which."""
        customer, vault = await self._open(notice.customer_id)
        if customer is None or vault is None:  # erased in this moment
            async with self.begin(self.tenant.id) as unit:
                await unit.account.forget_inactive(notice)
            return KEPT
        request, words = new_request(self.tenant, customer.id, self.clock, self.entropy, INACTIVE)
        tell = messages(self._reader(customer, vault), "deletion_inactive", words, (self.entropy, self.clock))
        data = {"due_at": request.due_at, "reason": INACTIVE}
        entry = AuditEntry("deletion.requested", actor=INACTIVITY, subject=customer.id, data=data)
        since = self._idle(self.tenant.settings.account.inactive_days)
        async with self.begin(self.tenant.id) as unit:
            unit.seal_with(vault)
            if not await unit.account.forget_inactive(notice):
                return KEPT  # a sign-in, or another worker, was first
            if await unit.processing_limits.kinds(customer.id) or not await self._is_idle(unit, customer.id, since):
                return KEPT
            return DELETION if await ask(unit, Asked(request, tell), entry) else KEPT

    async def _is_idle(self, unit: AccountUnit, customer_id: CustomerId, since: Idle) -> bool:
        """Tell whether nobody has signed in, nor any application for them; of that one the day is noted."""
        customer = await unit.customers.get(customer_id)
        if customer is None or not customer.is_active or not is_idle(customer, since):
            return False
        families = await unit.account.families(customer_id, self.clock.now())
        day = max((family.used_at for family in families), default=0) // DAY
        if day > (customer.seen_on or 0):
            await unit.customers.seen(customer_id, day)
            customer = replace(customer, seen_on=day)
        return is_idle(customer, since)

    async def _open(self, customer_id: CustomerId) -> tuple[Customer | None, SubjectVault | None]:
        async with self.reading(self.tenant.id) as unit:
            sealed = await unit.customers.get(customer_id)
        vault = await self.directory.vault_of(customer_id)
        return await self.directory.open(sealed, vault), vault

    def _reader(self, customer: Customer, vault: SubjectVault) -> Reader:
        locales = self.tenant.settings.locales or SPOKEN
        return Reader(customer, vault, customer.profile.locale or locales[0], self.tenant)

    def _idle(self, days: int) -> Idle:
        now = self.clock.now()
        return Idle(now // DAY - days + 1, now - days * DAY)


def is_idle(customer: SealedCustomer, since: Idle) -> bool:
    """Tell whether nobody has signed in to an account for so long."""
    if customer.seen_on is None:
        return customer.updated_at < since.changed_before
    return customer.seen_on < since.seen_before
