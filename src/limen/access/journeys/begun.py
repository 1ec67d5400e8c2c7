"""A journey that has only begun: nothing is stored of it, and its page bears it (ADR 0033).

Whoever opens a sign-in page has said nothing yet, and most who do are robots. So what the journey knows, which is what
the application asked, stands sealed in the address that its form is sent to, and is written with the first answer, with
a name and a key of its own. The name that the page has is kept beside it: of one page one journey arises, and whoever
sends the form twice finds it stored.

It is sealed by a key that follows from the tenant's and from the names of journey and browser, since pages may be asked
for more often than one key may seal (``keyring.envelope``): in another browser it is noise. It ends when it would have
ended in the database.
"""

from typing import Final

import msgspec

from limen.access.journeys.records import Journey, JourneyState
from limen.access.sessions.records import Browser
from limen.identity.keyring import SubjectVault, TenantVault
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


class Begun(msgspec.Struct, frozen=True):
    """What a journey that is not stored is borne by; ``newcomer`` is its browser, where that is not stored either."""

    text: str
    newcomer: Browser | None = None


def knows_nobody(state: JourneyState) -> bool:
    """Tell whether a journey that begins like this knows nobody and changes nothing."""
    return not (state.customer_id or state.task or state.select_account or state.back)


def vault_of(tenant: TenantVault, journey_id: JourneyId, browser_id: BrowserId) -> SubjectVault:
    """Return the vault of a journey that has only begun: nothing that it seals is stored."""
    return tenant.borne(_KEY, f"{journey_id}.{browser_id}")


def seal_begun(vault: SubjectVault, journey: Journey) -> str:
    """Return *journey* sealed for its browser, which says with each form again what it calls itself."""
    state = msgspec.structs.replace(journey.state, user_agent="")
    told = _encode(_Begun(state, journey.created_at, journey.expires_at))
    return b64url(vault.seal(_FIELD, journey.id, told))


def open_begun(
    vault: SubjectVault, journey_id: JourneyId, browser_id: BrowserId, text: str, user_agent: str
) -> Journey | None:
    """Return the journey that *text* bears; None where that is another's, of another browser, or nothing of ours."""
    if len(text) > LONGEST:
        return None
    try:
        begun = _decode(vault.unseal(_FIELD, journey_id, from_b64url(text)))
    except (Corrupted, ValueError):
        return None
    state = msgspec.structs.replace(begun.state, user_agent=user_agent)
    return Journey(journey_id, browser_id, state, begun.created_at, begun.expires_at)
