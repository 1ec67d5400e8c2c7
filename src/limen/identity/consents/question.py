"""May this be done now? A pure answer from a purpose and what its customer decided."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from limen.identity.consents.purposes import OBJECTABLE, Kind, Purpose
from limen.identity.consents.records import ConsentRecord, Decision
from limen.kernel.clock import DAY, Instant


class Reason(StrEnum):
    """Why it is allowed, or not."""

    GIVEN = "given"
    LEGAL_BASIS = "legal_basis"
    UNKNOWN_PURPOSE = "unknown_purpose"
    RETIRED = "purpose_retired"
    UNKNOWN_CLIENT = "unknown_client"
    UNKNOWN_CUSTOMER = "unknown_customer"
    RESTRICTED = "customer_restricted"
    OTHER_PARTY = "other_party"
    OTHER_CLIENT = "client_not_allowed"
    NOT_COVERED = "data_not_covered"
    NEVER_ASKED = "not_decided"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    OUTDATED = "newer_version"


_DETAILS: Final = "authorization_details:"
_UNCOUNTED: Final = frozenset({Reason.RETIRED, Reason.OUTDATED})
_OVER: Final = frozenset({Reason.REFUSED, Reason.WITHDRAWN, Reason.EXPIRED})


@dataclass(frozen=True, slots=True)
class Question:
    """May the client use this kind of data of this customer for this purpose?

    ``client_id`` and ``data`` may be empty: the tenant itself, and whatever the purpose covers. Of the purpose
    ``oauth``, what an application was allowed, ``data`` is a scope; what was allowed before ``client_since`` was to
    another client, that had the same name.
    """

    customer_id: str
    purpose: str
    client_id: str = ""
    data: str = ""
    client_since: Instant = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether, and why; the record and version that it rests on, and until when it holds (0 for no end)."""

    is_allowed: bool
    reason: Reason
    record_id: str = ""
    version: int = 0
    until: Instant = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """What a customer's newest decision on a purpose says, without what only a proof needs."""

    record_id: str
    decision: Decision
    version: int
    at: Instant
    expires_at: Instant

    @classmethod
    def of(cls, record: ConsentRecord) -> "Standing":
        """Return what *record* says."""
        made = record.decision
        return cls(record.id, made.decision, made.version, record.at, made.expires_at)


def answered(purpose: Purpose | None, standing: Standing | None, question: Question, now: Instant) -> Answer:
    """Return the answer to *question*, for a client and a customer that exist."""
    if purpose is None:
        return Answer(is_allowed=False, reason=Reason.UNKNOWN_PURPOSE)
    number = purpose.current.number
    if purpose.retired_at is not None:
        return Answer(is_allowed=False, reason=Reason.RETIRED, version=number)
    if not purpose.serves(question.client_id):
        reason = Reason.OTHER_PARTY if purpose.kind is Kind.SHARING else Reason.OTHER_CLIENT
        return Answer(is_allowed=False, reason=reason, version=number)
    if question.data and question.data not in purpose.terms.data:
        return Answer(is_allowed=False, reason=Reason.NOT_COVERED, version=number)
    return decided(purpose, standing, now)


Access = Mapping[str, Mapping[str, Standing]]
"""What one customer allowed applications: client to scope to the decision by which it is."""


def access_of(records: Iterable[ConsentRecord]) -> Access:
    """Return what is allowed after decisions on ``oauth``, oldest first.

    Each asks for what is not allowed yet. Whoever says no to more keeps what they allowed; a withdrawal is of all.
    Details of an authorization (RFC 9396) are allowed once, and stand for nothing afterwards.
    """
    found: dict[str, dict[str, Standing]] = {}
    for record in records:
        made, standing = record.decision, Standing.of(record)
        if made.decision is Decision.GIVEN:
            scopes = {item: standing for item in made.items if not item.startswith(_DETAILS)}
            found.setdefault(made.party, {}).update(scopes)
        elif made.decision is Decision.WITHDRAWN:
            found.pop(made.party, None)
    return found


def accessed(access: Access, last: Standing | None, question: Question) -> Answer:
    """Return whether an application was allowed what *question* names; *last* is the newest decision about it."""
    allowed = access.get(question.client_id, {})
    scopes = {scope: one for scope, one in allowed.items() if one.at >= question.client_since}
    newest = max(scopes.values(), key=lambda one: one.at, default=None)
    standing = scopes.get(question.data) if question.data else newest
    if standing is not None:
        return Answer(is_allowed=True, reason=Reason.GIVEN, record_id=standing.record_id)
    if last is None or last.at < question.client_since:
        return Answer(is_allowed=False, reason=Reason.NEVER_ASKED)
    is_other = bool(scopes) or last.decision is Decision.GIVEN
    reason = Reason.NOT_COVERED if is_other else Reason(last.decision.value)
    return Answer(is_allowed=False, reason=reason, record_id=last.record_id)


def decided(purpose: Purpose, standing: Standing | None, now: Instant) -> Answer:
    """Return whether *purpose* is allowed by what its customer decided."""
    reason = _verdict(purpose, standing, now)
    is_allowed = reason in {Reason.GIVEN, Reason.LEGAL_BASIS}
    if standing is None or reason is Reason.LEGAL_BASIS:
        return Answer(is_allowed, reason, version=purpose.current.number)
    return Answer(is_allowed, reason, standing.record_id, standing.version, standing.expires_at if is_allowed else 0)


def told(purpose: Purpose, standing: Standing | None, now: Instant) -> Answer:
    """Return how *purpose* stands, for the customer: a retired one allows nothing, whatever they once said."""
    found = decided(purpose, standing, now)
    if purpose.retired_at is None or (standing is not None and standing.decision is not Decision.GIVEN):
        return found
    return replace(found, is_allowed=False, reason=Reason.RETIRED, until=0)


def may_be_taken_back(purpose: Purpose, standing: Standing | None, found: Answer) -> bool:
    """Tell whether there is a yes to take back, or something to object to, where a purpose stands as *found*.

    A yes to earlier words, or to a purpose that was retired since, stands in the ledger until it is taken back.
    """
    has_ground = purpose.is_decided_here and purpose.may_be_withdrawn
    return has_ground and (found.is_allowed or (standing is not None and found.reason in _UNCOUNTED))


def is_over(purpose: Purpose, standing: Standing | None, now: Instant) -> bool:
    """Tell whether what was kept for *purpose* has to go. Where nobody asked yet, or not anew, it is not over."""
    return purpose.retired_at is not None or _verdict(purpose, standing, now) in _OVER


def _verdict(purpose: Purpose, standing: Standing | None, now: Instant) -> Reason:
    if not purpose.needs_decision:
        has_objected = standing is not None and standing.decision is not Decision.GIVEN
        if standing is not None and has_objected and purpose.terms.basis in OBJECTABLE:
            return Reason(standing.decision.value)
        return Reason.LEGAL_BASIS
    if standing is None:
        return Reason.NEVER_ASKED
    if standing.decision is not Decision.GIVEN:
        return Reason(standing.decision.value)
    if standing.version < purpose.counts_from:
        return Reason.OUTDATED
    if standing.expires_at and standing.expires_at <= now:
        return Reason.EXPIRED
    return Reason.GIVEN


def due(purpose: Purpose, standing: Standing | None, now: Instant) -> bool:
    """Tell whether a *required* purpose has to be asked before a journey arrives."""
    is_asked = purpose.terms.is_required and purpose.retired_at is None
    return is_asked and not decided(purpose, standing, now).is_allowed


def expiry(purpose: Purpose, now: Instant) -> Instant:
    """Return when a consent to *purpose* that is given *now* stops to count; 0 for never."""
    days = purpose.terms.valid_days
    return now + days * DAY if days else 0
