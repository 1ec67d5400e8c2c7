"""Journeys sealed and opened: a journey's key is made with it and destroyed when it is swept."""

import msgspec

from limen.access.journeys.records import Journey, JourneyState, SealedJourney
from limen.identity.keyring import Keyring, SubjectVault
from limen.kernel.encoding import encode_json
from limen.kernel.ids import TenantId

_FIELD = "journey.state"
_states = msgspec.json.Decoder(JourneyState)


def seal(journey: Journey, vault: SubjectVault) -> SealedJourney:
    """Return *journey* as it is stored."""
    return SealedJourney(
        id=journey.id,
        browser_id=journey.browser_id,
        sealed_state=vault.seal(_FIELD, journey.id, encode_json(journey.state)),
        link_hash=journey.link_hash,
        created_at=journey.created_at,
        expires_at=journey.expires_at,
        version=journey.version,
        finished_at=journey.finished_at,
        begun_as=journey.begun_as,
    )


async def open_journey(
    keyring: Keyring, tenant_id: TenantId, sealed: SealedJourney | None
) -> tuple[Journey, SubjectVault] | None:
    """Return the journey and its vault; None for no journey, and for one whose key is gone."""
    vault = await keyring.subject(tenant_id, sealed.id) if sealed is not None else None
    if sealed is None or vault is None:
        return None
    journey = Journey(
        id=sealed.id,
        browser_id=sealed.browser_id,
        state=_states.decode(vault.unseal(_FIELD, sealed.id, sealed.sealed_state)),
        created_at=sealed.created_at,
        expires_at=sealed.expires_at,
        version=sealed.version,
        finished_at=sealed.finished_at,
        link_hash=sealed.link_hash,
        begun_as=sealed.begun_as,
    )
    return journey, vault
