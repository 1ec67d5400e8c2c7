"""Argon2 (RFC 9106) with others' parameters: i, d and id, of version 1.0 and 1.3, over bytes as they were typed."""

import re
from typing import Final

from argon2.low_level import Type, hash_secret_raw

from limen.identity.credentials.legacy.records import (
    MOST_SALT_BYTES,
    Derive,
    OldHash,
    Scheme,
    Trouble,
    b64,
    number,
    unb64,
)

MOST_MEMORY_KIB: Final = 256 * 1024
MOST_WORK: Final = 1 << 20
"""Memory in KiB times passes: about a second."""
_MOST_LANES: Final = 16
_STRONG: Final = 8 * 1024
_TYPES: Final = {"i": Type.I, "d": Type.D, "id": Type.ID}
_PHC = re.compile(
    r"(?:argon2|\{ARGON2\})?\$argon2(i|d|id)(?:\$v=(16|19))?\$m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9})\$([^$]+)\$([^$]+)"
)


def _read(text: str) -> OldHash | Trouble | None:
    found = _PHC.fullmatch(text)
    if found is None:
        return Trouble.MALFORMED if text.startswith(("$argon2", "argon2$", "{ARGON2}")) else None
    kind, version, memory, time, lanes, salt, digest = found.groups()
    plain, raw = unb64(salt), unb64(digest)
    if plain is None or raw is None or not 8 <= len(plain) <= MOST_SALT_BYTES or not 12 <= len(raw) <= 128:
        return Trouble.MALFORMED
    trouble = _bounds(int(memory), int(time), int(lanes))
    if trouble is not None:
        return trouble
    cost = f"{kind}:{version or 16}:{int(memory)}:{int(time)}:{int(lanes)}:{len(raw)}"
    return OldHash("argon2", cost, b64(plain), raw)


def _bounds(memory: int, time: int, lanes: int) -> Trouble | None:
    if time < 1 or lanes < 1 or memory < 8 * lanes:
        return Trouble.MALFORMED
    is_bounded = memory <= MOST_MEMORY_KIB and memory * time <= MOST_WORK and lanes <= _MOST_LANES
    return None if is_bounded else Trouble.TOO_COSTLY


def _derive(cost: str, salt: str) -> Derive | Trouble:
    kind, _, rest = cost.partition(":")
    parts, plain = [number(part) for part in rest.split(":")], unb64(salt)
    if kind not in _TYPES or len(parts) != 5 or parts[0] not in {16, 19} or plain is None or not 4 <= parts[4] <= 128:
        return Trouble.MALFORMED
    version, memory, time, lanes, length = parts
    return _bounds(memory, time, lanes) or (
        lambda raw: hash_secret_raw(raw, plain, time, memory, lanes, length, _TYPES[kind], version)
    )


def _is_weak(cost: str) -> bool:
    _, _, memory, time, _, _ = cost.split(":")
    return int(memory) * int(time) < _STRONG


SCHEME = Scheme("argon2", _read, _derive, _is_weak, decoy="AAAAAAAAAAAAAAAAAAAAAA")
