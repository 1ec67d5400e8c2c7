"""Firebase's scrypt: the derived key encrypts the project's signer key (AES-256-CTR), and that is the hash.

As the project's console shows the parameters, and ``github.com/firebase/scrypt`` computes them. The form is ours, since
an export has them apart: ``$firebase-scrypt$ROUNDS:MEM_COST$SIGNER_KEY$SALT_SEPARATOR$SALT$HASH``, all in base64.
"""

from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from limen.identity.credentials.legacy.records import (
    MOST_SALT_BYTES,
    Derive,
    OldHash,
    Scheme,
    Trouble,
    b64,
    numbers,
    unb64,
)
from limen.identity.credentials.legacy.scrypt import bounds, compute

_PREFIX: Final = "$firebase-scrypt$"
_KEY_BYTES: Final = 32
_MOST_MEM_COST: Final = 20
_STRONG: Final = 1 << 15


def form(setting: tuple[int, int], signer_key: str, separator: str, salt: str, digest: str) -> str:
    """Return the text of a hash; *setting* is rounds and memory cost, the rest base64 as an export has it."""
    rounds, mem_cost = setting
    return f"{_PREFIX}{rounds}:{mem_cost}${signer_key}${separator}${salt}${digest}"


def _read(text: str) -> OldHash | Trouble | None:
    if not text.startswith(_PREFIX):
        return None
    parts = text.removeprefix(_PREFIX).split("$")
    if len(parts) != 5:
        return Trouble.MALFORMED
    setting = numbers(parts[0], 2)
    signer, separator, salt, digest = map(unb64, parts[1:])
    if setting is None or not signer or separator is None or salt is None or digest is None:
        return Trouble.MALFORMED
    trouble = _bounds(*setting)
    if trouble is not None:
        return trouble
    if len(digest) != len(signer) or max(map(len, (signer, separator, salt))) > MOST_SALT_BYTES:
        return Trouble.MALFORMED
    rounds, mem_cost = setting
    salts = ":".join(map(b64, (signer, separator, salt)))
    return OldHash("firebase", f"{rounds}:{mem_cost}", salts, digest)


def _bounds(rounds: int, mem_cost: int) -> Trouble | None:
    return Trouble.TOO_COSTLY if mem_cost > _MOST_MEM_COST else bounds(1 << mem_cost, rounds, 1)


def _derive(cost: str, salt: str) -> Derive | Trouble:
    setting, parts = numbers(cost, 2), [unb64(part) for part in salt.split(":")]
    if setting is None or len(parts) != 3 or any(part is None for part in parts):
        return Trouble.MALFORMED
    signer, separator, own = (part or b"" for part in parts)
    rounds, mem_cost = setting

    def derive(raw: bytes) -> bytes:
        key = compute(raw, own + separator, (1 << mem_cost, rounds, 1), _KEY_BYTES)
        return Cipher(AES(key), CTR(bytes(16))).encryptor().update(signer)

    return _bounds(rounds, mem_cost) or derive


def _is_weak(cost: str) -> bool:
    rounds, mem_cost = map(int, cost.split(":"))
    return rounds << mem_cost < _STRONG


SCHEME = Scheme("firebase", _read, _derive, _is_weak, decoy="AAAAAAAAAAAAAAAAAAAAAA:Bw:AAAAAAAAAAA")
