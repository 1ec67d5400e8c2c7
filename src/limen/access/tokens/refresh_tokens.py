"""The refresh token's own shape: a MAC that is checked before SQL, and a successor that can be derived again.

``rt_`` + base64url(family 26 ASCII ‖ generation 4 ‖ secret 16 ‖ mac 16)
"""

import hmac

import msgspec

from limen.kernel.encoding import b64url, from_b64url, sha256
from limen.kernel.entropy import Entropy
from limen.kernel.ids import FamilyId
from limen.kernel.mac import HmacSha256
from limen.kernel.masked import Masked

_PREFIX = "rt_"
_SIZE = 26 + 4 + 16 + 16


def refresh_life(usual: int, wished: int) -> int:
    """Return for how many seconds a client's refresh tokens live: its own wish, never more than the tenant's."""
    return min(usual, wished) if wished else usual


class PresentedToken(Masked, msgspec.Struct, frozen=True, gc=False):
    """A refresh token whose MAC is right: this tenant made it, at some time, for this family."""

    family_id: FamilyId
    generation: int
    hash: bytes
    secret: bytes

    def __repr__(self) -> str:
        """Name the family and the generation; the rest is secret."""
        return f"PresentedToken({self.family_id}, {self.generation})"


class RefreshTokens:
    """Makes and reads the refresh tokens of one tenant."""

    def __init__(self, key: bytes) -> None:
        """Use *key*, 32 bytes: the tenant's sub-key for this purpose."""
        derive = HmacSha256(key).digest
        self._macs, self._ratchet = HmacSha256(derive(b"mac")), HmacSha256(derive(b"ratchet"))

    def first(self, family_id: FamilyId, entropy: Entropy) -> tuple[str, bytes]:
        """Return the first token of a family, and its SHA-256."""
        return self._make(family_id, 0, entropy.bytes(16))

    def successor(self, token: PresentedToken) -> tuple[str, bytes]:
        """Return the one token that may follow *token*, and its SHA-256; asked again, it is the same."""
        secret = self._ratchet.digest(token.hash + token.secret)[:16]
        return self._make(token.family_id, token.generation + 1, secret)

    def read(self, token: str) -> PresentedToken | None:
        """Return what *token* says, or None if this tenant never made it."""
        if not token.startswith(_PREFIX) or len(token) > 2 * _SIZE:
            return None
        try:
            data = from_b64url(token[len(_PREFIX) :])
        except ValueError:
            return None
        if len(data) != _SIZE or not hmac.compare_digest(self._mac(data[:-16]), data[-16:]):
            return None
        family_id = FamilyId(f"{FamilyId.prefix}_{data[:26].decode('ascii')}")
        return PresentedToken(family_id, int.from_bytes(data[26:30], "big"), sha256(data), data[30:46])

    def _make(self, family_id: FamilyId, generation: int, secret: bytes) -> tuple[str, bytes]:
        head = family_id.partition("_")[2].encode() + generation.to_bytes(4, "big") + secret
        data = head + self._mac(head)
        return _PREFIX + b64url(data), sha256(data)

    def _mac(self, head: bytes) -> bytes:
        return self._macs.digest(head)[:16]
