"""Requests and limits, and how a request moves."""

import calendar
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Final

from limen.identity.customers.records import HOLD, RESTRICTION
from limen.kernel.clock import DAY, Instant, to_datetime
from limen.kernel.ids import CustomerId, TypedId


class PrivacyRequestId(TypedId):
    """A request by which a person exercises a right."""

    prefix = "prq"


class RequestKind(StrEnum):
    """Which right."""

    EXPORT = "export"
    RECTIFICATION = "rectification"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    ERASURE = "erasure"


class RequestState(StrEnum):
    """How far it is."""

    OPEN = "open"
    WORKING = "working"
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Law(StrEnum):
    """Which deadline holds."""

    GDPR = "gdpr"
    CCPA = "ccpa"


ACTIONS: Final = {
    "start": RequestState.WORKING,
    "extend": None,
    "complete": RequestState.DONE,
    "refuse": RequestState.REFUSED,
    "withdraw": RequestState.WITHDRAWN,
}
"""What is done about a request, by name: the state that it comes to, or None where its deadline moves."""
OVER: Final = frozenset({RequestState.DONE, RequestState.REFUSED, RequestState.WITHDRAWN})
DAYS: Final = {Law.GDPR: 30, Law.CCPA: 45}
"""Until a request is to be answered (GDPR Article 12 (3), CCPA § 1798.130 (a)(2)(A))."""
MORE_DAYS: Final = {Law.GDPR: 60, Law.CCPA: 45}
"""By which that is extended once, with notice to the person (the same)."""
KEPT: Final = 24 * 31 * DAY
"""So long a request is kept once it is over: 24 months (CCPA regulations, 11 CCR § 7101 (a))."""


@dataclass(frozen=True, slots=True)
class PrivacyRequest:
    """One request.

    Attributes:
        asked_by: ``customer``, or ``administrator`` where one took it down.
        due_at: by when it is to be answered.
        extended_at: when the deadline was extended; None while it was not.
        warned_at: when its coming deadline was told.
        closed_at: when it was over.
        sealed: what was said with it, under the customer's key; empty for nothing.
    """

    id: PrivacyRequestId
    customer_id: CustomerId
    kind: RequestKind
    state: RequestState
    law: Law
    asked_by: str
    created_at: Instant
    due_at: Instant
    extended_at: Instant | None = None
    warned_at: Instant | None = None
    closed_at: Instant | None = None
    sealed: bytes = field(default=b"", repr=False)
    version: int = 1

    @property
    def is_over(self) -> bool:
        """Tell whether nothing is to be done any more."""
        return self.state in OVER

    def is_overdue(self, now: Instant) -> bool:
        """Tell whether the deadline passed without an answer."""
        return not self.is_over and self.due_at <= now

    def moved(self, state: RequestState, now: Instant) -> "PrivacyRequest | None":
        """Return the request in another state; None where that is no way on."""
        if self.is_over or state in {self.state, RequestState.OPEN}:
            return None
        closed_at = now if state in OVER else None
        return replace(self, state=state, closed_at=closed_at, version=self.version + 1)

    def extended(self, now: Instant) -> "PrivacyRequest | None":
        """Return the request with the later deadline; None where it is over, late, or was extended before."""
        if self.is_over or self.extended_at is not None or self.due_at <= now:
            return None
        due_at = self.due_at + MORE_DAYS[self.law] * DAY
        return replace(self, due_at=due_at, extended_at=now, warned_at=None, version=self.version + 1)

    def warned(self, now: Instant) -> "PrivacyRequest":
        """Return the request whose deadline was told."""
        return replace(self, warned_at=now, version=self.version + 1)


def deadline(law: Law, received_at: Instant) -> Instant:
    """Return by when a request is to be answered.

    For the GDPR the earlier of thirty days and one month, whose end is the same day of the next month or its last one
    (Regulation 1182/71, Article 3 (2)(c)).
    """
    due_at = received_at + DAYS[law] * DAY
    if law is Law.CCPA:
        return due_at
    received = to_datetime(received_at)
    year, month = received.year + received.month // 12, received.month % 12 + 1
    day = min(received.day, calendar.monthrange(year, month)[1])
    month_later = received.replace(year=year, month=month, day=day)
    return min(due_at, received_at + (month_later - received) // timedelta(microseconds=1))


class LimitKind(StrEnum):
    """What is limited: ``restriction`` leaves nothing but storing, ``hold`` forbids to delete."""

    RESTRICTION = RESTRICTION
    HOLD = HOLD


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit on what is done with a customer's data; ``sealed`` is the reason, under the customer's key."""

    customer_id: CustomerId
    kind: LimitKind
    at: Instant
    actor: str
    sealed: bytes = field(default=b"", repr=False)
