"""phpass's portable hashes, ``$P$`` (WordPress) and ``$H$`` (phpBB): MD5, two to the power of the third sign times.

They are computed in Python, which holds the interpreter lock: 2^13, what WordPress used, takes three milliseconds.
"""

import hashlib
import re
from typing import Final

from limen.identity.credentials.legacy.records import Derive, OldHash, Scheme, Trouble, number

_SIGNS: Final = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LEAST, MOST = 7, 16
_FORM = re.compile(r"\$[PH]\$([./0-9A-Za-z])([./0-9A-Za-z]{8})([./0-9A-Za-z]{22})")
_SALT: Final = 8


def _read(text: str) -> OldHash | Trouble | None:
    found = _FORM.fullmatch(text)
    if found is None:
        return Trouble.MALFORMED if text.startswith(("$P$", "$H$")) else None
    logarithm, digest = _SIGNS.index(found[1]), _decoded(found[3])
    if logarithm < LEAST or digest is None:
        return Trouble.MALFORMED
    if logarithm > MOST:
        return Trouble.TOO_COSTLY
    return OldHash("phpass", str(logarithm), found[2], digest)


def _decoded(text: str) -> bytes | None:
    """Return the 16 bytes that 22 signs spell, six bits each, the lowest first."""
    bits = sum(_SIGNS.index(sign) << 6 * place % 24 + 24 * (place // 4) for place, sign in enumerate(text))
    return bits.to_bytes(16, "little") if bits < 1 << 128 else None


def _derive(cost: str, salt: str) -> Derive | Trouble:
    logarithm = number(cost)
    if not LEAST <= logarithm <= MOST:
        return Trouble.TOO_COSTLY
    if len(salt) != _SALT or not salt.isascii():
        return Trouble.MALFORMED

    def derive(raw: bytes) -> bytes:
        digest = hashlib.md5(salt.encode() + raw, usedforsecurity=False).digest()
        for _ in range(1 << logarithm):
            digest = hashlib.md5(digest + raw, usedforsecurity=False).digest()
        return digest

    return derive


SCHEME = Scheme("phpass", _read, _derive, lambda _: True, decoy="." * _SALT)
