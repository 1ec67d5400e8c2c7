"""``limen audit query``."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from cyclopts import Parameter

from limen.app.cli.options import ConfigFile, settings_from
from limen.app.settings import Settings
from limen.kernel.errors import Misconfigured

if TYPE_CHECKING:  # loaded by the command itself
    from limen.identity.audit.reading import Line, Question

_PAGE: Final = 200
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Moment = Annotated[datetime | None, Parameter(help="Such as 2026-11-29T08:00:00; UTC unless it says otherwise.")]


def query(  # noqa: PLR0913 - an option for each that may be asked for
    *,
    tenant: Annotated[str, Parameter(name="--tenant", help="The tenant's slug.")] = "default",
    subject: Annotated[str, Parameter(help="Whose records, such as cus_….")] = "",
    event: Annotated[
        tuple[str, ...], Parameter(help="Which events; all but those of codes and tokens unless given.")
    ] = (),
    client: Annotated[str, Parameter(help="The client_id that it came through.")] = "",
    actor: Annotated[str, Parameter(help="Who did it, such as admin:cus_….")] = "",
    outcome: Annotated[Literal["", "success", "refused"], Parameter(help="Whether it was done.")] = "",
    since: Moment = None,
    until: Moment = None,
    limit: Annotated[int, Parameter(help="How many records at most.")] = 100,
    personal: Annotated[bool, Parameter(help="Open the personal parts, which is itself recorded.")] = False,
    config: ConfigFile = None,
) -> None:
    """Read a tenant's audit log, newest first: a line of JSON for each record."""
    from limen.identity.audit.reading import Question  # noqa: PLC0415
    from limen.identity.audit.store import Sought  # noqa: PLC0415
    from limen.kernel.events import Outcome  # noqa: PLC0415

    sought = Sought(subject, frozenset(event), _instant(since), _instant(until))
    question = Question(sought, actor, client, Outcome(outcome) if outcome else None)
    asyncio.run(_query(settings_from(config), tenant, question, max(1, limit), is_opened=personal))


async def _query(settings: Settings, slug: str, question: "Question", limit: int, *, is_opened: bool) -> None:
    from limen.app.basis import open_basis, tenant_named  # noqa: PLC0415
    from limen.identity.administrators import SYSTEM  # noqa: PLC0415
    from limen.identity.audit.reading import AuditReading  # noqa: PLC0415
    from limen.kernel.encoding import encode_json  # noqa: PLC0415
    from limen.kernel.errors import Refusal  # noqa: PLC0415

    async with open_basis(settings) as basis:
        found = await tenant_named(basis, slug)
        database = basis.storage.database
        use = AuditReading(found.id, database.begin, database.read, basis.keyring)
        last, left = None, limit
        while left:
            page = await use.page(question, limit=min(left, _PAGE), before=last)
            if isinstance(page, Refusal):
                raise Misconfigured(page.detail, "give --since and --until")
            lines, last = page
            if is_opened:
                lines = await use.opened(lines, SYSTEM)
            sys.stdout.write("".join(encode_json(_shown(line)).decode() + "\n" for line in lines))
            left -= len(lines)
            if last is None:
                return


def _shown(line: "Line") -> dict[str, Any]:
    record = line.record
    at = (_EPOCH + timedelta(microseconds=record.at)).isoformat()
    stand = {"at": at, "segment": str(record.segment_id), "seq": record.seq}
    said = {name: value for name, value in line.said.items() if name not in {"at", "segment", "seq", "tenant"}}
    return {**stand, **said, "personal_state": line.state.value, "personal": dict(line.personal)}


def _instant(moment: datetime | None) -> int:
    if moment is None:
        return 0
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(1, (aware - _EPOCH) // timedelta(microseconds=1))
