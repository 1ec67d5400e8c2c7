"""Trusted devices, removed by hand."""

from limen.access.safety.unit import DeviceUnit
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import CustomerId, DeviceId


async def forget(  # noqa: PLR0913 - whose, which, and by whom
    unit: DeviceUnit, customer_id: CustomerId, device_id: DeviceId, *, actor: str, by: str, request_id: str
) -> bool:
    """Remove a customer's trust in a device; False if there is none such. *by*: ``customer``, ``administrator``."""
    if not await unit.devices.forget(customer_id, device_id):
        return False
    data = {"device": device_id, "by": by}
    unit.announce(Event("device.forgotten", customer_id, dict(data)))
    entry = AuditEntry("device.forgotten", actor=actor, subject=customer_id, request_id=request_id, data=dict(data))
    unit.record(entry)
    return True
