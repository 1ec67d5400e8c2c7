"""What is true of passkeys around a journey: the keys that concern it, and whether one is offered."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from limen.access.factors.records import keys
from limen.access.journeys.context import Facts
from limen.access.journeys.parts import JourneyParts, JourneyUnit
from limen.access.journeys.records import JourneyState, Path
from limen.access.passkeys.options import user_handle
from limen.access.passkeys.records import Key, opened
from limen.access.passkeys.site import Site
from limen.access.sessions.records import PASSWORD
from limen.identity.keyring import TenantVault
from limen.kernel.clock import DAY
from limen.kernel.ids import CustomerId

HANDLE: Final = "passkey-handle"
"""Purpose of the tenant's sub-key."""
TASKS: Final = frozenset({"add_passkey", "add_security_key", "rename_passkey", "remove_passkey"})
"""What the account page may ask for."""


async def with_passkeys(parts: JourneyParts, unit: JourneyUnit, state: JourneyState, facts: Facts) -> Facts:
    """Return *facts* with what concerns passkeys."""
    customer, vault = facts.customer, facts.vault
    if customer is None or vault is None or not facts.is_proven:
        return facts
    offers = await _offers(parts, unit, state, facts)
    if not (offers or facts.second_factor or state.passkey.is_due or state.task.kind in TASKS):
        return facts
    facts = with_keys(replace(facts, offers_passkey=offers))
    return replace(facts, handle=handle_of(parts, vault.tenant, customer.id, facts.keys))


def with_keys(facts: Facts) -> Facts:
    """Return *facts* with the customer's keys, opened."""
    return facts if facts.vault is None else replace(facts, keys=opened(facts.vault, facts.factors))


def handle_of(parts: JourneyParts, tenant: TenantVault, customer_id: CustomerId, held: Sequence[Key]) -> bytes:
    """Return a customer's user handle: that of the keys they *held* first, else the one that their first will have."""
    fresh = user_handle(tenant.derive(HANDLE), Site.of(parts.desk.tenant), customer_id)
    return held[0].credential.handle if held else fresh


async def _offers(parts: JourneyParts, unit: JourneyUnit, state: JourneyState, facts: Facts) -> bool:
    """Tell whether this sign-in ends with the question whether the next is to be by passkey."""
    settings, customer, making = parts.desk.tenant.settings, facts.customer, state.passkey
    if not (settings.sign_in.passkey and settings.passkeys.offer_days) or not making.is_able or making.is_asked:
        return False
    is_silent = facts.request is not None and "none" in facts.request.prompt
    by_password = any(piece.authenticator == PASSWORD for piece in state.evidence)
    if customer is None or is_silent or state.task or state.path is Path.RECOVER or not by_password:
        return False
    if making.is_due or keys(facts.factors):
        return False
    declined = await unit.factors.declined_at(customer.id)
    return parts.clock.now() - declined >= settings.passkeys.offer_days * DAY
