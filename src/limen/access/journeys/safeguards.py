"""What a finished sign-in means for trusted devices, and for somebody else's recovery."""

from limen.access.journeys.context import Facts
from limen.access.journeys.parts import JourneyParts, JourneyUnit
from limen.access.journeys.records import Journey
from limen.access.oauth.assurance import level
from limen.access.safety.messages import Reader
from limen.access.safety.records import DeviceWords, TrustedDevice, seal_device
from limen.access.safety.waiting import Ender, cancel_in, notice_of_end
from limen.access.sessions.records import SECOND_FACTORS
from limen.kernel.clock import DAY
from limen.kernel.context import RequestContext
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import DeviceId

_TWO = 2


def _spoke(journey: Journey) -> bool:
    """Tell whether this very journey proved a second factor, or a first one that is two."""
    evidence = journey.state.evidence
    return any(piece.authenticator in SECOND_FACTORS for piece in evidence) or level(evidence) >= _TWO


async def keep_trust(
    parts: JourneyParts, unit: JourneyUnit, journey: Journey, facts: Facts, request: RequestContext
) -> None:
    """Trust this browser, where its customer asked for that behind a second factor; note where trust stood in."""
    now, customer = parts.clock.now(), facts.customer
    if facts.trusted is not None:
        await unit.devices.used(facts.trusted.id, now)
    days = parts.desk.tenant.settings.recovery.trusted_device_days
    vault = await parts.directory.vault_of(customer.id) if journey.state.second.trusts and customer else None
    if customer is None or vault is None or not days or not _spoke(journey):
        return
    device_id = DeviceId.new(parts.clock, parts.entropy)
    sealed = seal_device(vault, device_id, DeviceWords(request.user_agent))
    await unit.devices.trust(
        TrustedDevice(device_id, customer.id, journey.browser_id, sealed, now, now, now + days * DAY)
    )
    unit.announce(Event("device.trusted", customer.id, {"device": device_id}))
    unit.record(
        AuditEntry(
            event="device.trusted",
            actor=f"customer:{customer.id}",
            subject=customer.id,
            request_id=request.request_id,
            data={"device": device_id},
            personal=request.personal,
        )
    )


async def end_recovery(
    parts: JourneyParts, unit: JourneyUnit, journey: Journey, facts: Facts, request: RequestContext
) -> None:
    """End an open recovery request: whoever proves a second factor has not lost them all."""
    customer = facts.customer
    if customer is None or not facts.recovers or not _spoke(journey):
        return
    if await unit.recoveries.open_of(customer.id) is None:
        return
    vault = await parts.directory.vault_of(customer.id)
    if vault is None:
        return
    personal = request.personal
    by = Ender("second_factor", f"customer:{customer.id}", request.request_id, personal)
    reader = Reader(customer, vault, customer.profile.locale or "en", parts.desk.tenant)
    await cancel_in(unit, customer.id, parts.clock.now(), by, notice_of_end(reader, parts))
