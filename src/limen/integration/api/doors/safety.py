"""Recoveries and trusted devices of a customer: seen, and ended."""

from typing import Annotated

from fastapi import APIRouter, Response

from limen.access.safety.administer import SafetyAdministration
from limen.identity.administrators import CUSTOMERS_READ, CUSTOMERS_WRITE
from limen.integration.api.answers import CurrentCall, answer, done, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.models.safety import DevicesShown, RecoveriesShown, devices_shown, recoveries_shown
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import CustomerPath, identified
from limen.integration.api.route import Call, GuardedRoute
from limen.kernel.ids import CustomerId, DeviceId

router = APIRouter(prefix=f"{PREFIX}/customers", route_class=GuardedRoute, tags=["customers"])
Device = Annotated[str, identified(DeviceId, "device_id")]


def _use(call: Call) -> SafetyAdministration:
    parts, tenant = call.parts, call.desk.tenant
    directory = parts.directory_for(tenant.id)
    return SafetyAdministration(tenant, parts.begin, parts.reading, directory, parts.clock, parts.entropy)


@router.get(
    "/{customer_id}/recoveries",
    response_model=RecoveriesShown,
    responses=answers(),
    openapi_extra=needs(CUSTOMERS_READ),
)
async def list_recoveries(call: CurrentCall, customer_id: CustomerPath) -> Response:
    """List a customer's recoveries without a second factor, the open one among them."""
    return answer(recoveries_shown(ok(await _use(call).recoveries(CustomerId(customer_id)))))


@router.delete(
    "/{customer_id}/recoveries/open", status_code=204, responses=answers(), openapi_extra=needs(CUSTOMERS_WRITE)
)
async def cancel_recovery(call: CurrentCall, customer_id: CustomerPath) -> Response:
    """End a customer's open recovery. The customer is told by mail."""
    return done(await _use(call).cancel(CustomerId(customer_id), call.actor))


@router.get(
    "/{customer_id}/trusted-devices",
    response_model=DevicesShown,
    responses=answers(),
    openapi_extra=needs(CUSTOMERS_READ),
)
async def list_trusted_devices(call: CurrentCall, customer_id: CustomerPath) -> Response:
    """List the devices that a customer trusts in place of a second factor at sign-in."""
    return answer(devices_shown(ok(await _use(call).devices(CustomerId(customer_id)))))


@router.delete(
    "/{customer_id}/trusted-devices/{device_id}",
    status_code=204,
    responses=answers(),
    openapi_extra=needs(CUSTOMERS_WRITE),
)
async def forget_trusted_device(call: CurrentCall, customer_id: CustomerPath, device_id: Device) -> Response:
    """Remove a trusted device: the next sign-in there asks for the second factor again."""
    return done(await _use(call).forget(CustomerId(customer_id), DeviceId(device_id), call.actor))
