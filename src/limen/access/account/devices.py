"""Where a customer is signed in, and ending that."""

from collections import defaultdict

from limen.access.account.records import Device
from limen.access.account.unit import AccountParts, AccountUnit, Owner
from limen.access.sessions.records import Party, Session, open_surroundings
from limen.identity.customers.records import Customer
from limen.identity.keyring import SubjectVault
from limen.kernel.clock import SECOND
from limen.kernel.events import Event


async def sessions_of(parts: AccountParts, unit: AccountUnit, customer: Customer) -> list[Session]:
    """Return the sessions that count now, last seen first."""
    now, idle = parts.clock.now(), parts.desk.lifetimes.session_idle * SECOND
    found = await unit.sessions.of_customer(customer.id)
    return [one for one in found if one.is_live(now, idle) and one.created_at >= customer.valid_after]


async def devices(parts: AccountParts, unit: AccountUnit, customer: Customer, vault: SubjectVault) -> list[Device]:
    """Return where the customer is signed in, last seen first, in three statements."""
    sessions = await sessions_of(parts, unit, customer)
    names = {party.key: party.name for party in await unit.account.parties(customer.id)}
    held: defaultdict[str, set[str]] = defaultdict(set)
    for family in await unit.account.families(customer.id, parts.clock.now()):
        held[family.session_id].add(names.get(family.client, ""))
    return [
        Device(session, open_surroundings(vault, session), tuple(sorted(held[session.id] - {""})))
        for session in sessions
    ]


async def end_device(parts: AccountParts, owner: Owner, sid: str) -> tuple[Session, list[Party]] | None:
    """End one of the owner's sessions; return it, and who had tokens for it.

    None where the owner has none such, or it has ended already: of two who end it at once, one tells.
    """
    async with parts.begin(parts.tenant_id) as unit:
        unit.seal_with(owner.vault)
        session = await unit.sessions.find_sid(sid)
        if session is None or session.customer_id != owner.customer.id:
            return None
        involved = await unit.sessions.parties(session.id)
        if not await unit.sessions.end(session.id, parts.clock.now()):
            return None
        data = {"session": session.id}
        unit.announce(Event("session.ended", owner.customer.id, data))
        unit.record(owner.entry("session.ended", {**data, "here": sid == owner.sid}))
        return session, involved


async def end_others(parts: AccountParts, owner: Owner) -> int:
    """End every session but the one that the owner acts in, and all trust in devices; return how many ended."""
    async with parts.begin(parts.tenant_id) as unit:
        unit.seal_with(owner.vault)
        present = await unit.sessions.find_sid(owner.sid)
        if present is None or present.customer_id != owner.customer.id or present.ended_at is not None:
            return 0
        ended = await unit.sessions.end_all(owner.customer.id, parts.clock.now(), except_for=present.id)
        if ended:
            unit.announce(Event("session.ended", owner.customer.id, {"others": ended}))
            unit.record(owner.entry("session.ended", {"others": ended}))
        return ended
