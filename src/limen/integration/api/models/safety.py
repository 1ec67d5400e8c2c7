"""Recoveries and trusted devices of a customer."""

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field

from limen.access.safety.records import RecoveryRequest, TrustedDevice
from limen.integration.api.models.common import Moment, Shown, moment


class RecoveryShown(Shown):
    """Somebody proved the mailbox and says that every second factor is lost."""

    id: str
    state: Literal["waiting", "ready", "done", "cancelled", "expired"]
    created_at: Moment
    ready_at: Moment | None = Field(description="While it waits: when it is ready at the earliest.")
    ends_at: Moment | None = Field(description="While it is ready: until when the reset may go on.")
    closed_at: Moment | None


class RecoveriesShown(Shown):
    """A customer's recoveries, oldest first; those that ended are shown for thirty days."""

    items: list[RecoveryShown]


class DeviceShown(Shown):
    """A device that a customer trusts in place of a second factor at sign-in."""

    id: str
    created_at: Moment
    used_at: Moment = Field(description="When it last stood in.")
    expires_at: Moment


class DevicesShown(Shown):
    """A customer's trusted devices, oldest first."""

    items: list[DeviceShown]


class OwnDeviceShown(DeviceShown):
    """A device that one trusts oneself, with what only its owner sees."""

    user_agent: str = Field(description="How the browser called itself when it was trusted.")


class OwnDevicesShown(Shown):
    """One's own trusted devices, oldest first."""

    items: list[OwnDeviceShown]


def recoveries_shown(requests: list[RecoveryRequest]) -> RecoveriesShown:
    """Return *requests* as they are shown."""
    return RecoveriesShown(items=[recovery_shown(request) for request in requests])


def recovery_shown(request: RecoveryRequest) -> RecoveryShown:
    """Return a request as it is shown."""
    is_open = request.closed_at is None
    return RecoveryShown(
        id=request.id,
        state=request.state.value,
        created_at=moment(request.created_at),
        ready_at=moment(request.ready_at) if is_open and not request.is_ready else None,
        ends_at=moment(request.due_at) if is_open and request.is_ready else None,
        closed_at=moment(request.closed_at) if request.closed_at is not None else None,
    )


def devices_shown(devices: list[TrustedDevice]) -> DevicesShown:
    """Return *devices* as they are shown."""
    return DevicesShown(items=[DeviceShown(**_facts(device)) for device in devices])


def own_devices_shown(devices: Iterable[tuple[TrustedDevice, str]]) -> OwnDevicesShown:
    """Return *devices* as their owner sees them, each with how it called itself."""
    return OwnDevicesShown(items=[OwnDeviceShown(**_facts(device), user_agent=agent) for device, agent in devices])


def _facts(device: TrustedDevice) -> dict[str, Any]:
    return {
        "id": device.id,
        "created_at": moment(device.created_at),
        "used_at": moment(device.used_at),
        "expires_at": moment(device.expires_at),
    }
