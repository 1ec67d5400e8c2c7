"""Privacy requests, restrictions and legal holds; and what customers see of their own requests and copies."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, SecretStr

from limen.access.account.archive import Archive
from limen.access.account.locking import LONGEST, SHORTEST
from limen.identity.rights.limits import Told
from limen.identity.rights.records import Law, LimitKind, PrivacyRequest, RequestKind, RequestState
from limen.identity.rights.requests import Said
from limen.integration.api.models.common import Bool, Moment, Sent, Shown, Str, moment
from limen.kernel.clock import Instant


class RequestSent(Sent):
    """What a person asked for, as an administrator took it down."""

    kind: RequestKind
    law: Law | None = Field(default=None, description="Whose deadline it has; the tenant's own unless given.")
    words: Annotated[Str, Field(max_length=4_000)] = Field(
        default="", description="What the person says. Sealed under their key: it is gone with them."
    )
    received_at: AwareDatetime | None = Field(
        default=None, description="When it was received, from where the deadline counts; now unless given."
    )


class MoveSent(Sent):
    """What becomes of a request. `extend` moves the deadline, once: tell the person why."""

    action: Literal["start", "extend", "complete", "refuse", "withdraw"]
    answer: Annotated[Str, Field(max_length=4_000)] = Field(
        default="", description="What the person is answered, kept beside the request under their key."
    )


class RequestShown(Shown):
    """A privacy request."""

    id: str
    customer_id: str
    kind: RequestKind
    state: RequestState
    law: Law
    asked_by: Literal["customer", "administrator"]
    created_at: Moment
    due_at: Moment = Field(description="By when it is to be answered.")
    overdue: bool
    extended_at: Moment | None
    closed_at: Moment | None
    words: str | None = Field(description="Where one request is read: what was said. Nothing after an erasure.")
    answer: str | None = Field(description="Where one request is read: what was answered.")


class RequestPage(Shown):
    """The board: requests by deadline, the most urgent first."""

    items: list[RequestShown]
    next: str | None = Field(description="The link to the next page.")


class RequestList(Shown):
    """A customer's requests, newest first."""

    items: list[RequestShown]


class ReasonSent(Sent):
    """Why a limit is set."""

    reason: Annotated[Str, Field(min_length=1, max_length=1_000)]


class LimitShown(Shown):
    """What may not be done with a customer's data, and why."""

    kind: LimitKind
    set_at: Moment
    set_by: str
    reason: str


class LimitList(Shown):
    """The limits that hold for a customer."""

    items: list[LimitShown]


class OwnRequestSent(Sent):
    """What one asks for by right, in one's own words."""

    kind: Literal["rectification", "restriction", "objection"]
    words: Annotated[Str, Field(min_length=1, max_length=4_000)]

    @property
    def as_kind(self) -> RequestKind:
        """Return the kind."""
        return RequestKind(self.kind)


class OwnRequestShown(Shown):
    """What one asked for by right."""

    id: str
    kind: RequestKind
    state: RequestState
    created_at: Moment
    due_at: Moment = Field(description="By when it is answered.")
    closed_at: Moment | None
    words: str | None = Field(description="Where one request is read: what was said.")
    answer: str | None = Field(description="Where one request is read: what was answered.")


class OwnRequestList(Shown):
    """All of them, newest first."""

    items: list[OwnRequestShown]


class ArchiveShown(Shown):
    """A copy of everything, to keep."""

    is_ready: Bool
    requested_at: Moment
    expires_at: Moment = Field(description="When it is deleted here.")


def shown_own_request(request: PrivacyRequest, said: Said | None = None) -> OwnRequestShown:
    """Return a request as its customer sees it, with what was *said* where that was opened."""
    return OwnRequestShown(
        id=request.id,
        kind=request.kind,
        state=request.state,
        created_at=moment(request.created_at),
        due_at=moment(request.due_at),
        closed_at=moment(request.closed_at) if request.closed_at is not None else None,
        words=said.words if said is not None else None,
        answer=said.answer if said is not None else None,
    )


class PassphraseSent(Sent):
    """What a copy is to be encrypted with: letters without accents, digits, signs and spaces."""

    passphrase: Annotated[SecretStr, Field(min_length=SHORTEST, max_length=LONGEST)]


def shown_archive(archive: Archive) -> ArchiveShown:
    """Return a copy as it is shown."""
    return ArchiveShown(
        is_ready=archive.ready_at is not None,
        requested_at=moment(archive.asked_at),
        expires_at=moment(archive.expires_at),
    )


def shown_request(request: PrivacyRequest, now: Instant, said: Said | None = None) -> RequestShown:
    """Return *request* as it is shown, with what was *said* where that was opened."""
    return RequestShown(
        id=request.id,
        customer_id=request.customer_id,
        kind=request.kind,
        state=request.state,
        law=request.law,
        asked_by="customer" if request.asked_by == "customer" else "administrator",
        created_at=moment(request.created_at),
        due_at=moment(request.due_at),
        overdue=request.is_overdue(now),
        extended_at=moment(request.extended_at) if request.extended_at is not None else None,
        closed_at=moment(request.closed_at) if request.closed_at is not None else None,
        words=said.words if said is not None else None,
        answer=said.answer if said is not None else None,
    )


def shown_limit(told: Told) -> LimitShown:
    """Return a limit as it is shown."""
    limit = told.limit
    return LimitShown(kind=limit.kind, set_at=moment(limit.at), set_by=limit.actor, reason=told.reason)
