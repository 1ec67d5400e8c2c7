"""What a customer allowed applications, and taking it back."""

from limen.access.account.records import Application, Party
from limen.access.account.unit import AccountParts, AccountUnit, Owner
from limen.access.tokens.records import Grant
from limen.identity.consents.decide import Source, prepare, write
from limen.identity.consents.records import OAUTH, ConsentDecision, Decision
from limen.identity.customers.records import Customer
from limen.kernel.encoding import sha256

_WORDS = b"limen:account:revoke"
"""What stands for the words of a revocation: it is one button, whatever the language of its page."""


async def applications(parts: AccountParts, unit: AccountUnit, customer: Customer) -> list[Application]:
    """Return the applications that may do something for the customer, by name, in three statements."""
    known = {party.key: party for party in await unit.account.parties(customer.id)}
    used: dict[str, int] = {}
    for family in await unit.account.families(customer.id, parts.clock.now()):
        used[family.client] = max(family.used_at, used.get(family.client, 0))
    found = [
        Application(known[grant.client], grant.id, grant.scopes, grant.created_at, used.get(grant.client))
        for grant in await unit.grants.of_customer(customer.id)
        if grant.client in known
    ]
    return sorted(found, key=lambda one: (one.party.name.casefold(), one.party.client_id))


async def revoke_application(parts: AccountParts, owner: Owner, client_id: str) -> bool:
    """Take back all that a client was allowed: its grant, its codes and its tokens go, and the ledger says so.

    Returns:
        False where there is nothing to take back, or somebody was faster.
    """
    async with parts.reading(parts.tenant_id) as unit:
        found = await _find(unit, owner, client_id)
    if found is None:
        return False
    party, grant = found
    withdrawn = prepare(
        ConsentDecision(
            customer_id=owner.customer.id,
            purpose=OAUTH,
            party=client_id,
            items=tuple(sorted(grant.scopes)),
            decision=Decision.WITHDRAWN,
            text_hash=sha256(_WORDS),
            locale=owner.request.locale,
            method="page",
        ),
        Source("page", f"customer:{owner.customer.id}", owner.request, client_id),
        owner.vault,
        parts.clock,
        parts.entropy,
    )
    async with parts.begin(parts.tenant_id) as unit:
        unit.seal_with(owner.vault)
        if not await unit.grants.end(grant.id, parts.clock.now()):
            return False
        unit.record(owner.entry("application.revoked", {"scopes": sorted(grant.scopes)}, client=party.client_id))
        if grant.scopes:  # of whoever never asks, nothing stands in the ledger
            await write(unit, withdrawn, parts.clock)
        return True


async def _find(unit: AccountUnit, owner: Owner, client_id: str) -> tuple[Party, Grant] | None:
    parties = await unit.account.parties(owner.customer.id)
    party = next((one for one in parties if one.client_id == client_id), None)
    grant = await unit.grants.find(owner.customer.id, party.key) if party is not None else None
    return (party, grant) if party is not None and grant is not None else None
