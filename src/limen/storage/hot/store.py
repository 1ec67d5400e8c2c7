"""The hot side made for one tenant: implements :class:`limen.access.tokens.store.HotTokens`."""

from collections.abc import Awaitable, Sequence
from typing import Any

from limen.access.tokens.pushed import PushedRequest
from limen.access.tokens.records import (
    FamilyView,
    RedeemCode,
    RedeemedCode,
    Revocations,
    RotatedToken,
    RotateToken,
    Use,
)
from limen.access.tokens.store import UsedBefore
from limen.access.tokens.waiting import Poll
from limen.identity.customers.records import SealedCustomer
from limen.kernel.clock import Instant
from limen.kernel.events import AuditEntry
from limen.kernel.ids import ClientKey, FamilyId, TenantId
from limen.storage.hot.group import WriteGroup
from limen.storage.hot.reads import HotReader
from limen.storage.hot.steps import (
    SPENT,
    GuardedStep,
    PlainStep,
    PushStep,
    RecordStep,
    RedeemStep,
    RevokeFamilyStep,
    RevokeTokenStep,
    RotateStep,
    SlowDownStep,
    Step,
)


class TenantHotTokens:
    """One tenant's atomic steps, submitted to the write group that every tenant of this process shares."""

    def __init__(self, tenant_id: TenantId, group: WriteGroup[Step], reader: HotReader) -> None:
        """Submit steps to *group* and read through *reader*."""
        self._tenant_id, self._group, self._reader = tenant_id, group, reader

    def _submit(self, step: PlainStep) -> Awaitable[Any]:
        return self._group.submit(step)

    def guarded(self, uses: Sequence[Use]) -> "GuardedHotTokens":
        """Return the same doors, whose first write also spends *uses*."""
        return GuardedHotTokens(self._tenant_id, self._group, self._reader, tuple(uses))

    async def record(self, entry: AuditEntry) -> None:
        """Append an audit record, durably."""
        await self._submit(RecordStep(self._tenant_id, entry))

    async def redeem_code(self, step: RedeemCode) -> RedeemedCode:
        """Redeem a code once."""
        answer: RedeemedCode = await self._submit(RedeemStep(self._tenant_id, step))
        return answer

    async def rotate(self, step: RotateToken) -> RotatedToken:
        """Exchange a refresh token for its successor."""
        answer: RotatedToken = await self._submit(RotateStep(self._tenant_id, step))
        return answer

    async def revoke_family(self, family_id: FamilyId, client: ClientKey, entry: AuditEntry) -> bool:
        """Revoke a client's family."""
        return bool(await self._submit(RevokeFamilyStep(self._tenant_id, family_id, client, entry)))

    async def revoke_token(self, token_id: str, expires_at: Instant, entry: AuditEntry) -> None:
        """Revoke one access token."""
        await self._submit(RevokeTokenStep(self._tenant_id, token_id, expires_at, entry))

    async def push(self, request: PushedRequest, entry: AuditEntry) -> None:
        """Keep a pushed authorization request."""
        await self._submit(PushStep(self._tenant_id, request, entry))

    async def poll(self, code_hash: bytes, now: Instant) -> Poll | None:
        """Return what a poll finds, and remember that it was."""
        return await self._reader.poll(self._tenant_id, code_hash, now)

    async def slow_down(self, code_hash: bytes) -> None:
        """Lengthen the interval of a request that is polled too fast."""
        await self._submit(SlowDownStep(self._tenant_id, code_hash))

    async def customer(self, subject: str) -> SealedCustomer | None:
        """Return the customer whose public ``sub`` this is."""
        return await self._reader.customer(self._tenant_id, subject)

    async def family(self, family_id: FamilyId) -> FamilyView | None:
        """Return what a family holds."""
        return await self._reader.family(self._tenant_id, family_id)

    async def is_revoked(self, token_id: str, family_id: str, subject: str, issued_at: Instant) -> bool:
        """Ask the database whether an access token was revoked in any way."""
        return await self._reader.is_revoked(self._tenant_id, (token_id, family_id, subject), issued_at)

    async def revocations(self, since: Instant) -> Revocations:
        """Return all that was revoked since an instant."""
        return await self._reader.revocations(self._tenant_id, since)


class GuardedHotTokens(TenantHotTokens):
    """The hot doors of one request: what may be used once shares the commit of its first write."""

    def __init__(self, tenant_id: TenantId, group: WriteGroup[Step], reader: HotReader, uses: tuple[Use, ...]) -> None:
        """Spend *uses* with the first step that is submitted."""
        super().__init__(tenant_id, group, reader)
        self._uses = uses

    async def spend(self) -> None:
        """Spend what is not spent yet."""
        if self._uses:
            await self._guard(None)

    def _submit(self, step: PlainStep) -> Awaitable[Any]:
        return self._guard(step) if self._uses else self._group.submit(step)

    async def _guard(self, step: PlainStep | None) -> Any:
        uses, self._uses = self._uses, ()
        answer = await self._group.submit(GuardedStep(self._tenant_id, uses, step))
        if answer is SPENT:
            raise UsedBefore
        return answer
