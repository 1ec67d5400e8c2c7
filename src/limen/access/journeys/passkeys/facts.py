"""What is true of passkeys around a journey: the challenge of its present step, and the keys that concern it."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from limen.access.factors.records import keys
from limen.access.journeys.context import Facts
from limen.access.journeys.parts import JourneyParts, JourneyUnit
from limen.access.journeys.records import Journey, JourneyState, Path
from limen.access.passkeys.options import user_handle
from limen.access.passkeys.records import Key, opened
from limen.access.passkeys.site import Site
from limen.access.sessions.records import PASSWORD
from limen.identity.keyring import TenantVault
from limen.kernel.clock import DAY
from limen.kernel.encoding import b64url, framed
from limen.kernel.ids import CustomerId

CHALLENGE: Final = "passkey-challenge"
HANDLE: Final = "passkey-handle"
"""Purposes of the tenant's sub-keys."""
TASKS: Final = frozenset({"add_passkey", "add_security_key", "rename_passkey", "remove_passkey"})
"""What the account page may ask for."""


async def with_passkeys(
    parts: JourneyParts, unit: JourneyUnit, journey: Journey, state: JourneyState, facts: Facts
) -> Facts:
    """Return *facts* with what concerns passkeys."""
    vault = await parts.keyring.tenant(parts.tenant_id)
    facts = replace(facts, challenge=challenge_of(vault, journey))
    if facts.customer is None or not facts.is_proven:
        return facts
    offers = await _offers(parts, unit, state, facts)
    is_concerned = offers or facts.second_factor or state.passkey.is_due or state.task.kind in TASKS
    return _with_keys(parts, vault, replace(facts, offers_passkey=offers)) if is_concerned else facts


def challenge_of(vault: TenantVault, journey: Journey) -> str:
    """Return what an authenticator signs in the step that is due.

    It is derived and not kept: a journey's version never comes again, so that what was signed for one step is good for
    no other, in this journey or any. It ends with the journey.
    """
    return b64url(vault.mac(CHALLENGE).digest(framed(journey.name, str(journey.version))))


def _with_keys(parts: JourneyParts, tenant: TenantVault, facts: Facts) -> Facts:
    customer = facts.customer
    if customer is None or facts.vault is None:
        return facts
    held = opened(facts.vault, facts.factors)
    return replace(facts, keys=held, handle=handle_of(parts, tenant, customer.id, held))


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
