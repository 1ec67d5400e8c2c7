"""Who had tokens for a session: the relying parties that are told when it ends."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, select

from limen.access.clients.records import ClientDocument
from limen.access.sessions.records import Party
from limen.kernel.events import Event
from limen.kernel.ids import CustomerId, SessionId
from limen.storage.schema.clients import clients
from limen.storage.schema.customers import customers
from limen.storage.schema.sessions import sessions
from limen.storage.schema.tokens import families
from limen.storage.statements import Connection
from limen.storage.stores.base import TENANT, mine

_JOINED: Final = (
    families.join(sessions, (sessions.c.tenant_id == families.c.tenant_id) & (sessions.c.id == families.c.session_id))
    .join(customers, (customers.c.tenant_id == families.c.tenant_id) & (customers.c.id == families.c.customer_id))
    .join(clients, (clients.c.tenant_id == families.c.tenant_id) & (clients.c.key == families.c.client_key))
)
_WHAT: Final = (
    select(sessions.c.sid, customers.c.subject, customers.c.id, clients.c.client_id, clients.c.document)
    .select_from(_JOINED)
    .where(sessions.c.ended_at.is_(None))
    .distinct()
)
_OF_SESSION: Final = mine(_WHAT.where(families.c.session_id == bindparam("of")), families)
_OF_CUSTOMER: Final = mine(
    _WHAT.where(families.c.customer_id == bindparam("of"), families.c.session_id != bindparam("kept")), families
)
_documents = msgspec.json.Decoder(ClientDocument)


async def parties_of_session(connection: Connection, tenant_id: str, session_id: SessionId) -> list[Party]:
    """Return who had tokens for a session that has not ended."""
    rows = await connection.execute(_OF_SESSION, {TENANT: tenant_id, "of": session_id})
    return [_party(row) for row in rows]


async def parties_of_customer(
    connection: Connection, tenant_id: str, customer_id: CustomerId, kept: str = ""
) -> list[Party]:
    """Return who had tokens for any session of a customer that has not ended, but the session *kept*."""
    rows = await connection.execute(_OF_CUSTOMER, {TENANT: tenant_id, "of": customer_id, "kept": kept})
    return [_party(row) for row in rows]


def news_of_the_end(parties: Iterable[Party]) -> list[Event]:
    """Return what is announced so that each party that listens hears of the end, once a session."""
    return [
        Event(
            "logout.requested",
            subject=party.customer_id,
            data={"client_id": party.client_id, "sid": party.sid, "sub": party.subject},
        )
        for party in parties
        if party.document.backchannel_logout_uri
    ]


def _party(row: Any) -> Party:
    return Party(
        sid=row.sid,
        subject=row.subject,
        customer_id=CustomerId(row.id),
        client_id=row.client_id,
        document=_documents.decode(row.document),
    )
