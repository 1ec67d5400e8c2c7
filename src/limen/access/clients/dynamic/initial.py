"""Making, listing and withdrawing initial access tokens: what an administrator does, whatever the interface."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final

from limen.access.clients.dynamic.records import InitialToken, MadeToken
from limen.access.clients.dynamic.store import DynamicUnit
from limen.access.clients.secrets import hash_secret
from limen.identity.administrators import Actor
from limen.identity.keyring import Keyring
from limen.kernel.clock import HOUR, Clock
from limen.kernel.entropy import Entropy, random_token
from limen.kernel.errors import Invalid, NotFound, Refusal
from limen.kernel.events import AuditEntry
from limen.kernel.ids import InitialTokenId, TenantId
from limen.kernel.secret import Secret

PURPOSE: Final = "registration-token"
"""The name of the tenant's sub-key that hashes initial and registration access tokens."""
HOURS: Final = (1, 366 * 24)
USES: Final = (1, 10_000)
LONGEST_LABEL: Final = 100
Begin = Callable[[TenantId], AbstractAsyncContextManager[DynamicUnit]]


@dataclass(frozen=True, slots=True)
class InitialTokenOffice:
    """One tenant's initial access tokens."""

    tenant_id: TenantId
    begin: Begin
    reading: Begin
    keyring: Keyring
    clock: Clock
    entropy: Entropy

    async def create(self, label: str, actor: Actor, *, hours: int = 24, uses: int = 1) -> MadeToken | Refusal:
        """Make a token that is good for *hours* and for *uses* registrations.

        Returns:
            ``Invalid("invalid_initial_token")`` by field.
        """
        wrong = {
            "label": not label.strip() or len(label) > LONGEST_LABEL or not label.isprintable(),
            "hours": not HOURS[0] <= hours <= HOURS[1],
            "uses": not USES[0] <= uses <= USES[1],
        }
        if any(wrong.values()):
            fields = {name: f"initial_token.{name}" for name, is_wrong in wrong.items() if is_wrong}
            return Invalid("invalid_initial_token", ", ".join(fields), fields)
        now = self.clock.now()
        token = InitialToken(InitialTokenId.new(self.clock, self.entropy), label, uses, now, now + hours * HOUR)
        text = Secret(random_token(self.entropy))
        digest = hash_secret((await self.keyring.tenant(self.tenant_id)).derive(PURPOSE), text.reveal())
        async with self.begin(self.tenant_id) as unit:
            await unit.initial_tokens.add(token, digest)
            unit.record(_entry("initial_token.created", actor, token.id, hours=hours, uses=uses))
        return MadeToken(token, text)

    async def list(self, *, after: str = "", limit: int = 50) -> "list[InitialToken]":
        """Return up to *limit* tokens behind *after*, oldest first."""
        async with self.reading(self.tenant_id) as unit:
            return await unit.initial_tokens.list(after=after, limit=limit)

    async def delete(self, id: str, actor: Actor) -> NotFound | None:  # noqa: A002 - the record's own name
        """Withdraw a token; clients that it registered stay."""
        async with self.begin(self.tenant_id) as unit:
            if not await unit.initial_tokens.delete(id):
                return NotFound("initial_token_not_found")
            unit.record(_entry("initial_token.deleted", actor, id))
        return None


def _entry(event: str, actor: Actor, token_id: str, **data: int) -> AuditEntry:
    return AuditEntry(event=event, actor=actor.name, request_id=actor.request_id, data={"token": token_id, **data})
