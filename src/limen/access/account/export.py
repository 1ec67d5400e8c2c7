"""A copy of what is held of a customer now, for them to keep or to take elsewhere (GDPR articles 15 and 20).

No secret is in it, nor what would help to forge one. Instants are RFC 3339 in UTC.
"""

from typing import Any, Final

import msgspec

from limen.access.account.applications import applications
from limen.access.account.devices import devices
from limen.access.account.history import NameOf, history
from limen.access.account.notices import told
from limen.access.account.records import Application, Device, Happening
from limen.access.account.unit import AccountParts, Owner
from limen.access.factors.records import StoredFactor
from limen.identity.consents.records import ConsentRecord
from limen.kernel.clock import Instant, to_datetime

SCHEMA: Final = 1
"""The version of the document: members are added, never changed or removed."""
_HISTORY: Final = 500
_MOST: Final = 10_000
"""So many happenings are in a copy, the newest; and so many decisions."""


async def export(parts: AccountParts, owner: Owner, name_of: NameOf) -> dict[str, Any]:
    """Return the copy as JSON objects; that it was made is recorded, and its owner is told."""
    document = await gathered(parts, owner, name_of)
    tell = told(parts.desk, owner, "data_copied", {})
    async with parts.begin(parts.tenant_id) as writing:
        writing.seal_with(owner.vault)
        writing.record(owner.entry("data.exported"))
        tell(writing)
    return document


async def gathered(parts: AccountParts, owner: Owner, name_of: NameOf) -> dict[str, Any]:
    """Return the copy; nobody is told."""
    customer, vault = owner.customer, owner.vault
    async with parts.reading(parts.tenant_id) as unit:
        found = {
            "sessions": [_device(one) for one in await devices(parts, unit, customer, vault)],
            "applications": [_application(one) for one in await applications(parts, unit, customer)],
            "factors": [_factor(one) for one in await unit.factors.of_customer(customer.id)],
            "decisions": [_decision(one) for one in await unit.consents.history(customer.id, limit=_MOST)],
        }
        happened: list[Happening] = []
        cursor = ""
        while len(happened) < _MOST:
            page, cursor = await history(unit, (customer.id, vault), name_of, cursor=cursor, limit=_HISTORY)
            happened += page
            if not cursor:
                break
    return {
        "schema": SCHEMA,
        "issuer": parts.desk.issuer,
        "made_at": _at(parts.clock.now()),
        "subject": customer.subject,
        "created_at": _at(customer.created_at),
        "updated_at": _at(customer.updated_at),
        "profile": msgspec.to_builtins(customer.profile),
        **found,
        "history": [_happening(one) for one in happened],
    }


def _at(instant: Instant | None) -> str | None:
    return None if instant is None else to_datetime(instant).isoformat().replace("+00:00", "Z")


def _device(device: Device) -> dict[str, Any]:
    session = device.session
    return {
        "user_agent": device.seen.user_agent,
        "network": device.seen.network,
        "methods": list(session.amr),
        "started_at": _at(session.created_at),
        "seen_at": _at(session.seen_at),
        "expires_at": _at(session.expires_at),
        "applications": list(device.applications),
    }


def _application(application: Application) -> dict[str, Any]:
    return {
        "client_id": application.party.client_id,
        "name": application.party.name,
        "scopes": list(application.scopes),
        "since": _at(application.since),
        "used_at": _at(application.used_at),
    }


def _factor(factor: StoredFactor) -> dict[str, Any]:
    return {"kind": factor.kind.value, "added_at": _at(factor.created_at), "used_at": _at(factor.last_used_at)}


def _decision(record: ConsentRecord) -> dict[str, Any]:
    made = record.decision
    return {
        "purpose": made.purpose,
        "party": made.party,
        "items": list(made.items),
        "decision": made.decision.value,
        "at": _at(record.at),
        "language": made.locale,
    }


def _happening(happening: Happening) -> dict[str, Any]:
    return {
        "at": _at(happening.at),
        "event": happening.event,
        "refused": happening.is_refused,
        "application": happening.client_name,
        "user_agent": happening.seen.user_agent,
        "network": happening.seen.network,
    }
