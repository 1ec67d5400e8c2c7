"""HTTP Basic credentials that were right a moment ago, so that a busy client's are not taken apart at each request.

Kept are the SHA-256 of the header and the client as it stood: nothing of a secret. Looking one up by its hash tells
nobody by its timing how near a guess is. Whatever changes about the client makes another record of it, and then what
was kept counts no longer.
"""

from collections.abc import Mapping
from typing import Final, Generic, TypeVar

from limen.kernel.encoding import sha256

_MOST: Final = 1_024
"""Headers for each tenant and worker."""
_ANOTHER_METHOD: Final = frozenset({"client_secret", "client_assertion", "client_assertion_type"})

Loaded = TypeVar("Loaded")


class Remembered(Generic[Loaded]):
    """The headers of one tenant's clients, the oldest forgotten first."""

    __slots__ = ("_known", "_most")

    def __init__(self, most: int = _MOST) -> None:
        """Keep at most *most*."""
        self._known: dict[bytes, tuple[str, Loaded]] = {}
        self._most = most

    def find(self, authorization: str, form: Mapping[str, str]) -> tuple[str, Loaded] | None:
        """Return the ``client_id`` and the record of the client that *authorization* once proved.

        None where *form* shows another way of proving one, or another client: what is then right is not decided here.
        """
        known = self._known.get(_digest(authorization))
        if known is None or not _ANOTHER_METHOD.isdisjoint(form):
            return None
        return known if form.get("client_id", known[0]) == known[0] else None

    def keep(self, authorization: str, client_id: str, loaded: Loaded) -> None:
        """Remember that *authorization* proved the client of *loaded*."""
        if len(self._known) >= self._most:
            del self._known[next(iter(self._known))]
        self._known[_digest(authorization)] = (client_id, loaded)


def _digest(authorization: str) -> bytes:
    return sha256(authorization.encode("utf-8", "surrogatepass"))
