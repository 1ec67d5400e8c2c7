"""Outcomes that are not success.

::

    Refusal (a value)        expected: returned by a use case, whose unit of work then commits
    ├── Invalid              the request is malformed or breaks a rule; ``fields`` says where
    ├── Unauthenticated      who asks is not proven
    ├── Forbidden            who asks may not
    ├── NotFound             there is no such thing, or not for this asker
    ├── Conflict             the thing has changed, or exists already
    ├── Expired              it was right once
    ├── Throttled            too often; ``retry_after`` says how many seconds to wait
    └── Unavailable          we cannot just now; ``retry_after`` likewise

    Fault (an exception)     a bug or an outage: rolls back, becomes a 500 or 503 at the edge
    ├── Misconfigured        a setting is missing or contradicts another; the process does not start
    ├── Outage               a part of ours does not answer; ``retry_after`` says when to come again
    │   └── Contended        the database let another transaction go first: the same again is likely to be done
    └── Corrupted            stored data does not verify

*Refusals commit, faults roll back*: failed-attempt counters, replay revocation and audit must outlive a refusal.
The domain knows no HTTP; tables at the edge map refusals to OAuth JSON, a page, or an RFC 9457 problem.
"""

from dataclasses import dataclass, field

from limen.kernel.violations import Violation


@dataclass(frozen=True, slots=True)
class Refusal:
    """An expected "no".

    Attributes:
        code: public, stable, snake_case: a message key and an API error code.
        detail: private, for logs and audit; never shown, and never personal.
        fields: public, for forms and APIs: field name to message key.
        violations: public, for APIs: what is wrong within fields that have a schema; bounded.
    """

    code: str
    detail: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    violations: tuple[Violation, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True, slots=True)
class Invalid(Refusal):
    """The request is malformed or breaks a rule."""


@dataclass(frozen=True, slots=True)
class Unauthenticated(Refusal):
    """Who asks is not proven."""


@dataclass(frozen=True, slots=True)
class Forbidden(Refusal):
    """Who asks may not."""


@dataclass(frozen=True, slots=True)
class NotFound(Refusal):
    """There is no such thing, or not for this asker."""


@dataclass(frozen=True, slots=True)
class Conflict(Refusal):
    """The thing has changed, or exists already."""


@dataclass(frozen=True, slots=True)
class Expired(Refusal):
    """It was right once."""


@dataclass(frozen=True, slots=True)
class Throttled(Refusal):
    """Too often. ``retry_after`` is in whole seconds."""

    retry_after: int = 1


@dataclass(frozen=True, slots=True)
class Unavailable(Refusal):
    """We cannot just now. ``retry_after`` is in whole seconds."""

    retry_after: int = 1


class Fault(Exception):
    """A bug or an outage."""


class Misconfigured(Fault):
    """A setting is missing or contradicts another. ``hint`` says what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        """Say what is wrong and what would mend it."""
        super().__init__(message)
        self.hint = hint


class Corrupted(Fault):
    """Stored data does not verify."""


class Outage(Fault):
    """A part of ours does not answer.

    Attributes:
        retry_after: whole seconds.
        code: public, stable: where that part's absence has words of its own.
    """

    def __init__(self, message: str, retry_after: int = 5, code: str = "temporarily_unavailable") -> None:
        """Say what does not answer; nothing that it was asked for."""
        super().__init__(message)
        self.retry_after = retry_after
        self.code = code


class Contended(Outage):
    """The database let another transaction go first, and rolled this one back (SQLSTATE 40P01, 40001)."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("another transaction went first", 1)
