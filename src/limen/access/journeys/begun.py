"""A journey that has only begun: nothing is stored of it, and its page bears it (ADR 0033).

Whoever opens a sign-in page has said nothing yet, and most who do are robots. So what the journey knows, which is what
the application asked, stands sealed in the address that its form is sent to, and is written with the first answer. Its
identifier is decided when it begins: of one page one journey arises, and whoever sends the form twice finds it stored.

It is sealed for the browser that it began in: anywhere else it is noise. Its key follows from the tenant's and from the
journey's name, since pages may be asked for more often than one key may seal (``keyring.envelope``). It ends when it
would have ended in the database.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from limen.access.journeys.records import Journey, JourneyState
from limen.access.sessions.records import Browser
from limen.identity.keyring import TenantVault
from limen.kernel.clock import Instant
from limen.kernel.encoding import b64url, from_b64url
from limen.kernel.errors import Corrupted
from limen.kernel.ids import BrowserId, JourneyId

LONGEST: Final = 1_600
"""Characters: the edge takes a path of 2,048. A longer request is stored before its page is shown."""
_FIELD: Final = "journey.begun"
_KEY: Final = "journey-begun"


class _Begun(msgspec.Struct, frozen=True, array_like=True):
    """What is sealed: the state, and when it began and ends."""

    state: JourneyState
    created_at: Instant
    expires_at: Instant


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Begun).decode


@dataclass(frozen=True, slots=True)
class Begun:
    """What a journey that is not stored is borne by; ``newcomer`` is its browser, where that is not stored either."""

    text: str
    newcomer: Browser | None = None


def knows_nobody(state: JourneyState) -> bool:
    """Tell whether a journey that begins like this knows nobody and changes nothing."""
    return not (state.customer_id or state.task or state.select_account or state.back)


def seal_begun(vault: TenantVault, journey: Journey) -> str:
    """Return *journey* sealed for its browser; the browser says its own name again with each form."""
    state = msgspec.structs.replace(journey.state, user_agent="")
    told = _encode(_Begun(state, journey.created_at, journey.expires_at))
    record = _record(journey.id, journey.browser_id)
    return b64url(vault.borne(_KEY, record).seal(_FIELD, record, told))


def open_begun(
    vault: TenantVault, journey_id: JourneyId, browser_id: BrowserId, text: str, user_agent: str
) -> Journey | None:
    """Return the journey that *text* bears; None where that is another's, of another browser, or nothing of ours."""
    if len(text) > LONGEST:
        return None
    record = _record(journey_id, browser_id)
    try:
        begun = _decode(vault.borne(_KEY, record).unseal(_FIELD, record, from_b64url(text)))
    except (Corrupted, ValueError):
        return None
    state = msgspec.structs.replace(begun.state, user_agent=user_agent)
    return Journey(journey_id, browser_id, state, begun.created_at, begun.expires_at)


def _record(journey_id: JourneyId, browser_id: BrowserId) -> str:
    return f"{journey_id}.{browser_id}"
