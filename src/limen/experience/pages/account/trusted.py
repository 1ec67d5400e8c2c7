"""The devices that a customer trusts in place of a second factor: seen, and removed."""

from limen.access.safety.devices import forget
from limen.access.safety.records import open_device
from limen.experience.pages.account.look import Done, Look, Shown, Taken, Turn
from limen.experience.pages.devices import describe_device
from limen.kernel.ids import DeviceId


async def show(look: Look) -> Shown:
    """Return the devices, oldest first."""
    found = await look.unit.devices.of_customer(look.account.customer.id, look.now)
    here = look.visit.browser.id if look.visit.browser is not None else ""
    return {
        "devices": [
            {
                "id": device.id,
                "name": describe_device(open_device(look.vault, device).user_agent),
                "added": device.created_at,
                "until": device.expires_at,
                "current": device.browser_id == here,
            }
            for device in found
        ]
    }


async def remove(turn: Turn) -> Taken:
    """Remove the device that the form names, if it is one of this customer's."""
    device_id, customer_id = DeviceId.parse(turn.form.get("device", "")), turn.account.customer.id
    if device_id is None:
        return Done()
    visit = turn.visit
    actor, request_id = f"customer:{customer_id}", visit.context.request_id
    async with visit.parts.begin(visit.journey_parts.tenant_id) as unit:
        is_gone = await forget(unit, customer_id, device_id, actor=actor, by="customer", request_id=request_id)
    return Done("notice.device_forgotten" if is_gone else "")


TAKES = {"forget_device": remove}
