"""The steps of the hot doors: what is to be done, how an outcome is read, and what is then told.

Pure: both adapters run the same steps and ask the same functions what a row that did not apply means.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import msgspec

from limen.access.tokens.pushed import PushedRequest
from limen.access.tokens.records import (
    Authentication,
    RedeemCode,
    RedeemedCode,
    Redemption,
    RotatedToken,
    RotateToken,
    RotationOutcome,
    Use,
)
from limen.kernel.clock import Instant
from limen.kernel.events import AuditEntry, Outcome
from limen.kernel.ids import ClientKey, FamilyId, TenantId
from limen.storage.schema.tokens import VOID

authentications = msgspec.json.Decoder(Authentication)
Row = Mapping[str, Any]
OnCommit = Callable[[Sequence[tuple[TenantId | None, str, str]], bool], None]
"""What hears of a commit at once: the changes, and whether the outbox grew, which it does not for these doors."""


class Told(msgspec.Struct, frozen=True, gc=False):
    """What the commit of a step also writes."""

    entries: tuple[AuditEntry, ...] = ()
    changes: tuple[tuple[str, str], ...] = ()


class RecordStep(msgspec.Struct, frozen=True, gc=False):
    """Only an audit record."""

    tenant_id: TenantId
    entry: AuditEntry

    @property
    def order(self) -> str:
        """Return the key by which steps of a batch are put in order."""
        return ""


class RedeemStep(msgspec.Struct, frozen=True, gc=False):
    """A code for a family."""

    tenant_id: TenantId
    ask: RedeemCode

    @property
    def order(self) -> str:
        """Return the key by which steps of a batch are put in order."""
        return self.ask.code_hash.hex()


class RotateStep(msgspec.Struct, frozen=True, gc=False):
    """A refresh token for its successor."""

    tenant_id: TenantId
    ask: RotateToken

    @property
    def order(self) -> str:
        """Return the key by which steps of a batch are put in order."""
        return self.ask.family_id


@dataclass(frozen=True, slots=True)
class RevokeFamilyStep:
    """A family's end, asked by its client."""

    tenant_id: TenantId
    family_id: FamilyId
    client: ClientKey
    entry: AuditEntry

    @property
    def order(self) -> str:
        """Return the key by which steps of a batch are put in order."""
        return self.family_id


@dataclass(frozen=True, slots=True)
class RevokeTokenStep:
    """One access token's end."""

    tenant_id: TenantId
    token_id: str
    expires_at: Instant
    entry: AuditEntry

    @property
    def order(self) -> str:
        """Return the key by which steps of a batch are put in order."""
        return self.token_id


class PushStep(msgspec.Struct, frozen=True, gc=False):
    """A pushed authorization request to keep."""

    tenant_id: TenantId
    request: PushedRequest
    entry: AuditEntry

    @property
    def order(self) -> str:
        """Return the key by which steps of a batch are put in order: nobody waits for a row that is new."""
        return ""


@dataclass(frozen=True, slots=True)
class SlowDownStep:
    """A longer interval for who polls too fast; nothing is told of it."""

    tenant_id: TenantId
    code_hash: bytes

    @property
    def order(self) -> str:
        """Return the key by which steps of a batch are put in order."""
        return self.code_hash.hex()


PlainStep = RecordStep | PushStep | RedeemStep | RotateStep | RevokeFamilyStep | RevokeTokenStep | SlowDownStep


@dataclass(frozen=True, slots=True)
class GuardedStep:
    """What may be used once, and a step that is done only if none of it was: :data:`SPENT` is its result then."""

    tenant_id: TenantId
    uses: tuple[Use, ...]
    step: PlainStep | None = None

    @property
    def order(self) -> str:
        """Return the key by which steps of a batch are put in order."""
        return self.step.order if self.step is not None else ""


Step = PlainStep | GuardedStep


def must_last(steps: Sequence[Step]) -> bool:
    """Tell whether the commit of *steps* must wait for the disk: a pushed request alone need not (ADR 0028)."""
    return not all(isinstance(step, PushStep) for step in steps)


class Spent:
    """The result of a guarded step whose use was spent before: nothing was done, and nothing is told."""


SPENT = Spent()


@dataclass(slots=True)
class Batch:
    """What a batch gathers while it runs: results by position, and what is to be told per tenant."""

    results: list[Any]
    told: dict[TenantId, list[Told]] = field(default_factory=dict)

    def changes(self) -> list[tuple[TenantId | None, str, str]]:
        """Return what every cache is to hear."""
        return [(tenant, *change) for tenant, told in self.told.items() for one in told for change in one.changes]

    def settle(self, position: int, tenant_id: TenantId, result: Any, told: Told) -> None:
        """Note the result of a step and what it tells."""
        self.results[position] = result
        self.told.setdefault(tenant_id, []).append(told)


def in_order(steps: list[Step]) -> list[tuple[int, Step]]:
    """Return the steps with their positions, ordered by key, so that two workers lock rows in the same order."""
    return sorted(enumerate(steps), key=lambda item: item[1].order)


# -- redeeming -------------------------------------------------------------------------------------------------------


def redeemed(row: Row, ask: RedeemCode) -> RedeemedCode:
    """Return the answer of a redemption that applied to *row*."""
    scopes = tuple(row["scopes"].split())
    return RedeemedCode(
        outcome=Redemption.REDEEMED,
        family_id=ask.family_id,
        customer_id=row["customer_id"],
        scopes=scopes,
        nonce=row["nonce"],
        authentication=authentications.decode(row["authentication"]),
        has_refresh=ask.refresh_allowed and "offline_access" in scopes,
    )


def redemption_failed(row: Row | None, ask: RedeemCode, now: Instant) -> RedeemedCode:
    """Say why a redemption did not apply. *row* is the code as it stands, with its customer's state."""
    if row is None:
        return RedeemedCode(Redemption.UNKNOWN)
    if row["redeemed_at"] is not None:
        return RedeemedCode(Redemption.REPLAYED, family_id=row["family_id"] or "", customer_id=row["customer_id"])
    fits = (row["client_key"], row["redirect_uri"], row["challenge"]) == (ask.client, ask.redirect_uri, ask.challenge)
    if not fits or row["confirmation"] not in {"", ask.confirmation}:
        return RedeemedCode(Redemption.MISMATCHED, customer_id=row["customer_id"])
    outcome = Redemption.EXPIRED if VOID < row["expires_at"] <= now else Redemption.ENDED
    return RedeemedCode(outcome, customer_id=row["customer_id"])


def told_of_redemption(ask: RedeemCode, answer: RedeemedCode) -> Told:
    """Return what a redemption tells; nothing of a code that never was: it is nobody's, and anybody may send one."""
    if answer.outcome is Redemption.UNKNOWN:
        return Told()
    entry = AuditEntry(
        event="code.redeemed" if answer.outcome is Redemption.REDEEMED else f"code.{answer.outcome.value}",
        outcome=Outcome.SUCCESS if answer.outcome is Redemption.REDEEMED else Outcome.REFUSED,
        actor=f"client:{ask.client_id}",
        subject=answer.customer_id,
        client=ask.client_id,
        reason="" if answer.outcome is Redemption.REDEEMED else answer.outcome.value,
        request_id=ask.request_id,
        data={"family": answer.family_id, "scopes": list(answer.scopes)},
    )
    if answer.outcome is not Redemption.REPLAYED or not answer.family_id:
        return Told((entry,))
    return Told((entry,), (("family", answer.family_id),))


# -- rotating --------------------------------------------------------------------------------------------------------


def rotated(row: Row, outcome: RotationOutcome) -> RotatedToken:
    """Return the answer of a rotation that may be answered with tokens."""
    return _rotated(outcome, row["customer_id"], row["scopes"], row["authentication"])


@lru_cache(maxsize=1_024)  # a family says the same each time
def _rotated(outcome: RotationOutcome, customer_id: str, scopes: str, authentication: str) -> RotatedToken:
    return RotatedToken(outcome, customer_id, tuple(scopes.split()), authentications.decode(authentication))


def rotation_failed(row: Row | None, ask: RotateToken, now: Instant) -> RotatedToken:
    """Say why a rotation did not apply. *row* is the family as it stands, with its customer's state."""
    if row is None:
        return RotatedToken(RotationOutcome.UNKNOWN)
    customer = row["customer_id"]
    if row["confirmation"] not in {"", ask.confirmation}:  # before all else: a thief without the key ends nothing
        return RotatedToken(RotationOutcome.WRONG_KEY, customer)
    ended = _ended(row, now)
    if ended is not None:
        return RotatedToken(ended, customer)
    same_client = row["client_key"] == ask.client
    prompt = now - row["rotated_at"] <= ask.grace
    successor_stands = row["previous_hash"] == ask.presented_hash and row["current_hash"] == ask.successor_hash
    if same_client and successor_stands and prompt:
        return rotated(row, RotationOutcome.RETRIED)
    return RotatedToken(RotationOutcome.REUSED, customer)


def _ended(row: Row, now: Instant) -> RotationOutcome | None:
    if row["revoked_at"] is not None:
        return RotationOutcome.REVOKED
    if row["expires_at"] <= now or row["idle_until"] <= now:
        return RotationOutcome.EXPIRED
    if row["state"] != "active" or row["valid_after"] > row["created_at"]:
        return RotationOutcome.ENDED
    return None


def told_of_rotation(ask: RotateToken, answer: RotatedToken) -> Told:
    """Return what a rotation tells."""
    good = answer.outcome in {RotationOutcome.ROTATED, RotationOutcome.RETRIED}
    entry = AuditEntry(
        event="token.refreshed" if good else f"refresh.{answer.outcome.value}",
        outcome=Outcome.SUCCESS if good else Outcome.REFUSED,
        actor=f"client:{ask.client_id}",
        subject=answer.customer_id,
        client=ask.client_id,
        reason="" if answer.outcome is RotationOutcome.ROTATED else answer.outcome.value,
        request_id=ask.request_id,
        data={"family": ask.family_id, "generation": ask.generation},
    )
    if answer.outcome is not RotationOutcome.REUSED:
        return Told((entry,))
    return Told((entry,), (("family", ask.family_id),))
