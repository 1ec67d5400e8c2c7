"""What happened to an account, read from the audit log: newest first, a page at a time.

The personal part of each record is opened with the customer's own key: nobody else's history can be read, and after an
erasure nobody's.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from limen.access.account.records import Happening
from limen.access.account.unit import AccountUnit
from limen.access.sessions.records import Surroundings
from limen.identity.audit.chain import AuditRecord, named_fields
from limen.identity.audit.personal import opened
from limen.identity.audit.reading import cursor as cursor_at
from limen.identity.audit.reading import place, place_of
from limen.identity.consents.personal import coarse
from limen.identity.keyring import SubjectVault
from limen.kernel.events import Outcome
from limen.kernel.ids import CustomerId

TOLD: Final = frozenset(
    {
        *("session.started", "session.ended", "sign_in.failed", "second_factor.refused", "customer.registered"),
        *("customer.updated", "customer.enabled", "customer.disabled", "customer.signed_out"),
        *("password.changed", "email.changed", "email.added", "email.removed", "email.made_primary", "account.secured"),
        *("password.guessed", "phone.added", "phone.removed", "phone.made_primary", "username.changed"),
        *("identity.linked", "identity.unlinked", "account.reclaimed", "customer.merged"),
        *("factor.added", "factor.removed", "factor.renamed", "recovery_codes.replaced", "recovery_code.used"),
        *("device.trusted", "device.forgotten", "passkey.counter_went_back"),
        *("recovery.requested", "recovery.ready", "recovery.completed", "recovery.cancelled", "recovery.expired"),
        *("consent.given", "consent.refused", "consent.withdrawn", "application.revoked"),
        *("consent.expired", "consent.outdated"),
        *(
            "account.inactive",
            "deletion.requested",
            "deletion.cancelled",
            "data.exported",
            "export.requested",
            "export.downloaded",
            "restriction.set",
            "restriction.lifted",
        ),
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
    last, is_over = place(cursor), False
    for _ in range(_ROUNDS):
        found = await unit.audit_log.for_subject(customer_id, limit=limit + 1, before=last)
        told += [record for record in found if record.event in TOLD]
        is_over = len(found) <= limit
        if is_over or len(told) > limit:
            break
        last = place_of(found[-1])
    page = told[:limit]
    if len(told) > limit:
        last, is_over = place_of(page[-1]), False
    names = {client: await name_of(client) for client in {_client(record) for record in page} - {""}}
    shown = [_happening(record, vault, names) for record in page]
    return shown, "" if is_over or last is None else cursor_at(last)


def _happening(record: AuditRecord, vault: SubjectVault, names: dict[str, str]) -> Happening:
    said = named_fields(record.open_part)
    facts = opened(vault, record)
    return Happening(
        cursor=cursor_at(place_of(record)),
        at=record.at,
        event=record.event,
        is_refused=said.get("outcome") == Outcome.REFUSED.value,
        data=said.get("data") or {},
        seen=Surroundings(**coarse(facts.get("address", ""), facts.get("user_agent", ""))),
        client_name=names.get(_client(record), ""),
    )


def _client(record: AuditRecord) -> str:
    return str(named_fields(record.open_part).get("client", ""))


def is_cursor(cursor: str) -> bool:
    """Tell whether *cursor* is one of ours."""
    return place(cursor) is not None
