"""Requests that did not prove what they had to: counted for each address, and recorded while they are few."""

from typing import Final

import msgspec

from limen.access.http import HotRequest
from limen.access.possession.proof import CODE
from limen.access.tokens.desk import Desk
from limen.access.tokens.proving import PROOF_USE
from limen.kernel.errors import Refusal, Throttled
from limen.kernel.events import AuditEntry, Outcome
from limen.trust.limits import Limit, RateLimiter, address_key

FAILURES = Limit(30, 60, "client-authentication")
"""Failed proofs per address; beyond it they are answered 429 and no longer recorded."""
_FAILED: Final = "client.authentication_failed"
_EVENTS: Final = {"invalid_client": _FAILED, CODE: "proof.refused"}
_KINDS: Final = {"invalid_client": "client", CODE: PROOF_USE}


class Asked(msgspec.Struct, frozen=True, gc=False):
    """What was asked: of which tenant, at which door, by which client as far as one is proven."""

    desk: Desk
    limiter: RateLimiter
    request: HotRequest
    door: str
    client_id: str = ""


async def failed(asked: Asked, refusal: Refusal) -> Refusal:
    """Count and record *refusal*, and return what is to be answered: the same, or that it is too often.

    A request that only lacks a nonce is none: every client is told one so (RFC 9449 §8). Nor is one that is malformed
    before anybody looked at a proof.
    """
    event = _EVENTS.get(refusal.code)
    if event is None:
        return refusal
    asked.desk.count_proof(_KINDS[refusal.code], "refused")
    decision = await asked.limiter.hit(f"client-authentication:{address_key(asked.request.address)}", FAILURES)
    if not decision.allowed:
        return Throttled("slow_down", "too many failures", retry_after=decision.reset_seconds)
    await asked.desk.hot.record(
        AuditEntry(
            event=event,
            outcome=Outcome.REFUSED,
            actor=f"client:{asked.client_id or 'unknown'}",
            client=asked.client_id,
            reason=refusal.code,
            request_id=asked.request.request_id,
            data={"door": asked.door, "why": refusal.detail},
        )
    )
    return refusal
