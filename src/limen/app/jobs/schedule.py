"""What is done when: one readable list."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from limen.app.basis import Basis
from limen.app.jobs.checkpoints import Basics, Checkpoints
from limen.app.jobs.consents import ConsentChains, LedgerSigners, tell_endings
from limen.app.jobs.deletion import carry_out_deletions
from limen.app.jobs.guessed import tell_guessed
from limen.app.jobs.inactivity import watch_inactivity
from limen.app.jobs.privacy import watch_deadlines
from limen.app.jobs.recovery import advance_recoveries
from limen.app.jobs.retention import keep_audit_logs
from limen.app.jobs.rotation import go_on
from limen.app.jobs.runner import Job
from limen.app.jobs.search import Following
from limen.app.jobs.upkeep import destroy_epochs, keep_keyring, rotate_all, rotate_tenant_keys, sweep, sweep_orphans
from limen.kernel.ids import TenantId


@dataclass(frozen=True, slots=True)
class JobParts:
    """What the jobs work on.

    Attributes:
        served: hands over the tenants served since it was last asked.
        on_lost: is told each time an audit log is found with less in it than was signed.
        on_overdue: is told how many privacy requests are late.
        on_unindexed: is told how many customers search indexes still have to walk.
        on_inactive: is told what became of accounts to which nobody signs in, and of how many.
        on_ended: is told how many consents ran out, and how many a new version ended.
        stream: delivers what waits of the audit logs.
    """

    basis: Basis
    served: Callable[[], set[TenantId]]
    on_lost: Callable[[], None] = lambda: None
    on_overdue: Callable[[int], object] = lambda _: None
    on_unindexed: Callable[[int], None] = lambda _left: None
    stream: Callable[[], Awaitable[object]] | None = None
    on_inactive: Callable[[str, int], object] = lambda _what, _many: None
    on_ended: Callable[[str, int], object] = lambda _event, _many: None


def timetable(parts: JobParts) -> Sequence[Job]:
    """Return every job, the most frequent first; seconds between runs, then seconds from the start to the first."""
    basis = parts.basis
    checkpoints = Checkpoints(basis.storage, basis.keyring, basis.clock, parts.served, parts.on_lost)
    consents = ConsentChains(basis.storage, LedgerSigners(Basics(basis.storage, basis.keyring, basis.clock)))
    stream = (Job("audit-stream", parts.stream, 1, 2, is_leased=False),) if parts.stream is not None else ()
    following = Following(basis, parts.on_unindexed)
    return (
        *stream,
        Job("checkpoints", checkpoints.run, 1, 1, is_leased=False),
        Job("consent-chains", consents.run, 1, 1, is_leased=False),
        Job("checkpoints-of-all", checkpoints.run_all, 60, 20),
        Job("consent-chains-of-all", consents.run_all, 60, 25),
        Job("search-indexes", following.indexes, 15, 10),
        Job("profile-schemas", following.schemas, 30, 15),
        Job("ended-consents", partial(tell_endings, basis, parts.on_ended), 60, 35),
        Job("guessed-passwords", partial(tell_guessed, basis), 60, 50),
        Job("recoveries", partial(advance_recoveries, basis), 300, 45),
        Job("privacy-deadlines", partial(watch_deadlines, basis, parts.on_overdue), 3_600, 75),
        Job("sweep", partial(sweep, basis), 300, 60),
        Job("deletions", partial(carry_out_deletions, basis), 300, 75),
        Job("inactive-accounts", partial(watch_inactivity, basis, parts.on_inactive), 21_600, 180),
        Job("change-feed", basis.storage.feed.prune, 900, 120),
        Job("signing-keys", partial(rotate_all, basis), 900, 30),
        Job("keyring", partial(keep_keyring, basis), 3_600, 90),
        Job("tenant-keys", partial(rotate_tenant_keys, basis), 86_400, 900),
        Job("key-rotations", partial(go_on, basis), 30, 15, is_leased=False),
        Job("audit-retention", partial(keep_audit_logs, basis), 86_400, 1_200),
        Job("orphaned-keys", partial(sweep_orphans, basis), 86_400, 600),
        Job("risk-epochs", partial(destroy_epochs, basis), 86_400, 660),
    )
