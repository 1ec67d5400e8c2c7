"""Deleting one's own account: asked for behind a fresh proof, waited for, and cancelled by whoever thinks again.

The request, the mail with the link that cancels it, and the record of both are one commit. So are, at the end, the
disappearance of the request and of the customer: of two workers that find it due, or of a worker and somebody who
cancels, one is first. What an administrator deletes is deleted at once (``identity.customers.management``).
"""

from dataclasses import dataclass, field
from typing import Final

from limen.access.account.notices import told
from limen.access.account.records import DeletionRequest
from limen.access.account.unit import AccountParts, AccountUnit, AsksDeletion, Begin, Owner
from limen.access.safety.messages import Tell, Words
from limen.access.tokens.desk import Desk
from limen.identity.customers.directory import Directory
from limen.kernel.clock import DAY, Clock, Instant
from limen.kernel.context import RequestContext
from limen.kernel.encoding import link_hash
from limen.kernel.entropy import random_token
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import CustomerId, TenantId

BATCH: Final = 50
_TOKEN_BYTES: Final = 24


@dataclass(frozen=True, slots=True)
class Erasing:
    """What carrying deletions out needs, for one tenant. ``begin`` writes; ``reading`` only reads."""

    tenant_id: TenantId
    begin: Begin
    reading: Begin
    directory: Directory
    clock: Clock


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that is to be stored, and the message that goes with it."""

    request: DeletionRequest
    tell: Tell = field(repr=False)


def asked(desk: Desk, owner: Owner) -> Asked:
    """Return a new request of the owner's, and what tells them of it, with the link that cancels it."""
    tenant, now = desk.tenant, desk.clock.now()
    token = random_token(desk.entropy, _TOKEN_BYTES)
    due_at = now + tenant.settings.account.deletion_days * DAY
    request = DeletionRequest(owner.customer.id, link_hash(token), now, due_at)
    words: Words = {
        "due_at": due_at,
        "keep_url": f"{tenant.issuer.rstrip('/')}/keep-account/{token}",
    }
    return Asked(request, told(desk, owner, "deletion_requested", words))


async def ask(unit: AsksDeletion, new: Asked, entry: AuditEntry) -> bool:
    """Store a request and tell of it; False, and nothing said again, where there is one."""
    if not await unit.account.ask_deletion(new.request):
        return False
    unit.announce(Event("deletion.requested", new.request.customer_id, {"due_at": new.request.due_at}))
    unit.record(entry)
    new.tell(unit)
    return True


async def pending(parts: AccountParts, token: str) -> DeletionRequest | None:
    """Return the request that the link with *token* cancels; it is only looked at."""
    async with parts.reading(parts.tenant_id) as unit:
        return await unit.account.deletion_by_link(link_hash(token))


async def cancel(parts: AccountParts, request: DeletionRequest, by: str, context: RequestContext) -> bool:
    """Let the customer stay, and tell them; False where the request is gone: cancelled before, or carried out.

    *by* is ``link`` or ``customer``.
    """
    async with parts.reading(parts.tenant_id) as unit:
        sealed = await unit.customers.get(request.customer_id)
    vault = await parts.directory.vault_of(request.customer_id)
    customer = await parts.directory.open(sealed, vault)
    if customer is None or vault is None:
        return False
    owner = Owner(customer, vault, "", context)
    tell = told(parts.desk, owner, "deletion_cancelled", {})
    async with parts.begin(parts.tenant_id) as unit:
        unit.seal_with(vault)
        if not await unit.account.drop_deletion(request):
            return False
        unit.announce(Event("deletion.cancelled", customer.id, {"by": by}))
        unit.record(owner.entry("deletion.cancelled", {"by": by}))
        tell(unit)
    return True


async def carry_out_due(parts: Erasing) -> int:
    """Erase everybody whose time has come; return how many. May be stopped anywhere, and run by many at once."""
    erased = 0
    while True:
        async with parts.reading(parts.tenant_id) as unit:
            due = await unit.account.deletions_due(parts.clock.now(), BATCH)
        for request in due:
            erased += await _carry_out(parts, request)
        if len(due) < BATCH:
            return erased


async def _carry_out(parts: Erasing, request: DeletionRequest) -> bool:
    """Erase one customer: the rows in one commit, then the key, which the outbox sees to if we are killed here."""
    now, customer_id = parts.clock.now(), request.customer_id
    async with parts.begin(parts.tenant_id) as unit:
        if await unit.processing_limits.kinds(customer_id):
            return False  # a hold, or a restriction, was set in this moment
        if not await unit.account.drop_deletion(request):
            return False  # cancelled in this moment, or another worker was first
        if not await _erase_rows(unit, customer_id, now):
            return False
    await parts.directory.erase(customer_id)
    return True


async def _erase_rows(unit: AccountUnit, customer_id: CustomerId, now: Instant) -> bool:
    """Delete the customer; False where a legal hold came first, and the key has to stay. The request is gone then."""
    customer = await unit.customers.get(customer_id)
    if customer is None:
        return True
    await unit.sessions.end_all(customer_id, now)  # first: the caches must hear of each family
    if not await unit.customers.delete(customer_id):
        return False
    unit.change("subject", f"{customer.subject}:{now}")
    data = {"version": customer.version}
    unit.announce(Event("customer.deleted", customer_id, data))
    unit.record(AuditEntry("customer.deleted", actor=f"customer:{customer_id}", subject=customer_id, data=data))
    return True
