"""What the customer asked for by right, and asking for more: to correct, to restrict, to object.

A copy of the data and the deletion of the account have buttons of their own; their requests are shown here too.
"""

from typing import Final

from limen.experience.pages.account.look import Again, Done, Look, Shown, Taken, Turn
from limen.identity.administrators import Actor
from limen.identity.rights.records import Law, RequestKind
from limen.identity.rights.requests import LONGEST, Asked, Requests
from limen.kernel.errors import Invalid, Refusal

ASK: Final = "ask_privacy"
_OFFERED: Final = (RequestKind.RECTIFICATION, RequestKind.RESTRICTION, RequestKind.OBJECTION)


async def show(look: Look) -> Shown:
    """Return the customer's requests, newest first, and what may be asked for."""
    found = await look.unit.privacy_requests.of_customer(look.account.customer.id)
    return {
        "requests": [
            {"kind": one.kind.value, "state": one.state.value, "at": one.created_at, "due_at": one.due_at}
            | {"closed_at": one.closed_at}
            for one in found
        ],
        "kinds": [kind.value for kind in _OFFERED],
        "longest": LONGEST,
        "values": {"kind": "", "words": ""},
    }


async def ask(turn: Turn) -> Taken:
    """Open a request."""
    visit, parts = turn.visit, turn.visit.journey_parts
    typed = {"kind": turn.form.get("kind", ""), "words": turn.form.get("words", "").replace("\r\n", "\n").strip()}
    kind = next((one for one in _OFFERED if one.value == typed["kind"]), None)
    if kind is None:
        return Again("rights", typed, {"kind": "error.privacy_kind_unknown"})
    if not typed["words"]:
        return Again("rights", typed, {"words": "error.privacy_words_missing"})
    requests = Requests(parts.tenant_id, visit.parts.begin, visit.parts.read, parts.keyring, parts.clock, parts.entropy)
    customer_id = turn.account.customer.id
    asked = Asked(customer_id, kind, Law(visit.desk.tenant.settings.privacy.law), typed["words"])
    actor = Actor(f"customer:{customer_id}", visit.context.request_id)
    made = await requests.ask(asked, "customer", actor)
    if isinstance(made, Invalid):
        return Again("rights", typed, {"words": "error.privacy_words_invalid"})
    if isinstance(made, Refusal):
        return Again("rights", typed, {"": "error.privacy_request_open"}, 409)
    return Done("notice.privacy_asked")


TAKES = {ASK: ask}
"""Intent to what takes it."""
