"""A customer's own trusted devices, and a recovery that is under way: seen, and ended."""

from typing import Annotated, Final

from fastapi import APIRouter, Response

from limen.access.safety.devices import forget
from limen.access.safety.records import open_device
from limen.access.safety.unit import SafetyParts
from limen.access.safety.waiting import Ender, cancel
from limen.identity.customers.scopes import ACCOUNT_READ, ACCOUNT_WRITE
from limen.integration.api.account import AccountCall, AccountRoute, CurrentAccount
from limen.integration.api.answers import answer
from limen.integration.api.document import acts, answers
from limen.integration.api.models.safety import (
    OwnDevicesShown,
    RecoveryShown,
    own_devices_shown,
    recovery_shown,
)
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import identified
from limen.integration.api.problems import Refused
from limen.kernel.errors import NotFound
from limen.kernel.ids import DeviceId

router = APIRouter(prefix=f"{PREFIX}/account", route_class=AccountRoute, tags=["account"])
Device = Annotated[str, identified(DeviceId, "device_id")]
_NO_DEVICE: Final = NotFound("device_not_found")
_NO_RECOVERY: Final = NotFound("recovery_not_found")


@router.get("/trusted-devices", response_model=OwnDevicesShown, responses=answers(), openapi_extra=acts(ACCOUNT_READ))
async def list_own_devices(call: CurrentAccount) -> Response:
    """List the devices that one trusts in place of a second factor at sign-in."""
    owner = call.owner
    async with call.account.reading(call.account.tenant_id) as unit:
        found = await unit.devices.of_customer(owner.customer.id, call.parts.clock.now())
    return answer(own_devices_shown([(one, open_device(owner.vault, one).user_agent) for one in found]))


@router.delete("/trusted-devices/{device_id}", status_code=204, responses=answers(), openapi_extra=acts(ACCOUNT_WRITE))
async def forget_own_device(call: CurrentAccount, device_id: Device) -> Response:
    """Trust a device no more: the next sign-in there asks for the second factor again."""
    customer_id, request_id = call.owner.customer.id, call.owner.request.request_id
    actor = f"customer:{customer_id}"
    async with call.account.begin(call.account.tenant_id) as unit:
        is_gone = await forget(
            unit, customer_id, DeviceId(device_id), actor=actor, by="customer", request_id=request_id
        )
    if not is_gone:
        raise Refused(_NO_DEVICE)
    return Response(status_code=204)


@router.get("/recovery", response_model=RecoveryShown, responses=answers(), openapi_extra=acts(ACCOUNT_READ))
async def read_own_recovery(call: CurrentAccount) -> Response:
    """Read the recovery without a second factor that is under way; 404 where there is none."""
    async with _safety(call).reading(call.desk.tenant.id) as unit:
        request = await unit.recoveries.open_of(call.owner.customer.id)
    if request is None:
        raise Refused(_NO_RECOVERY)
    return answer(recovery_shown(request))


@router.delete("/recovery", status_code=204, responses=answers(), openapi_extra=acts(ACCOUNT_WRITE))
async def cancel_own_recovery(call: CurrentAccount) -> Response:
    """Stop a recovery that somebody else began. The customer is told by mail."""
    owner = call.owner
    by = Ender("customer", f"customer:{owner.customer.id}", owner.request.request_id, owner.request.personal)
    if not await cancel(_safety(call), owner.customer.id, by):
        raise Refused(_NO_RECOVERY)
    return Response(status_code=204)


def _safety(call: AccountCall) -> SafetyParts:
    parts, account = call.parts, call.account
    return SafetyParts(call.desk.tenant, parts.begin, parts.reading, account.directory, parts.clock, parts.entropy)
