"""The tenant's keys: which signing keys are published, and the rotation of all of them."""

from fastapi import APIRouter, Request, Response

from limen.access.jose.rotation import Urgency
from limen.access.tokens.keeping import KeyKeeping
from limen.identity.administrators import KEYS_READ, KEYS_WRITE, TENANTS_WRITE
from limen.identity.keyring.rotate import Rotations
from limen.identity.keyring.rotation import RotationKind
from limen.integration.api.answers import CurrentCall, answer, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.idempotency import IdempotencyKey, once
from limen.integration.api.models.keys import (
    CustomerKeyShown,
    KeyList,
    KeyRotation,
    KeysRotated,
    RotationBegun,
    RotationList,
    RotationShown,
    shown,
    shown_rotation,
)
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import CustomerPath
from limen.integration.api.problems import Refused
from limen.integration.api.route import Call, GuardedRoute, challenged
from limen.kernel.errors import Forbidden, Unavailable

router = APIRouter(prefix=f"{PREFIX}/keys", route_class=GuardedRoute, tags=["keys"])


def _use(call: Call) -> KeyKeeping:
    parts = call.parts
    return KeyKeeping(call.desk.tenant, parts.begin, parts.reading, parts.keyring, parts.clock)


@router.get("", response_model=KeyList, responses=answers(), openapi_extra=needs(KEYS_READ))
async def list_keys(call: CurrentCall) -> Response:
    """List the keys in the JWKS, oldest first. Private keys are never shown."""
    return answer(KeyList(items=[shown(key) for key in await _use(call).list()]))


@router.post("/rotate", response_model=KeysRotated, responses=answers(409, body=True), openapi_extra=needs(KEYS_WRITE))
async def rotate_keys(
    call: CurrentCall, request: Request, body: KeyRotation, idempotency_key: IdempotencyKey = None
) -> Response:
    """Rotate the keys. `compromised` replaces all of them at once: every token signed so far stops verifying."""

    async def work() -> Response:
        rotated = await _use(call).rotate(Urgency(body.urgency), call.actor)
        return answer(KeysRotated(changes=len(rotated.changes)))

    return await once(call, request, idempotency_key, work)


def _rotations(call: Call) -> Rotations:
    found = call.parts.rotations
    if found is None:
        raise Refused(Unavailable("not_here", retry_after=3_600))
    return found(call.desk.tenant.id)


@router.get("/rotations", response_model=RotationList, responses=answers(503), openapi_extra=needs(KEYS_READ))
async def list_rotations(call: CurrentCall) -> Response:
    """List rotations of the keys that seal, and how far they are."""
    return answer(RotationList(items=[shown_rotation(one) for one in await _rotations(call).list()]))


@router.post(
    "/rotations",
    status_code=202,
    response_model=RotationShown,
    responses=answers(409, 503, body=True),
    openapi_extra=needs(KEYS_WRITE),
)
async def begin_rotation(
    call: CurrentCall, request: Request, body: RotationBegun, idempotency_key: IdempotencyKey = None
) -> Response:
    """Begin to rotate keys that seal. Nothing is encrypted anew, and everything is served meanwhile."""
    if body.kind is RotationKind.ROOT and not call.actor.holds({TENANTS_WRITE}):
        raise challenged(call.desk, Forbidden("insufficient_scope", TENANTS_WRITE), f', scope="{TENANTS_WRITE}"')

    async def work() -> Response:
        return answer(shown_rotation(ok(await _rotations(call).begin(body.kind, call.actor))), status=202)

    return await once(call, request, idempotency_key, work)


@router.post(
    "/customers/{customer_id}/rotate",
    response_model=CustomerKeyShown,
    responses=answers(409, 503),
    openapi_extra=needs(KEYS_WRITE),
)
async def rotate_customer_key(call: CurrentCall, customer_id: CustomerPath) -> Response:
    """Give a customer a new key, at once. What was sealed before still opens."""
    return answer(CustomerKeyShown(version=ok(await _rotations(call).rotate_customer(customer_id, call.actor))))
