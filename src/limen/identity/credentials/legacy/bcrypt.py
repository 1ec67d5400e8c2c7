"""bcrypt (Provos and Mazières, 1999): ``$2a$``, ``$2b$``, ``$2y$``; Django's over SHA-256; LDAP's ``{CRYPT}``.

It reads 72 bytes and no more. Libraries used to cut longer passwords silently, so that is what a check of an old hash
does; Limen's own hashes read all of them. ``$2x$`` marks hashes of a broken implementation and is not taken.
"""

import re
from hashlib import sha256
from typing import Final

import bcrypt

from limen.identity.credentials.legacy.records import Derive, OldHash, Scheme, Trouble

LEAST, MOST = 4, 14
"""Bounds of the cost: 14 takes more than a second."""
_STRONG: Final = 10
_READS: Final = 72
_SALT: Final = 22
_FORM: Final = re.compile(
    r"(?:\{(?:CRYPT|BCRYPT)\}|bcrypt\$)?(?P<over>bcrypt_sha256\$)?\$(?P<kind>2[aby])\$(?P<cost>[0-9]{2})"
    r"\$(?P<salt>[./A-Za-z0-9]{22})(?P<digest>[./A-Za-z0-9]{31})"
)


def _read(text: str) -> OldHash | Trouble | None:
    found = _FORM.fullmatch(text)
    if found is None:
        return Trouble.MALFORMED if text.startswith(("$2a$", "$2b$", "$2y$", "bcrypt")) else None
    cost = int(found["cost"])
    if cost > MOST:
        return Trouble.TOO_COSTLY
    if cost < LEAST:
        return Trouble.MALFORMED
    over = "sha256" if found["over"] else "plain"
    return OldHash("bcrypt", f"{over}:{found['kind']}:{cost}", found["salt"], found["digest"].encode())


def _derive(cost: str, salt: str) -> Derive | Trouble:
    over, _, rest = cost.partition(":")
    kind, _, rounds = rest.partition(":")
    if (
        over not in {"plain", "sha256"}
        or kind not in {"2a", "2b", "2y"}
        or len(salt) != _SALT
        or not rounds.isdecimal()
    ):
        return Trouble.MALFORMED
    if not LEAST <= int(rounds) <= MOST:
        return Trouble.TOO_COSTLY
    setting = f"${kind}${int(rounds):02}${salt}".encode()

    def derive(raw: bytes) -> bytes:
        secret = sha256(raw).hexdigest().encode() if over == "sha256" else raw
        return bcrypt.hashpw(secret[:_READS], setting)[len(setting) :]

    return derive


def _is_weak(cost: str) -> bool:
    return int(cost.rpartition(":")[2]) < _STRONG


SCHEME = Scheme("bcrypt", _read, _derive, _is_weak, decoy="." * _SALT)
