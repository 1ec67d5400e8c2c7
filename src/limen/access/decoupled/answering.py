"""A person's answer to a waiting request: found by its code, then allowed by the journey, or denied."""

from dataclasses import dataclass
from typing import Protocol

import msgspec

from limen.access.clients.records import Client
from limen.access.decoupled.content import Content, open_content, seal_content
from limen.access.decoupled.notice import ping_event
from limen.access.decoupled.user_codes import user_hash
from limen.access.oauth.code import Approval, CodeUnit, keep_code, meanwhile
from limen.access.oauth.records import AuthorizationRequest
from limen.access.tokens.desk import Desk
from limen.access.tokens.waiting import WaitingKind, WaitingRequest, WaitingState, WaitingStore
from limen.kernel.context import RequestContext
from limen.kernel.errors import Expired, Refusal
from limen.kernel.events import AuditEntry, Outcome
from limen.kernel.ids import WaitingId
from limen.kernel.units import AnnouncesEvents

OVER = Expired("waiting_over", "unknown, answered or expired")
"""The same words for each: who guesses codes learns nothing from them."""

_EVENTS = {WaitingKind.DEVICE: "device", WaitingKind.BACKCHANNEL: "backchannel"}


class _Rows(Protocol):
    @property
    def waiting(self) -> WaitingStore: ...


class AnswerUnit(CodeUnit, AnnouncesEvents, Protocol):
    """A unit of work in which a waiting request is answered."""

    @property
    def waiting(self) -> WaitingStore:
        """Return the waiting requests."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that waits, opened."""

    row: WaitingRequest
    content: Content
    client: Client

    @property
    def request(self) -> AuthorizationRequest:
        """Return what the journey is to serve: the answer goes to this row, and the person is always asked anew."""
        return msgspec.structs.replace(self.content.request, waiting=str(self.row.id), prompt=("consent",))


async def find_by_code(unit: _Rows, desk: Desk, code: str, browser: str) -> Asked | Refusal:
    """Return the request whose user code has the letters *code*, while it waits and no other *browser* has it."""
    asked = await _opened(desk, await unit.waiting.find_user_code(user_hash(desk, code)))
    return asked if isinstance(asked, Refusal) or asked.content.browser in {"", browser} else OVER


async def claim(unit: _Rows, desk: Desk, asked: Asked, browser: str) -> Refusal | None:
    """Keep a code for the *browser* that typed it first.

    Codes are read off screens: who sees one over a shoulder must not answer it while its owner compares or signs in.
    """
    sealed = seal_content(desk, asked.row.id, msgspec.structs.replace(asked.content, browser=browser))
    return None if await unit.waiting.claim(asked.row, sealed, desk.clock.now()) else OVER


async def find(unit: _Rows, desk: Desk, request_id: str) -> Asked | Refusal:
    """Return the request while it waits."""
    parsed = WaitingId.parse(request_id)
    return OVER if parsed is None else await _opened(desk, await unit.waiting.get(parsed))


async def approve(unit: AnswerUnit, desk: Desk, approval: Approval) -> Refusal | None:
    """Allow the request that *approval* serves: from now on a poll is answered with tokens, once."""
    loaded = await desk.clients(approval.request.client_id)
    refusal = meanwhile(desk, approval, loaded.client if loaded is not None else None)
    row = await unit.waiting.get(WaitingId(approval.request.waiting))
    if refusal is not None or loaded is None or row is None:
        return refusal or OVER
    if row.customer_id not in {None, approval.customer.id}:
        return OVER
    if not await unit.waiting.answer(row.id, WaitingState.APPROVED, desk.clock.now()):
        return OVER
    lasting = msgspec.structs.replace(approval, request=_bare(row, approval.request), until=row.expires_at)
    await keep_code(unit, desk, lasting, loaded.client, row.code_hash)
    _tell(unit, desk, row, WaitingState.APPROVED, _Who(str(approval.customer.id), approval.request_id))
    return None


async def deny(unit: AnswerUnit, desk: Desk, row_id: WaitingId, customer_id: str, request: RequestContext) -> bool:
    """Deny a request; False if it was no longer waiting. *customer_id* is empty for whoever knew its code."""
    row = await unit.waiting.get(row_id)
    if row is None or not await unit.waiting.answer(row_id, WaitingState.DENIED, desk.clock.now()):
        return False
    _tell(unit, desk, row, WaitingState.DENIED, _Who(customer_id, request.request_id))
    return True


def _bare(row: WaitingRequest, request: AuthorizationRequest) -> AuthorizationRequest:
    """The code is stored under the grant's name and an empty challenge: no verifier ever fits it."""
    return msgspec.structs.replace(request, redirect_uri=row.kind.value, code_challenge="")


async def _opened(desk: Desk, row: WaitingRequest | None) -> Asked | Refusal:
    if row is None or row.state is not WaitingState.PENDING or row.expires_at <= desk.clock.now():
        return OVER
    content = open_content(desk, row)
    loaded = await desk.clients(content.request.client_id)
    if loaded is None or loaded.client.key != row.client:
        return OVER
    return Asked(row, content, loaded.client)


@dataclass(frozen=True, slots=True)
class _Who:
    customer_id: str
    request_id: str


def _tell(unit: AnswerUnit, desk: Desk, row: WaitingRequest, state: WaitingState, who: _Who) -> None:
    content = open_content(desk, row)
    approved = state is WaitingState.APPROVED
    unit.record(
        AuditEntry(
            event=f"{_EVENTS[row.kind]}.{state.value}",
            outcome=Outcome.SUCCESS if approved else Outcome.REFUSED,
            actor=f"customer:{who.customer_id}" if who.customer_id else "browser",
            subject=who.customer_id,
            client=content.request.client_id,
            request_id=who.request_id,
            data={"request": row.id},
        )
    )
    ping = ping_event(desk, content)
    if ping is not None:
        unit.announce(*ping)
