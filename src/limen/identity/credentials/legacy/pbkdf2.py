"""PBKDF2 (RFC 8018 §5.2) as Django, passlib, LDAP, Werkzeug, Auth0 and ASP.NET Core Identity write it.

Keycloak keeps its parts in JSON; the reader of its exports writes them in passlib's form.
"""

import hashlib
import re
import struct
from typing import Final

from limen.identity.credentials.legacy.records import (
    MOST_SALT_BYTES,
    Derive,
    OldHash,
    Scheme,
    Trouble,
    b64,
    number,
    unb64,
    unhex,
)

MOST_ITERATIONS: Final = 2_000_000
"""For all blocks of the digest together: OWASP recommends 600,000 of SHA-256, and 1,300,000 of SHA-1."""
_STRONG: Final = 10_000
_LONGEST_DIGEST: Final = 128
_PRF: Final = ("sha1", "sha256", "sha512")
_ASP: Final = "$aspnet$"
_DJANGO = re.compile(r"pbkdf2_(sha1|sha256|sha512)\$(\d+)\$([^$]*)\$([^$]+)")
_PASSLIB = re.compile(r"\$pbkdf2(?:-(sha1|sha256|sha512))?\$(\d+)\$([^$]*)\$([^$]+)")
_PHC = re.compile(r"\$pbkdf2-(sha1|sha256|sha512)\$i=(\d+)(?:,l=\d{1,3})?\$([^$]*)\$([^$]+)")
_LDAP = re.compile(r"\{PBKDF2(?:[-_](SHA1|SHA256|SHA512))?\}(\d+)\$([^$]*)\$([^$]+)")
_WERKZEUG = re.compile(r"pbkdf2:(sha1|sha256|sha512):(\d+)\$([^$]*)\$([0-9a-f]+)")
_ASP_HEAD = struct.Struct(">BIII")


def _read(text: str) -> OldHash | Trouble | None:
    for form in (_PASSLIB, _PHC, _LDAP):
        if (found := form.fullmatch(text)) is not None:
            prf, iterations, salt, digest = found.groups()
            return _made((prf or "sha1").lower(), iterations, unb64(salt), unb64(digest))
    if (found := _DJANGO.fullmatch(text)) is not None:
        return _made(found[1], found[2], found[3].encode(), unb64(found[4]))
    if (found := _WERKZEUG.fullmatch(text)) is not None:
        return _made(found[1], found[2], found[3].encode(), unhex(found[4]))
    if text.startswith(_ASP):
        return _asp(unb64(text.removeprefix(_ASP)) or b"")
    return Trouble.MALFORMED if text.startswith(("pbkdf2", "$pbkdf2", "{PBKDF2")) else None


def _asp(blob: bytes) -> OldHash | Trouble:
    """Read what ASP.NET Core Identity keeps: version 2 (0x00) is SHA-1 a thousand times, version 3 (0x01) says."""
    if len(blob) == 49 and blob[0] == 0:
        return _made("sha1", "1000", blob[1:17], blob[17:])
    if len(blob) < _ASP_HEAD.size or blob[0] != 1:
        return Trouble.MALFORMED
    _, prf, iterations, length = _ASP_HEAD.unpack_from(blob)
    end = _ASP_HEAD.size + length
    if prf >= len(_PRF) or end >= len(blob):
        return Trouble.MALFORMED
    return _made(_PRF[prf], str(iterations), blob[_ASP_HEAD.size : end], blob[end:])


def _made(prf: str, iterations: str, salt: bytes | None, digest: bytes | None) -> OldHash | Trouble:
    if not salt or not digest or len(salt) > MOST_SALT_BYTES or not 16 <= len(digest) <= _LONGEST_DIGEST:
        return Trouble.MALFORMED
    times = number(iterations) if len(iterations) < 10 else MOST_ITERATIONS + 1
    trouble = _bounds(prf, times, len(digest))
    if trouble is not None:
        return trouble
    return OldHash("pbkdf2", f"{prf}:{times}:{len(digest)}", b64(salt), digest)


def _bounds(prf: str, times: int, length: int) -> Trouble | None:
    if prf not in _PRF or times < 1 or not 1 <= length <= _LONGEST_DIGEST:
        return Trouble.MALFORMED
    blocks = -(-length // hashlib.new(prf).digest_size)
    return Trouble.TOO_COSTLY if times * blocks > MOST_ITERATIONS else None


def _derive(cost: str, salt: str) -> Derive | Trouble:
    parts, plain = cost.split(":"), unb64(salt)
    if len(parts) != 3 or plain is None:
        return Trouble.MALFORMED
    prf, times, length = parts[0], number(parts[1]), number(parts[2])
    return _bounds(prf, times, length) or (lambda raw: hashlib.pbkdf2_hmac(prf, raw, plain, times, length))


def _is_weak(cost: str) -> bool:
    return int(cost.split(":")[1]) < _STRONG


SCHEME = Scheme("pbkdf2", _read, _derive, _is_weak, decoy="AAAAAAAAAAAAAAAAAAAAAA")
