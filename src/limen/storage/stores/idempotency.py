"""Answers that were given once and are given again (draft-ietf-httpapi-idempotency-key-header)."""

from dataclasses import dataclass

from sqlalchemy import bindparam

from limen.kernel.clock import Instant
from limen.storage.schema.processes import idempotency
from limen.storage.stores.base import TenantStoreBase, delete_mine, insert_new_mine, select_mine, update_mine

_of_digest = idempotency.c.digest == bindparam("of")
_is_claimed = idempotency.c.status == 0
_FIND = select_mine(idempotency, _of_digest, idempotency.c.expires_at > bindparam("now"))
_FORGET = delete_mine(idempotency, _of_digest, idempotency.c.expires_at <= bindparam("now"))
_CLAIM = insert_new_mine(idempotency)
_ANSWER = update_mine(idempotency, _of_digest, _is_claimed, sets=("status", "sealed_response"))
_RELEASE = delete_mine(idempotency, _of_digest, _is_claimed)


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The answer to an idempotent request: the hash of what was asked, and the sealed response."""

    request_hash: bytes
    status: int
    sealed_response: bytes


class SqlIdempotency(TenantStoreBase):
    """One tenant's remembered answers, by the SHA-256 of (caller, key)."""

    async def find(self, digest: bytes, now: Instant) -> StoredAnswer | None:
        """Return the answer given before, if it is still remembered."""
        row = await self._one(_FIND, of=digest, now=now)
        return None if row is None else StoredAnswer(row.request_hash, row.status, row.sealed_response)

    async def claim(self, digest: bytes, request_hash: bytes, now: Instant, expires_at: Instant) -> bool:
        """Reserve the key before the work is done; False if it is reserved or answered."""
        await self._run(_FORGET, of=digest, now=now)
        row = {
            "digest": digest,
            "request_hash": request_hash,
            "status": 0,
            "sealed_response": b"",
            "expires_at": expires_at,
        }
        return await self._applied(_CLAIM, row)

    async def answer(self, digest: bytes, status: int, sealed_response: bytes) -> None:
        """Keep the answer of a reserved key."""
        await self._run(_ANSWER, of=digest, status=status, sealed_response=sealed_response)

    async def release(self, digest: bytes) -> None:
        """Give a reserved key back: the work was not done."""
        await self._run(_RELEASE, of=digest)
