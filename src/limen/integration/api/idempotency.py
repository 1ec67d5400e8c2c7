"""``Idempotency-Key`` (draft-ietf-httpapi-idempotency-key-header-07): a POST that is sent twice is done once.

The key is reserved in a commit of its own, then the work is done, then its answer is kept for a day. A refused request
gives the key back. A process killed in between leaves the key reserved for ten minutes; after them the request is
worked on anew, and what it would make twice refuses itself (slug, ``client_id``, address).

Key and request are kept as codes under a sub-key of the tenant's: a plain hash of a body would be an address, a number
or a password for whoever reads the database and guesses.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, Protocol

import msgspec
from fastapi import Header, Request, Response

from limen.access.tokens.desk import Desk
from limen.identity.administrators import Actor
from limen.integration.api.parts import ApiParts
from limen.integration.api.problems import Refused
from limen.kernel.clock import DAY, MINUTE
from limen.kernel.encoding import framed
from limen.kernel.errors import Conflict, Invalid

KEPT: Final = DAY
RESERVED: Final = 10 * MINUTE
_FIELD: Final = "api.answer"
_PURPOSE: Final = "idempotency"
"""The purpose of the tenant's sub-key."""
_KEY: Final = re.compile(r'"?([\x21\x23-\x7e]{1,255})"?')
_KEPT_HEADERS: Final = ("etag", "location", "content-type")

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key", description="Any text of 1 to 255 visible ASCII characters, fresh for each intent."
    ),
]


class Asker(Protocol):
    """Who asks, where: an administrator or their program, or a customer."""

    @property
    def parts(self) -> ApiParts:
        """Return what the API is made of."""
        ...

    @property
    def desk(self) -> Desk:
        """Return the tenant's desk."""
        ...

    @property
    def client_id(self) -> str:
        """Return which client calls."""
        ...

    @property
    def actor(self) -> Actor:
        """Return who is to be named in the audit log."""
        ...


Work = Callable[[], Awaitable[Response]]
Recall = Callable[[str], Awaitable[Response]]


async def once(call: Asker, request: Request, key: str | None, work: Work, recall: Recall | None = None) -> Response:
    """Do *work* unless a request with this *key* was done before, whose answer is then given again.

    Args:
        call: who asks, where.
        request: what is asked; its body is part of what the key stands for.
        key: the header; without one the work is simply done.
        work: makes the answer; raises ``Refused`` for a "no".
        recall: makes the answer anew from its ``Location``. For what is personal: an answer that was kept would
            outlive an erasure.

    Raises:
        Refused: 400 for a malformed key, 409 while the first request runs, 422 for another request under the same key.
    """
    if key is None:
        return await work()
    found = _KEY.fullmatch(key)
    if found is None:
        raise Refused(Invalid("invalid_idempotency_key"), 400)
    code = (await call.parts.keyring.tenant(call.desk.tenant.id)).mac(_PURPOSE).digest
    digest = code(framed("key", call.client_id, call.actor.name, request.scope["path"], found[1]))
    asked = code(framed("request", digest, await request.body()))
    known = await _reserve(call, digest, asked)
    if known is not None:
        return await _again(call, digest, asked, known, recall)
    try:
        answer = await work()
    except BaseException:
        async with call.parts.begin(call.desk.tenant.id) as unit:
            await unit.idempotency.release(digest)
        raise
    await _keep(call, digest, asked, answer, is_personal=recall is not None)
    return answer


async def _reserve(call: Asker, digest: bytes, asked: bytes) -> Any:
    """Return what is known under the key; None if it is ours now."""
    now = call.parts.clock.now()
    async with call.parts.begin(call.desk.tenant.id) as unit:
        if await unit.idempotency.claim(digest, asked, now, now + RESERVED):
            return None
        known = await unit.idempotency.find(digest, now)
    if known is None:  # it went in this very moment
        raise Refused(Conflict("idempotency_key_in_use"), headers={"retry-after": "1"})
    return known


async def _again(call: Asker, digest: bytes, asked: bytes, known: Any, recall: Recall | None) -> Response:
    if known.request_hash != asked:
        raise Refused(Invalid("idempotency_key_reused"))
    if not known.status:
        raise Refused(Conflict("idempotency_key_in_use"), headers={"retry-after": "1"})
    vault = await call.parts.keyring.tenant(call.desk.tenant.id)
    kept = msgspec.json.decode(vault.unseal(_FIELD, digest.hex(), known.sealed_response))
    if recall is not None:
        fresh = await recall(kept["headers"]["location"])
        fresh.status_code = known.status
        fresh.headers["location"] = kept["headers"]["location"]
        return fresh
    return Response(kept["body"].encode(), known.status, kept["headers"])


async def _keep(call: Asker, digest: bytes, asked: bytes, answer: Response, *, is_personal: bool) -> None:
    headers = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
    kept = {"headers": headers, "body": "" if is_personal else bytes(answer.body).decode()}
    vault = await call.parts.keyring.tenant(call.desk.tenant.id)
    sealed = vault.seal(_FIELD, digest.hex(), msgspec.json.encode(kept))
    now = call.parts.clock.now()
    async with call.parts.begin(call.desk.tenant.id) as unit:
        await unit.idempotency.release(digest)  # and again, for a day: a reservation is short
        if await unit.idempotency.claim(digest, asked, now, now + KEPT):
            await unit.idempotency.answer(digest, answer.status_code, sealed)
