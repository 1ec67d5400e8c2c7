"""Answers that were given once and are given again (draft-ietf-httpapi-idempotency-key-header)."""

from dataclasses import dataclass

from limen.kernel.clock import Instant
from limen.storage.schema import idempotency
from limen.storage.stores.base import TenantStoreBase


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
        row = await self._one(self._select(idempotency, idempotency.c.digest == digest, idempotency.c.expires_at > now))
        return None if row is None else StoredAnswer(row.request_hash, row.status, row.sealed_response)

    async def claim(self, digest: bytes, request_hash: bytes, now: Instant, expires_at: Instant) -> bool:
        """Reserve the key before the work is done; False if it is reserved or answered."""
        await self._connection.execute(
            self._delete(idempotency, idempotency.c.digest == digest, idempotency.c.expires_at <= now)
        )
        row = {
            "digest": digest,
            "request_hash": request_hash,
            "status": 0,
            "sealed_response": b"",
            "expires_at": expires_at,
        }
        return await self._insert_new(idempotency, row)

    async def answer(self, digest: bytes, status: int, sealed_response: bytes) -> None:
        """Keep the answer of a reserved key."""
        await self._connection.execute(
            self._update(idempotency, idempotency.c.digest == digest, idempotency.c.status == 0).values(
                status=status, sealed_response=sealed_response
            )
        )

    async def release(self, digest: bytes) -> None:
        """Give a reserved key back: the work was not done."""
        await self._connection.execute(
            self._delete(idempotency, idempotency.c.digest == digest, idempotency.c.status == 0)
        )
