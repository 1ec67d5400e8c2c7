"""What a step shows and what it answers: data first, rendered as HTML or as versioned JSON by others."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.records import JourneyState
from limen.identity.customers.records import SealedCustomer
from limen.identity.keyring import SubjectVault
from limen.kernel.errors import Refusal, Unavailable
from limen.kernel.masked import Masked
from limen.trust.risk.judge import Kept

SCHEMA = 1
"""The version of the JSON form of a step; a field is added without a new version, never changed or removed."""


class StepView(Masked, msgspec.Struct, frozen=True):
    """One step as it is shown.

    Attributes:
        name: the step, a key of the table.
        version: the journey's version: a form carries it back, and an older one is stale.
        values: what was typed, to be shown again; never a password or a code.
        errors: field name to message key.
        notice: a message key above the form, or empty.
        data: what the step needs beside that.
        challenge: what an authenticator signs, where the step takes a passkey; base64url.
        status: the HTTP status that fits: 200, 400 for errors, 429 or 503 with ``retry_after`` seconds.
        begun: the journey itself, sealed, while nothing is stored of it: its form is sent to an address that bears it.
    """

    name: str
    version: int
    values: dict[str, str] = {}
    errors: dict[str, str] = {}
    notice: str = ""
    data: dict[str, Any] = {}
    status: int = 200
    retry_after: int = 0
    challenge: str = ""
    begun: str = ""

    def __repr__(self) -> str:
        """Show nothing that was typed, and no code."""
        return f"StepView({self.name!r}, status={self.status})"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a step is shown again."""

    errors: dict[str, str] = field(default_factory=dict)
    notice: str = ""
    values: dict[str, str] = field(default_factory=dict, repr=False)
    data: dict[str, Any] = field(default_factory=dict, repr=False)
    status: int = 400
    retry_after: int = 0


Write = Callable[[JourneyUnit], Awaitable[Problem | None]]
"""What a step writes in the commit that advances its journey; a problem is shown instead of going on."""

Announce = Callable[[JourneyUnit], None]
"""What hands mail, or whatever else is told, to the commit of a step."""


class Progress(Masked, msgspec.Struct, frozen=True):
    """What a step answers to a form: the state that follows, what is written with it, and what went wrong.

    ``whose`` and ``vault`` are the customer whom the state names, as the step found them, and their vault, where it has
    them at hand; ``habits`` is what risk read of what they showed before. ``refused`` is the authenticator that was
    tried and did not prove anything (RFC 8176), to be counted. ``is_idle``: the journey stays as it is and nothing is
    written, since whoever is turned away must cost little.
    """

    state: JourneyState
    write: Write | None = None
    problem: Problem | None = None
    link_hash: bytes | None = None
    vault: SubjectVault | None = None
    whose: SealedCustomer | None = None
    habits: Kept | None = None
    refused: str = ""
    is_idle: bool = False

    def __repr__(self) -> str:
        """Show nothing of the customer, and no code."""
        return f"Progress({self.state!r})"


def problem_of(refusal: Refusal, values: dict[str, str] | None = None) -> Problem:
    """Return the problem that shows *refusal*."""
    retry_after = getattr(refusal, "retry_after", 0)
    status = 503 if isinstance(refusal, Unavailable) else 429 if retry_after else 400
    notice = "" if refusal.fields else f"error.{refusal.code}"
    return Problem(dict(refusal.fields), notice, values or {}, status=status, retry_after=retry_after)
