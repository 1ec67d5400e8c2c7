"""Which tenants are under attack, as this process last saw it: what pages ask that are shown before anything is typed.

The truth is in the counters; this is a note of it, and no decision rests on it alone.
"""

from typing import Final

from limen.kernel.clock import MINUTE, Clock, Instant

_KEPT: Final = 2 * MINUTE


class Watch:
    """Notes of one process."""

    def __init__(self, clock: Clock) -> None:
        """Know of no attack."""
        self._clock = clock
        self._seen: dict[str, Instant] = {}

    def note(self, tenant_id: str, *, is_attack: bool) -> None:
        """Note how a tenant was found."""
        if is_attack:
            self._seen[tenant_id] = self._clock.now()
        else:
            self._seen.pop(tenant_id, None)

    def is_attacked(self, tenant_id: str) -> bool:
        """Tell whether an attack was seen in the last two minutes."""
        seen = self._seen.get(tenant_id)
        return seen is not None and self._clock.now() - seen < _KEPT
