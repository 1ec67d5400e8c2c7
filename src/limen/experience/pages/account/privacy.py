"""What the customer allows: every purpose with its words, where it stands, and what was decided; and the receipts.

A purpose that was retired is shown to whoever decided about it, and what they gave can be taken back.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from limen.access.http import HotResponse
from limen.experience.pages.account.activity import NameOf
from limen.experience.pages.account.look import Again, Done, Look, Shown, Taken, Turn, look
from limen.experience.pages.accounts import sign_in_first
from limen.experience.pages.answers import file
from limen.experience.pages.errors import error_page
from limen.experience.pages.visit import Visit
from limen.identity.consents.ages import has_reached
from limen.identity.consents.decide import Deciding, Source, Wish
from limen.identity.consents.purposes import Purpose
from limen.identity.consents.question import Standing, may_be_taken_back, told
from limen.identity.consents.receipt import Controller
from limen.identity.consents.receipts import Receipts
from limen.identity.consents.records import OAUTH, ConsentRecord, Decision
from limen.identity.consents.signal import is_shared
from limen.identity.profiles.schema import title
from limen.kernel.clock import Instant
from limen.kernel.errors import Refusal
from limen.kernel.ids import RecordId

GIVE: Final = "give"
WITHDRAW: Final = "withdraw"
_PAGE: Final = 100
"""So many of a customer's decisions are shown at once."""
_LONGEST_CURSOR: Final = 18
_ERRORS: Final = {"age_not_reached": "error.age_not_confirmed", "too_young": "error.too_young"}


async def show(look: Look) -> Shown:
    """Return each purpose with its state and history, what was decided about applications, and where older is."""
    visit, customer = look.visit, look.account.customer
    before = _cursor(visit)
    found = await look.unit.consents.history(customer.id, limit=_PAGE + 1, before=before)
    history = found[-_PAGE:]
    latest = {(one.decision.purpose, one.decision.party): one for one in await look.unit.consents.latest(customer.id)}
    purposes = [
        one for one in visit.desk.purposes.values() if one.retired_at is None or (one.name, one.party) in latest
    ]
    address = f"{visit.prefix}/account/privacy"
    name_of = NameOf(visit)
    names = {client: await name_of(client) for one in purposes for client in one.terms.clients}
    return {
        "older_url": f"{address}?before={history[0].at}" if len(found) > _PAGE else None,
        "newest_url": address if before is not None else None,
        "has_signal": visit.context.gpc and any(is_shared(one) for one in purposes),
        "purposes": [
            _shown(look, one, latest.get((one.name, one.party)))
            | {"clients": [names[client] for client in one.terms.clients]}
            | {"history": _history(visit, [past for past in history if past.decision.purpose == one.name])}
            for one in purposes
        ],
        "applications": _history(visit, [past for past in history if past.decision.purpose == OAUTH]),
    }


def _cursor(visit: Visit) -> Instant | None:
    """Return the instant before which decisions are shown; None for the newest, or where the query names none."""
    asked = visit.request.parameter("before")
    return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) <= _LONGEST_CURSOR else None


def _data(visit: Visit, kind: str) -> dict[str, str]:
    """Return a kind of data with what the tenant's own schema calls it, if it does."""
    profile = visit.desk.tenant.settings.profile
    return {"name": kind, "label": title(profile, kind, visit.locale) if kind in profile.attributes else ""}


def _shown(look: Look, purpose: Purpose, record: ConsentRecord | None) -> dict[str, Any]:
    visit, now, terms = look.visit, look.now, purpose.terms
    language, text = terms.text(*visit.context.reads)
    standing = Standing.of(record) if record is not None else None
    found = told(purpose, standing, now)
    years, may_give = terms.minimum_age, purpose.is_decided_here and purpose.retired_at is None and not found.is_allowed
    is_old_enough = has_reached(look.account.customer.profile.birthdate, years, now) if years else True
    return {
        "name": purpose.name,
        "version": purpose.current.number,
        "title": text.title,
        "paragraphs": [part.strip() for part in text.body.split("\n\n") if part.strip()],
        "language": language,
        "basis": terms.basis.value,
        "data": [_data(visit, kind) for kind in terms.data],
        "party": purpose.party,
        "state": found.reason.value,
        "is_allowed": found.is_allowed,
        "until": found.until,
        "minimum_age": years if is_old_enough is None else 0,
        "too_young": years if may_give and is_old_enough is False else 0,
        "may_give": may_give and is_old_enough is not False,
        "may_withdraw": may_be_taken_back(purpose, standing, found),
    }


def _history(visit: Visit, records: Sequence[ConsentRecord]) -> list[dict[str, Any]]:
    """Return decisions, newest first, each with where its receipt is."""
    return [
        {
            "decision": one.decision.decision.value,
            "at": one.at,
            "party": one.decision.party,
            "items": list(one.decision.items),
            "version": one.decision.version,
            "receipt": f"{visit.prefix}/account/privacy/receipts/{one.id}",
        }
        for one in reversed(records)
    ]


async def give(turn: Turn) -> Taken:
    """Give the consent that the form names, to the words that it showed."""
    return await _decide(turn, Decision.GIVEN, "notice.consent_given")


async def withdraw(turn: Turn) -> Taken:
    """Take a consent back, or object: as easily as it was given."""
    return await _decide(turn, Decision.WITHDRAWN, "notice.consent_withdrawn")


async def _decide(turn: Turn, decision: Decision, notice: str) -> Taken:
    visit, form, customer = turn.visit, turn.form, turn.account.customer
    parts = visit.journey_parts
    purpose = visit.desk.purposes.get(form.get("purpose", ""))
    version = form.get("version", "")
    shown = int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else 0
    years = purpose.terms.minimum_age if purpose is not None and form.get("age") == "yes" else 0
    language = purpose.terms.text(*visit.context.reads)[0] if purpose is not None else ""
    wish = Wish(form.get("purpose", ""), decision, shown, language, years, customer.profile.birthdate)
    source = Source("page", f"customer:{customer.id}", visit.context)
    deciding = Deciding(parts.tenant_id, visit.parts.begin, parts.keyring, parts.clock, parts.entropy)
    made = await deciding.decide(purpose, wish, customer.id, source)
    if isinstance(made, Refusal):
        return Again("privacy", {}, {"": _ERRORS.get(made.code, "error.stale")})
    return Done(notice)


TAKES = {GIVE: give, WITHDRAW: withdraw}
"""Intent to what takes it."""


async def receipt(visit: Visit) -> HotResponse:
    """Give a customer the receipt of one of their decisions: as JSON, or as a JWS (``?form=jws``)."""
    parts = visit.journey_parts
    async with visit.parts.read(parts.tenant_id) as unit:
        seen = await look(visit, unit)
    if seen is None:
        return await sign_in_first(visit)
    record_id = RecordId.parse(visit.request.names["record"])
    if record_id is None:
        return error_page(visit, 404, "not_found")
    tenant = visit.desk.tenant
    receipts = Receipts(
        tenant.id,
        Controller(tenant.issuer, tenant.name),
        visit.desk.purposes,
        visit.parts.read,
        parts.keyring,
        visit.parts.ledger_signers,
    )
    issued = await receipts.issue(seen.account.customer.id, record_id)
    if isinstance(issued, Refusal):
        return error_page(visit, 404, "not_found")
    is_jws = visit.request.parameter("form") == "jws"
    body = issued.jws.encode() if is_jws else msgspec.json.format(msgspec.json.encode(issued.document))
    kind, ending = ("application/jose", "jws") if is_jws else ("application/json", "json")
    kept = ("content-disposition", f'attachment; filename="receipt-{record_id}.{ending}"')
    return visit.dress(file(body, kind, kept))
