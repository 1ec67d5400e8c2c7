"""scrypt (RFC 7914) as passlib, Django and Werkzeug write it."""

import hashlib
import re
from typing import Final

from limen.identity.credentials.legacy.records import (
    MOST_SALT_BYTES,
    Derive,
    OldHash,
    Scheme,
    Trouble,
    b64,
    number,
    numbers,
    unb64,
    unhex,
)

MOST_MEMORY: Final = 128 * 1024 * 1024
"""Bytes: N = 2^17 with r = 8, what OWASP recommends."""
MOST_WORK: Final = 1 << 21
"""N · r · p."""
_STRONG: Final = 1 << 15
_LONGEST_DIGEST: Final = 128
_PHC = re.compile(r"\$scrypt\$ln=(\d{1,2}),r=(\d{1,4}),p=(\d{1,4})\$([^$]*)\$([^$]+)")
_DJANGO = re.compile(r"scrypt\$([^$]*)\$(\d{1,9})\$(\d{1,4})\$(\d{1,4})\$([^$]+)")
_WERKZEUG = re.compile(r"scrypt:(\d{1,9}):(\d{1,4}):(\d{1,4})\$([^$]*)\$([0-9a-f]+)")


def _read(text: str) -> OldHash | Trouble | None:
    if (found := _PHC.fullmatch(text)) is not None:
        logarithm, r, p, salt, digest = found.groups()
        return _made(1 << int(logarithm), (int(r), int(p)), unb64(salt), unb64(digest))
    if (found := _DJANGO.fullmatch(text)) is not None:
        plain, n, r, p, digest = found.groups()
        return _made(int(n), (int(r), int(p)), plain.encode(), unb64(digest))
    if (found := _WERKZEUG.fullmatch(text)) is not None:
        n, r, p, plain, digest = found.groups()
        return _made(int(n), (int(r), int(p)), plain.encode(), unhex(digest))
    return Trouble.MALFORMED if text.startswith(("$scrypt$", "scrypt$", "scrypt:")) else None


def _made(n: int, factors: tuple[int, int], salt: bytes | None, digest: bytes | None) -> OldHash | Trouble:
    if not salt or not digest or len(salt) > MOST_SALT_BYTES or not 16 <= len(digest) <= _LONGEST_DIGEST:
        return Trouble.MALFORMED
    r, p = factors
    trouble = bounds(n, r, p)
    if trouble is not None:
        return trouble
    return OldHash("scrypt", f"{n}:{r}:{p}:{len(digest)}", b64(salt), digest)


def bounds(n: int, r: int, p: int) -> Trouble | None:
    """Return why scrypt is not computed with these parameters, or None."""
    if n < 2 or n & (n - 1) or r < 1 or p < 1:
        return Trouble.MALFORMED
    return Trouble.TOO_COSTLY if 128 * n * r > MOST_MEMORY or n * r * p > MOST_WORK else None


def compute(raw: bytes, salt: bytes, setting: tuple[int, int, int], length: int) -> bytes:
    """Return the digest under N, r and p, without the interpreter lock."""
    n, r, p = setting
    memory = 128 * r * (n + p + 2) + (1 << 20)
    return hashlib.scrypt(raw, salt=salt, n=n, r=r, p=p, maxmem=memory, dklen=length)


def _derive(cost: str, salt: str) -> Derive | Trouble:
    found, plain = numbers(cost, 4), unb64(salt)
    if found is None or plain is None or number(str(found[3])) > _LONGEST_DIGEST or found[3] < 1:
        return Trouble.MALFORMED
    n, r, p, length = found
    return bounds(n, r, p) or (lambda raw: compute(raw, plain, (n, r, p), length))


def _is_weak(cost: str) -> bool:
    n, r, p, _ = map(int, cost.split(":"))
    return n * r * p < _STRONG


SCHEME = Scheme("scrypt", _read, _derive, _is_weak, decoy="AAAAAAAAAAAAAAAAAAAAAA")
