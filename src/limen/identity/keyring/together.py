"""The keys that wrap subject keys: one for those who came together, derived once and kept while they are asked for.

A sign-in opens its journey twice, and others begin theirs in the same second; who was imported with a thousand others
signs in when they do.
"""

from typing import Final

from limen.identity.keyring.envelope import SealingKey, derived_key, made_together
from limen.kernel.mac import HmacSha256

_KIND: Final = 4
"""A prefix of three letters and an underscore: journeys come and go, and customers are not to push them out."""


class WrappingKeys:
    """Derives wrapping keys from one key, and keeps the latest of each kind of subject, as long as it lives itself."""

    __slots__ = ("_context", "_mac", "_most", "_number", "_shelves")

    def __init__(self, number: int, key: bytes, *context: str, most: int) -> None:
        """Derive from *key*, in *context*, keys of its *number*; keep so many of a kind at the *most*."""
        self._number, self._mac, self._context, self._most = number, HmacSha256(key), context, most
        self._shelves: dict[str, dict[tuple[str, str], SealingKey]] = {}

    def __repr__(self) -> str:
        """Show no key."""
        return f"WrappingKeys({self._number})"

    def of(self, tenant_id: str, subject_id: str) -> SealingKey:
        """Return the key for a tenant's subject, and for all who were made with it."""
        made = tenant_id, made_together(subject_id)
        shelf = self._shelves.setdefault(subject_id[:_KIND], {})
        found = shelf.get(made)
        if found is None:
            if len(shelf) >= self._most:
                del shelf[next(iter(shelf))]
            found = shelf[made] = SealingKey.load(self._number, derived_key(self._mac, *self._context, *made))
        return found
