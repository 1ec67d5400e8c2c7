"""The audit log, read."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime

from limen.identity.administrators import AUDIT_PERSONAL, AUDIT_READ
from limen.identity.audit.reading import AuditReading, Question, cursor, place
from limen.identity.audit.store import Place, Sought
from limen.integration.api.answers import CurrentCall, answer, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.models.audit import AuditPage, shown
from limen.integration.api.paging import After, PageSize
from limen.integration.api.parts import PREFIX
from limen.integration.api.problems import Refused
from limen.integration.api.route import GuardedRoute, challenged
from limen.kernel.clock import Instant
from limen.kernel.errors import Forbidden, Invalid
from limen.kernel.events import Outcome

router = APIRouter(prefix=PREFIX, route_class=GuardedRoute, tags=["audit"])
_PATH: Final = f"{PREFIX}/audit"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Subject = Annotated[
    str, Query(max_length=64, pattern=r"^[\x21-\x7e]*$", description="Whose: an internal identifier, such as `cus_…`.")
]
Events = Annotated[
    str,
    Query(
        max_length=1_000,
        pattern=r"^([a-z_]+\.[a-z_]+(,[a-z_]+\.[a-z_]+)*)?$",
        description="Which events, separated by commas. Where absent: all but codes and tokens that were issued, "
        "redeemed, refreshed or exchanged. To find those, name them, with `since` and `until` 31 days apart at most.",
    ),
]
Actor = Annotated[str, Query(max_length=255, description="Who did it: `customer:…`, `client:…`, `admin:…`, `system`.")]
Client = Annotated[str, Query(alias="client_id", max_length=255, description="The `client_id` that it came through.")]
Happened = Annotated[Outcome | None, Query(description="Whether what was tried was done.")]
Since = Annotated[AwareDatetime | None, Query(description="From this instant on (RFC 3339).")]
Until = Annotated[AwareDatetime | None, Query(description="Before this instant (RFC 3339).")]
Opening = Annotated[
    bool,
    Query(
        alias="personal",
        description="Open the personal parts. It takes the scope `limen:audit:personal` as well, and leaves a record "
        "`audit.personal_opened` for each person whose records were opened.",
    ),
]


async def _question(  # noqa: PLR0913 - one parameter for each that may be asked for
    subject: Subject = "",
    event: Events = "",
    actor: Actor = "",
    client: Client = "",
    outcome: Happened = None,
    since: Since = None,
    until: Until = None,
) -> Question:
    names = frozenset(event.split(",")) if event else frozenset[str]()
    return Question(Sought(subject, names, _instant(since), _instant(until)), actor, client, outcome)


@router.get("/audit", response_model=AuditPage, responses=answers(), openapi_extra=needs(AUDIT_READ))
async def read_audit_log(
    call: CurrentCall,
    question: Annotated[Question, Depends(_question)],
    personal: Opening = False,  # noqa: FBT002 - a query parameter
    after: After = "",
    size: PageSize = 50,
) -> Response:
    """Read the audit log, newest first."""
    if personal and AUDIT_PERSONAL not in call.caller.scopes:
        refusal = Forbidden("insufficient_scope", AUDIT_PERSONAL)
        raise challenged(call.desk, refusal, f', error="insufficient_scope", scope="{AUDIT_PERSONAL}"')
    parts = call.parts
    use = AuditReading(call.desk.tenant.id, parts.begin, parts.reading, parts.keyring)
    lines, last = ok(await use.page(question, limit=size, before=_before(after)))
    if personal:
        lines = await use.opened(lines, call.actor)
    following = None if last is None else _next(call.prefix, question, last, size, is_opened=personal)
    return answer(AuditPage(items=[shown(line) for line in lines], next=following))


def _before(after: str) -> Place | None:
    found = place(after) if after else None
    if after and found is None:
        raise Refused(Invalid("invalid_cursor"))
    return found


def _next(prefix: str, question: Question, last: Place, size: int, *, is_opened: bool) -> str:
    sought = question.sought
    asked = {
        "subject": sought.subject,
        "event": ",".join(sorted(sought.events)),
        "actor": question.actor,
        "client_id": question.client,
        "outcome": question.outcome.value if question.outcome else "",
        "since": _written(sought.since),
        "until": _written(sought.until),
        "personal": "true" if is_opened else "",
    }
    kept = {name: value for name, value in asked.items() if value}
    return f"{prefix}{_PATH}?{urlencode({**kept, 'after': cursor(last), 'limit': size})}"


def _instant(moment: datetime | None) -> Instant:
    """Return *moment* as an instant, the first one where it lies before; 0 for none."""
    return 0 if moment is None else max(1, (moment - _EPOCH) // timedelta(microseconds=1))


def _written(instant: Instant) -> str:
    return (_EPOCH + timedelta(microseconds=instant)).isoformat() if instant else ""
