"""What happened to an account, read from the audit log: newest first, a page at a time.

The personal part of each record is opened with the customer's own key: nobody else's history can be read, and after an
erasure nobody's.
"""

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from limen.access.account.records import Happening
from limen.access.account.unit import AccountUnit
from limen.access.sessions.records import Surroundings
from limen.identity.audit.chain import AuditRecord, named_fields
from limen.identity.audit.personal import opened
from limen.identity.audit.store import Place
from limen.identity.consents.personal import coarse
from limen.identity.keyring import SubjectVault
from limen.kernel.encoding import b64url, from_b64url
from limen.kernel.events import Outcome
from limen.kernel.ids import CustomerId, SegmentId

TOLD: Final = frozenset(
    {
        *("session.started", "session.ended", "sign_in.failed", "second_factor.refused", "customer.registered"),
        *("customer.updated", "customer.enabled", "customer.disabled", "customer.signed_out"),
        *("password.changed", "email.changed", "account.secured"),
        *("factor.added", "factor.removed", "factor.renamed", "recovery_codes.replaced", "recovery_code.used"),
        *("device.trusted", "device.forgotten", "passkey.counter_went_back"),
        *("recovery.requested", "recovery.ready", "recovery.completed", "recovery.cancelled", "recovery.expired"),
        *("consent.given", "consent.refused", "consent.withdrawn", "application.revoked"),
        *("deletion.requested", "deletion.cancelled", "data.exported"),
    }
)
"""What is told to a customer of their own account; its words are ``history.event.<name>``."""
PAGE: Final = 20
_ROUNDS: Final = 5
"""How many pages of records are looked through for one page of what is told."""

NameOf = Callable[[str], Awaitable[str]]
"""A ``client_id`` to what its application calls itself."""


async def history(
    unit: AccountUnit, owner: tuple[CustomerId, SubjectVault], name_of: NameOf, *, cursor: str = "", limit: int = PAGE
) -> tuple[list[Happening], str]:
    """Return up to *limit* happenings behind *cursor*, newest first, and the cursor to go on with (empty at the end).

    A cursor that is none of ours is taken for the beginning. Where a customer's newest records are mostly such that are
    not told, a page may be short and yet not the last.
    """
    customer_id, vault = owner
    told: list[AuditRecord] = []
    last, is_over = _place(cursor), False
    for _ in range(_ROUNDS):
        found = await unit.audit_log.for_subject(customer_id, limit=limit + 1, before=last)
        told += [record for record in found if record.event in TOLD]
        is_over = len(found) <= limit
        if is_over or len(told) > limit:
            break
        last = _stand(found[-1])
    page = told[:limit]
    if len(told) > limit:
        last, is_over = _stand(page[-1]), False
    names = {client: await name_of(client) for client in {_client(record) for record in page} - {""}}
    shown = [_happening(record, vault, names) for record in page]
    return shown, "" if is_over or last is None else _cursor(last)


def _happening(record: AuditRecord, vault: SubjectVault, names: dict[str, str]) -> Happening:
    said = named_fields(record.open_part)
    facts = opened(vault, record)
    return Happening(
        cursor=_cursor(_stand(record)),
        at=record.at,
        event=record.event,
        is_refused=said.get("outcome") == Outcome.REFUSED.value,
        data=said.get("data") or {},
        seen=Surroundings(**coarse(facts.get("address", ""), facts.get("user_agent", ""))),
        client_name=names.get(_client(record), ""),
    )


def _client(record: AuditRecord) -> str:
    return str(named_fields(record.open_part).get("client", ""))


def _stand(record: AuditRecord) -> Place:
    return record.at, record.segment_id, record.seq


def _cursor(place: Place) -> str:
    return b64url(msgspec.json.encode(place))


def _place(cursor: str) -> Place | None:
    """Return where *cursor* stands; it only narrows down what its reader may see anyway."""
    try:
        at, segment, seq = msgspec.json.decode(from_b64url(cursor), type=tuple[int, str, int])
    except (ValueError, msgspec.DecodeError):
        return None
    is_sound = SegmentId.parse(segment) is not None and 0 <= at < 1 << 63 and 0 <= seq < 1 << 63
    return (at, segment, seq) if is_sound else None
