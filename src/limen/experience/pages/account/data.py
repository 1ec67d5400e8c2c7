"""The customer's data as a whole: a copy of it, and its end."""

from typing import Final

import msgspec

from limen.access.account import archive as archiving
from limen.access.account import locking
from limen.access.account.deletion import cancel
from limen.access.account.export import export
from limen.access.journeys.freshness import is_fresh
from limen.access.journeys.records import Task
from limen.access.journeys.steps.delete_account import DELETE
from limen.experience.pages.account.activity import NameOf
from limen.experience.pages.account.look import Again, Done, Look, Shown, Taken, Turn
from limen.experience.pages.account.owner import owner_of, parts_of
from limen.experience.pages.account.tasks import begin_task
from limen.experience.pages.answers import Header, file
from limen.kernel.errors import Refusal, Throttled, Unavailable

_NO_STORE: Final = ("cache-control", "no-store")
_ERRORS: Final = {
    "passphrase.signs": "error.passphrase_signs",
    "passphrase.short": "error.passphrase_short",
    "passphrase.guessable": "error.passphrase_guessable",
}
KEEP: Final = "keep_account"
ASK_ARCHIVE: Final = "ask_archive"
FETCH_ARCHIVE: Final = "fetch_archive"
DOWNLOAD: Final = "download_data"
"""A task that nothing is left to do for once who asks is proven: the page has the copy then, for ten minutes."""


async def show(look: Look) -> Shown:
    """Return whether a copy may be had at once, how long one may think again, and when the account goes."""
    request = await look.deletion()
    archive = await look.unit.archives.find(look.account.customer.id, look.now)
    fresh = is_fresh(look.account.session.evidence, await look.factors(), look.now)
    return {
        "may_download": fresh,
        "days": look.visit.desk.tenant.settings.account.deletion_days,
        "due_at": request.due_at if request is not None else None,
        "archive": {"ready": archive.ready_at is not None, "until": archive.expires_at} if archive else None,
        "passphrase_min": locking.SHORTEST,
        "archive_days": look.visit.desk.tenant.settings.account.export_days,
    }


async def ask_archive(turn: Turn) -> Taken:
    """Ask for a copy to keep; it is made in the background, and told by mail."""
    visit, parts = turn.visit, turn.visit.journey_parts
    days = visit.desk.tenant.settings.account.export_days
    async with visit.parts.begin(parts.tenant_id) as unit:
        unit.seal_with(turn.vault)
        await archiving.ask(unit, owner_of(turn), parts.clock.now(), days)
    return Done("notice.export_asked")


async def fetch_archive(turn: Turn) -> Taken:
    """Give the copy to whoever proved lately who they are; begin a journey that asks for that from anybody else.

    Where a passphrase is named the copy is encrypted with it on the way out.
    """
    visit, account, parts = turn.visit, turn.account, turn.visit.journey_parts
    async with visit.parts.read(parts.tenant_id) as unit:
        factors = await unit.factors.of_customer(account.customer.id)
        archive = await unit.archives.content(account.customer.id, parts.clock.now())
    if archive is None or archive.ready_at is None:
        return Done()
    if not is_fresh(account.session.evidence, factors, parts.clock.now()):
        return await begin_task(turn, Task(DOWNLOAD))
    body = archiving.opened(archive, turn.vault)
    passphrase = turn.form.get(locking.FIELD, "")
    if passphrase:
        judge = locking.Judge(parts.tenant_id, parts.limiter, parts.hasher.pool)
        refusal = await locking.refusal_of(passphrase, account.customer, judge)
        if refusal is not None:
            return _not_locked(refusal)
        body = await locking.locked(body, passphrase)
    async with visit.parts.begin(parts.tenant_id) as unit:
        unit.seal_with(turn.vault)
        unit.record(owner_of(turn).entry("export.downloaded"))
    return visit.dress(file(body, "application/zip", _kept_as("account.zip"), _NO_STORE))


def _not_locked(refusal: Refusal) -> Again:
    """Return the page anew; what was typed does not come back with it."""
    if isinstance(refusal, Throttled):
        return Again("data", {}, {"": "error.throttled"}, 429, refusal.retry_after)
    if isinstance(refusal, Unavailable):
        return Again("data", {}, {"": "error.busy"}, 503, refusal.retry_after)
    return Again("data", {}, {name: _ERRORS[code] for name, code in refusal.fields.items()})


async def download(turn: Turn) -> Taken:
    """Give the copy to whoever proved lately who they are; begin a journey that asks for that from anybody else."""
    visit, account = turn.visit, turn.account
    parts = parts_of(visit)
    async with visit.parts.read(parts.tenant_id) as unit:
        factors = await unit.factors.of_customer(account.customer.id)
    if not is_fresh(account.session.evidence, factors, parts.clock.now()):
        return await begin_task(turn, Task(DOWNLOAD))
    document = await export(parts, owner_of(turn), NameOf(visit))
    body = msgspec.json.format(msgspec.json.encode(document), indent=2)
    return visit.dress(file(body, "application/json", _kept_as("account.json"), _NO_STORE))


def _kept_as(name: str) -> Header:
    return "content-disposition", f'attachment; filename="{name}"'


async def delete(turn: Turn) -> Taken:
    """Begin the journey that asks for the account to be deleted."""
    return await begin_task(turn, Task(DELETE))


async def keep(turn: Turn) -> Taken:
    """Cancel the deletion."""
    parts = parts_of(turn.visit)
    async with parts.reading(parts.tenant_id) as unit:
        request = await unit.account.deletion(turn.account.customer.id)
    is_kept = request is not None and await cancel(parts, request, "customer", turn.visit.context)
    return Done("notice.deletion_cancelled" if is_kept else "")


TAKES = {ASK_ARCHIVE: ask_archive, FETCH_ARCHIVE: fetch_archive, DOWNLOAD: download, DELETE: delete}
