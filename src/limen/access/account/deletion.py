"""Deleting one's own account: asked for behind a fresh proof, waited for, and cancelled by whoever thinks again.

The request, the mail with the link that cancels it, and the record of both are one commit. So are, at the end, the
disappearance of the request and of the customer: of two workers that find it due, or of a worker and somebody who
cancels, one is first. What an administrator deletes is deleted at once (``identity.customers.management``).
"""

from dataclasses import dataclass, field
from typing import Final

from limen.access.account.notices import told
from limen.access.account.records import ASKED, INACTIVE, DeletionRequest
from limen.access.account.unit import AccountParts, AccountUnit, AsksDeletion, Begin, Owner
from limen.access.safety.messages import Tell, Words
from limen.access.tokens.desk import Desk
from limen.identity.customers.directory import Directory
from limen.identity.tenants.records import Tenant
from limen.kernel.clock import DAY, Clock, Instant
from limen.kernel.context import RequestContext
from limen.kernel.encoding import link_hash
from limen.kernel.entropy import Entropy, random_token
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import CustomerId, TenantId

BATCH: Final = 50
INACTIVITY: Final = "system:inactivity"
"""Who acts where nobody signs in any more."""
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
    request, words = new_request(desk.tenant, owner.customer.id, desk.clock, desk.entropy)
    return Asked(request, told(desk, owner, "deletion_requested", words))


def new_request(
    tenant: Tenant, customer_id: CustomerId, clock: Clock, entropy: Entropy, reason: str = ASKED
) -> tuple[DeletionRequest, Words]:
    """Return a request to delete a customer, and what its message says: when, and by which link it is cancelled."""
    token, now = random_token(entropy, _TOKEN_BYTES), clock.now()
    due_at = now + tenant.settings.account.deletion_days * DAY
    words: Words = {"due_at": due_at, "keep_url": f"{tenant.issuer.rstrip('/')}/keep-account/{token}"}
    return DeletionRequest(customer_id, link_hash(token), now, due_at, reason), words


async def ask(unit: AsksDeletion, new: Asked, entry: AuditEntry) -> bool:
    """Store a request and tell of it; False, and nothing said again, where there is one."""
    if not await unit.account.ask_deletion(new.request):
        return False
    data = {"due_at": new.request.due_at, "reason": new.request.reason}
    unit.announce(Event("deletion.requested", new.request.customer_id, data))
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
        data = {"by": by, "reason": request.reason}
        unit.announce(Event("deletion.cancelled", customer.id, dict(data)))
        unit.record(owner.entry("deletion.cancelled", dict(data)))
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
        if request.reason == INACTIVE and await _was_seen(unit, request, now):
            cancelled(unit, customer_id, "sign_in")  # in the moment in which it was asked for
            return False
        if not await _erase_rows(unit, request, now):
            return False
    await parts.directory.erase(customer_id)
    return True


async def _was_seen(unit: AccountUnit, request: DeletionRequest, now: Instant) -> bool:
    """Tell whether somebody has signed in since the day of a request, or an application has renewed its tokens."""
    customer = await unit.customers.get(request.customer_id)
    used = [family.used_at // DAY for family in await unit.account.families(request.customer_id, now)]
    return customer is not None and max([customer.seen_on or 0, *used]) >= request.created_at // DAY


def cancelled(unit: AsksDeletion, customer_id: CustomerId, by: str) -> None:
    """Tell that an account to which nobody had signed in stays."""
    data = {"by": by, "reason": INACTIVE}
    unit.announce(Event("deletion.cancelled", customer_id, dict(data)))
    actor = f"customer:{customer_id}"
    unit.record(AuditEntry("deletion.cancelled", actor=actor, subject=customer_id, data=dict(data)))


async def _erase_rows(unit: AccountUnit, request: DeletionRequest, now: Instant) -> bool:
    """Delete the customer; False where a legal hold came first, and the key has to stay. The request is gone then."""
    customer_id = request.customer_id
    customer = await unit.customers.get(customer_id)
    if customer is None:
        return True
    await unit.sessions.end_all(customer_id, now)  # first: the caches must hear of each family
    await unit.sessions.forget_browsers(customer_id, now)
    if not await unit.customers.delete(customer_id):
        return False
    unit.change("subject", f"{customer.subject}:{now}")
    data = {"version": customer.version}
    unit.announce(Event("customer.deleted", customer_id, dict(data)))
    actor = f"customer:{customer_id}" if request.reason == ASKED else INACTIVITY
    known = {**data, "reason": request.reason}
    unit.record(AuditEntry("customer.deleted", actor=actor, subject=customer_id, data=known))
    return True
