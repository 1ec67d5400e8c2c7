"""The tenant's signing keys: which are published, and their rotation."""

from fastapi import APIRouter, Request, Response

from limen.access.jose.rotation import Urgency
from limen.access.tokens.keeping import KeyKeeping
from limen.identity.administrators import KEYS_READ, KEYS_WRITE
from limen.integration.api.answers import CurrentCall, answer
from limen.integration.api.document import answers, needs
from limen.integration.api.idempotency import IdempotencyKey, once
from limen.integration.api.models.keys import KeyList, KeyRotation, KeysRotated, shown
from limen.integration.api.parts import PREFIX
from limen.integration.api.route import Call, GuardedRoute

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
