"""A journey, as the steps see it and as the database does."""

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from limen.access.sessions.records import Evidence
from limen.kernel.clock import Instant
from limen.kernel.ids import BrowserId, JourneyId


class Path(StrEnum):
    """Where the person is heading. They may change it while nothing is proven."""

    SIGN_IN = "sign_in"
    SIGN_UP = "sign_up"
    RECOVER = "recover"


class Challenge(msgspec.Struct, frozen=True):
    """A code and a link that were mailed. ``code`` is empty where the address belongs to nobody: no answer is right then."""

    code: str
    link_hash: str
    sent_at: Instant
    expires_at: Instant
    tries_left: int
    sends_left: int
    code_shown_elsewhere: bool = False


class Draft(msgspec.Struct, frozen=True):
    """What a sign-up said before its address is proven: sealed with the journey, gone with it."""

    email: str = ""
    name: str = ""
    password_hash: str = ""


class JourneyState(msgspec.Struct, frozen=True):
    """All that a journey knows; sealed as one value under the journey's key.

    ``request`` is the validated authorization request as JSON, empty when the journey leads to the account page. ``customer_id``
    is set only by proof. ``address``, ``user_agent`` and ``began_at`` name the device that asked, for links opened elsewhere.
    """

    path: Path
    request: bytes = b""
    draft: Draft = Draft()
    email: str = ""
    challenge: Challenge | None = None
    customer_id: str = ""
    evidence: tuple[Evidence, ...] = ()
    proven_email: str = ""
    new_password_due: bool = False
    consent: tuple[str, ...] | None = None
    locale: str = "en"
    user_agent: str = ""
    login_hint: str = ""
    force_login: bool = False
    select_account: bool = False


@dataclass(frozen=True, slots=True)
class Journey:
    """A journey between two steps. ``version`` counts steps taken: a form that carries an older one is stale."""

    id: JourneyId
    browser_id: BrowserId
    state: JourneyState
    created_at: Instant
    expires_at: Instant
    version: int = 1
    finished_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class SealedJourney:
    """A journey as stored. ``link_hash`` is a look-up index for the link in the mail."""

    id: JourneyId
    browser_id: BrowserId
    sealed_state: bytes
    link_hash: bytes | None
    created_at: Instant
    expires_at: Instant
    version: int
    finished_at: Instant | None
