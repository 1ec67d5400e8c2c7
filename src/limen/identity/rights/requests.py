"""Asking, answering and extending: one way for the account page, the API, and what is done without anybody's hand."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Final, Protocol

import msgspec

from limen.identity.administrators import Actor
from limen.identity.keyring import Keyring, SubjectVault
from limen.identity.rights.records import (
    Law,
    PrivacyRequest,
    PrivacyRequestId,
    RequestKind,
    RequestState,
    deadline,
)
from limen.identity.rights.store import RequestStore, RightsUnit
from limen.kernel.clock import Clock, Instant
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Conflict, Invalid, NotFound, Refusal
from limen.kernel.events import AuditEntry, Event, Outcome
from limen.kernel.ids import CustomerId, TenantId
from limen.kernel.masked import Masked
from limen.kernel.units import AnnouncesEvents, RecordsAudit

LONGEST: Final = 4_000
"""Characters that may be said with a request, or with its answer."""
_FIELD: Final = "privacy_request"
_NONE: Final = NotFound("privacy_request_not_found")
_GONE: Final = NotFound("customer_not_found")
Begin = Callable[[TenantId], AbstractAsyncContextManager[RightsUnit]]


class Said(Masked, msgspec.Struct, frozen=True, omit_defaults=True):
    """What was said: by who asked, and by who answered."""

    words: str = ""
    answer: str = ""

    def __repr__(self) -> str:
        """Say nothing of it."""
        return "Said()"


class AsksUnit(RecordsAudit, AnnouncesEvents, Protocol):
    """What opening or closing a request needs of a unit of work."""

    @property
    def privacy_requests(self) -> RequestStore:
        """Return the requests."""
        ...


async def open_request(unit: AsksUnit, request: PrivacyRequest, entry: AuditEntry) -> bool:
    """Store a new request; False, and nothing said, where the customer has an open one of the kind."""
    if not await unit.privacy_requests.add(request):
        return False
    unit.record(entry)
    unit.announce(Event("privacy_request.opened", request.customer_id, _data(request)))
    return True


def opened(request: PrivacyRequest, actor: str, request_id: str = "") -> AuditEntry:
    """Return the audit entry of a new request."""
    return AuditEntry(
        event="privacy_request.opened",
        actor=actor,
        subject=request.customer_id,
        request_id=request_id,
        data=_data(request),
    )


async def deadline_told(unit: AsksUnit, request: PrivacyRequest, now: Instant) -> bool:
    """Tell that the deadline of a request comes; False where it moved meanwhile."""
    if not await unit.privacy_requests.update(request.warned(now), request.version):
        return False
    unit.record(AuditEntry("privacy_request.due_soon", subject=request.customer_id, data=_data(request)))
    unit.announce(Event("privacy_request.due_soon", request.customer_id, _data(request)))
    return True


async def settle(unit: AsksUnit, customer_id: CustomerId, kind: RequestKind, state: RequestState, now: Instant) -> bool:
    """Close the customer's open request of a kind, because what it asked for was done, or is wanted no more."""
    request = await unit.privacy_requests.open_of(customer_id, kind)
    moved = request.moved(state, now) if request is not None else None
    if request is None or moved is None or not await unit.privacy_requests.update(moved, request.version):
        return False
    tell(unit, moved, "system")
    return True


def tell(unit: AsksUnit, request: PrivacyRequest, actor: str, request_id: str = "", *, deed: str = "") -> None:
    """Record and announce what became of a request: that it is in its state, unless another *deed* is named."""
    name = f"privacy_request.{deed or _DEEDS[request.state]}"
    outcome = Outcome.REFUSED if request.state is RequestState.REFUSED else Outcome.SUCCESS
    data = _data(request)
    unit.record(AuditEntry(name, outcome, actor, request.customer_id, request_id=request_id, data=data))
    unit.announce(Event(name, request.customer_id, data))


def _data(request: PrivacyRequest) -> dict[str, object]:
    return {
        "request": request.id,
        "kind": request.kind.value,
        "law": request.law.value,
        "due_at": request.due_at,
    }


_DEEDS: Final = {
    RequestState.WORKING: "started",
    RequestState.DONE: "completed",
    RequestState.REFUSED: "refused",
    RequestState.WITHDRAWN: "withdrawn",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request before it is made. ``received_at`` is 0 for now."""

    customer_id: CustomerId
    kind: RequestKind
    law: Law
    words: str = ""
    received_at: Instant = 0


@dataclass(frozen=True, slots=True)
class Requests:
    """One tenant's requests."""

    tenant_id: TenantId
    begin: Begin
    reading: Begin
    keyring: Keyring
    clock: Clock
    entropy: Entropy

    def made(self, asked: Asked, vault: SubjectVault, asked_by: str) -> PrivacyRequest:
        """Return the request that *asked* is, its words sealed by the customer's *vault*."""
        request_id = PrivacyRequestId.new(self.clock, self.entropy)
        received_at = asked.received_at or self.clock.now()
        return PrivacyRequest(
            id=request_id,
            customer_id=asked.customer_id,
            kind=asked.kind,
            state=RequestState.OPEN,
            law=asked.law,
            asked_by=asked_by,
            created_at=received_at,
            due_at=deadline(asked.law, received_at),
            sealed=seal_said(vault, request_id, Said(asked.words)) if asked.words else b"",
        )

    async def ask(self, asked: Asked, asked_by: str, actor: Actor) -> PrivacyRequest | Refusal:
        """Open a request.

        Returns:
            ``Invalid`` by field, ``NotFound("customer_not_found")`` or ``Conflict("privacy_request_open")``.
        """
        refusal = _wrong_with(asked, self.clock.now())
        if refusal is not None:
            return refusal
        vault = await self.keyring.subject(self.tenant_id, asked.customer_id)
        if vault is None:
            return _GONE
        request = self.made(asked, vault, asked_by)
        entry = opened(request, actor.name, actor.request_id)
        async with self.begin(self.tenant_id) as unit:
            if await unit.customers.get(asked.customer_id) is None:
                return _GONE
            if not await open_request(unit, request, entry):
                return Conflict("privacy_request_open")
        return request

    async def get(self, request_id: PrivacyRequestId) -> PrivacyRequest | NotFound:
        """Return a request."""
        async with self.reading(self.tenant_id) as unit:
            return await unit.privacy_requests.get(request_id) or _NONE

    async def said(self, request: PrivacyRequest) -> Said:
        """Return what was said with a request; nothing after the customer's erasure."""
        vault = await self.keyring.subject(self.tenant_id, request.customer_id) if request.sealed else None
        return open_said(vault, request) if vault is not None else Said()

    async def move(
        self, request_id: PrivacyRequestId, state: RequestState | None, answer: str, actor: Actor
    ) -> PrivacyRequest | Refusal:
        """Move a request to *state*, with an *answer* for whoever asks later; None extends its deadline.

        Returns:
            ``Invalid`` by field, ``NotFound``, ``Conflict("privacy_request_over")`` where there is no way on, or
            ``Conflict("version_changed")``.
        """
        if not _is_sayable(answer):
            return Invalid("invalid_privacy_request", "answer", {"answer": "text.invalid"})
        before = await self.get(request_id)
        if isinstance(before, Refusal):
            return before
        now = self.clock.now()
        after = before.extended(now) if state is None else before.moved(state, now)
        if after is None:
            return Conflict("privacy_request_over")
        if answer:
            after = await self._answered(after, answer)
        async with self.begin(self.tenant_id) as unit:
            if not await unit.privacy_requests.update(after, before.version):
                return Conflict("version_changed")
            if state is None:
                tell(unit, after, actor.name, actor.request_id, deed="extended")
            else:
                tell(unit, after, actor.name, actor.request_id)
        return after

    async def _answered(self, request: PrivacyRequest, answer: str) -> PrivacyRequest:
        vault = await self.keyring.subject(self.tenant_id, request.customer_id)
        if vault is None:
            return request  # of somebody erased nothing is written down
        said = Said(open_said(vault, request).words if request.sealed else "", answer)
        return replace(request, sealed=seal_said(vault, request.id, said))


def seal_said(vault: SubjectVault, request_id: PrivacyRequestId, said: Said) -> bytes:
    """Return *said* as it is stored."""
    return vault.seal(_FIELD, request_id, msgspec.json.encode(said))


def open_said(vault: SubjectVault, request: PrivacyRequest) -> Said:
    """Return what :func:`seal_said` sealed."""
    if not request.sealed:
        return Said()
    return msgspec.json.decode(vault.unseal(_FIELD, request.id, request.sealed), type=Said)


def _wrong_with(asked: Asked, now: Instant) -> Invalid | None:
    problems: dict[str, str] = {}
    if not _is_sayable(asked.words):
        problems["words"] = "text.invalid"
    if not 0 <= asked.received_at <= now:
        problems["received_at"] = "instant.invalid"
    return Invalid("invalid_privacy_request", ", ".join(problems), problems) if problems else None


def _is_sayable(words: str) -> bool:
    plain = words.replace("\n", "").replace("\r", "").replace("\t", "")
    return len(words) <= LONGEST and (not plain or plain.isprintable())
