"""How far customers have been asked for what their profiles lack."""

from sqlalchemy import bindparam, update

from limen.identity.profiles.records import Progress
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId
from limen.storage.schema import profile_progress
from limen.storage.stores.base import TenantStoreBase, insert_new_mine, mine, select_mine, update_mine

_theirs = profile_progress.c.customer_id == bindparam("of")
_GET = select_mine(profile_progress, _theirs)
_BEGIN = insert_new_mine(profile_progress)
_COUNT = mine(
    update(profile_progress).where(_theirs).values(sign_ins=profile_progress.c.sign_ins + 1), profile_progress
)
_SKIP = update_mine(profile_progress, _theirs, sets=("skipped_at",))


class SqlProfiles(TenantStoreBase):
    """Implements :class:`limen.identity.profiles.store.ProfileStore`."""

    async def progress(self, customer_id: CustomerId) -> Progress:
        """Return how far a customer has been asked."""
        row = await self._one(_GET, of=customer_id)
        return Progress(row.sign_ins, row.skipped_at) if row is not None else Progress()

    async def count_sign_in(self, customer_id: CustomerId) -> None:
        """Count one sign-in."""
        await self._begin(customer_id)
        await self._run(_COUNT, of=customer_id)

    async def skipped(self, customer_id: CustomerId, now: Instant) -> None:
        """Keep when a question was skipped."""
        await self._begin(customer_id)
        await self._run(_SKIP, of=customer_id, skipped_at=now)

    async def _begin(self, customer_id: CustomerId) -> None:
        await self._run(_BEGIN, customer_id=customer_id, sign_ins=0, skipped_at=0)
