"""A sign-in that is new to its customer, at a browser or from a country, or that risk finds unusual: they are told.

The mail carries the link by which it was not them (:mod:`limen.access.safety.securing`): it ends every session, revokes
every token and leads to a recovery. It leaves in the commit of the session.
"""

from typing import Final

from limen.access.journeys.parts import JourneyParts, JourneyUnit
from limen.access.safety.messages import Reader, Words, messages, secure_link
from limen.identity.customers.records import Customer
from limen.identity.keyring import SubjectVault
from limen.kernel.context import RequestContext
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import SessionId
from limen.trust.risk.records import COUNTRY, Sighting

UNUSUAL: Final = "unusual_sign_in"
"""What is told where nothing is new, and risk says that it should be."""


def tell(  # noqa: PLR0913 - who, of what, and where it was
    parts: JourneyParts,
    unit: JourneyUnit,
    owner: tuple[Customer, SubjectVault],
    of: tuple[str, ...],
    session: tuple[SessionId, Sighting],
    request: RequestContext,
) -> None:
    """Tell *owner* what was new about the sign-in that began *session*, the gravest alone."""
    customer, vault = owner
    session_id, seen = session
    reader = Reader(customer, vault, customer.profile.locale or request.locale, parts.desk.tenant)
    link = secure_link(reader, of[0], parts.clock, parts.entropy)
    words: Words = {
        "at": seen.at,
        "device": request.user_agent,
        "country_code": seen.values.get(COUNTRY, ""),
        "recover_url": f"{reader.base}/recover",
        "secure_url": link.url if link is not None else "",
    }
    messages(reader, of[0], words, (parts.entropy, parts.clock), [link] if link is not None else [])(unit)
    data: dict[str, object] = {"session": session_id, "new": list(of)}
    unit.announce(Event("sign_in.unfamiliar", customer.id, dict(data)))
    unit.record(
        AuditEntry(
            event="sign_in.unfamiliar",
            actor=f"customer:{customer.id}",
            subject=customer.id,
            request_id=request.request_id,
            data=data,
            personal=request.personal,
        )
    )
