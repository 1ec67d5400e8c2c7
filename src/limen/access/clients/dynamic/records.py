"""Initial access tokens (RFC 7591 §1.2)."""

from dataclasses import dataclass, field

from limen.kernel.clock import Instant
from limen.kernel.ids import InitialTokenId
from limen.kernel.secret import Secret


@dataclass(frozen=True, slots=True)
class InitialToken:
    """One token, without its text, which is shown once and stored as a keyed hash."""

    id: InitialTokenId
    label: str
    uses_left: int
    created_at: Instant
    expires_at: Instant


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A token and its text: the one time that it can be shown."""

    token: InitialToken
    text: Secret = field(repr=False)
