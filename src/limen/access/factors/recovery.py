"""Recovery codes: ten look-up secrets, shown once, of which only keyed hashes are kept (SP 800-63B-4 §3.1.2)."""

import hmac
import unicodedata
from typing import Final

from limen.access.factors.records import FactorKind, StoredFactor
from limen.kernel.clock import Clock
from limen.kernel.encoding import framed
from limen.kernel.entropy import Entropy
from limen.kernel.ids import CustomerId, FactorId

CODES: Final = 10
LENGTH: Final = 10
ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Thirty-one marks, none of which is taken for another; ten of them are 49 bits."""
PURPOSE: Final = "recovery-codes"
"""The purpose of the tenant's sub-key by which codes are hashed."""
_FAIR: Final = 256 - 256 % len(ALPHABET)
_LONGEST_TYPED: Final = 64


def new_codes(entropy: Entropy) -> tuple[str, ...]:
    """Return ten fresh codes."""
    return tuple(_code(entropy) for _ in range(CODES))


def _code(entropy: Entropy) -> str:
    marks: list[str] = []
    while len(marks) < LENGTH:
        marks += [ALPHABET[byte % len(ALPHABET)] for byte in entropy.bytes(LENGTH) if byte < _FAIR]
    return "".join(marks[:LENGTH])


def read_code(typed: str) -> str | None:
    """Return a code as it was made, however it was typed: with blanks, hyphens, capitals; None if it is none."""
    plain = unicodedata.normalize("NFKC", typed[:_LONGEST_TYPED]).lower()
    code = "".join(mark for mark in plain if mark.isalnum())
    return code if len(code) == LENGTH and not code.strip(ALPHABET) else None


def grouped(code: str) -> str:
    """Return a code as it is shown: in two halves."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def digest(key: bytes, customer_id: CustomerId, code: str) -> bytes:
    """Return what is stored of a customer's code; without *key* no list of guesses can be compared with it."""
    return hmac.digest(key, framed(customer_id, code), "sha256")


def stored_codes(
    key: bytes, customer_id: CustomerId, codes: tuple[str, ...], clock: Clock, entropy: Entropy
) -> tuple[StoredFactor, ...]:
    """Return *codes* as they are stored."""
    now = clock.now()
    return tuple(
        StoredFactor(
            id=FactorId.new(clock, entropy),
            customer_id=customer_id,
            kind=FactorKind.RECOVERY,
            sealed=b"",
            digest=digest(key, customer_id, code),
            created_at=now,
        )
        for code in codes
    )
