"""The code that a person types: short enough for a remote control, long enough not to be guessed (RFC 8628 §6.1).

Eight letters of twenty: 25.6 thousand million codes. No vowels, so that no word comes out; no letters that look alike.
It is stored as a blind index under the tenant's key.
"""

import re
import unicodedata
from typing import Final, NamedTuple

from limen.access.tokens.desk import Desk
from limen.kernel.entropy import Entropy
from limen.trust.limits import Limit

ALPHABET: Final = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH: Final = 8
_GROUP: Final = 4
_NO_LETTER: Final = re.compile(r"[^A-Z]")
_LONGEST: Final = 64


class CodeTries(NamedTuple):
    """How many codes may be typed, right or wrong (RFC 8628 §5.1).

    With a thousand codes waiting, six thousand guesses in ten minutes from as many addresses hit one with a chance of
    1 in 4,000; within the two other limits nobody hits one.
    """

    per_address: Limit = Limit(20, 600, "user-code-address")
    per_browser: Limit = Limit(20, 600, "user-code-browser")
    per_tenant: Limit = Limit(6_000, 600, "user-code-tenant")


def new_user_code(entropy: Entropy) -> str:
    """Return a fresh code, as it is shown: ``WDJB-MJHT``."""
    drawn = int.from_bytes(entropy.bytes(16), "big")  # 128 bits for 34.6: no letter is likelier by more than 1 in 2⁹³
    letters = []
    for _ in range(LENGTH):
        drawn, letter = divmod(drawn, len(ALPHABET))
        letters.append(ALPHABET[letter])
    return grouped("".join(letters))


def grouped(code: str) -> str:
    """Return the letters of *code* in groups."""
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def read_user_code(typed: str) -> str | None:
    """Return the letters of a code however it was typed; None for what cannot be one."""
    upper = unicodedata.normalize("NFKC", typed[:_LONGEST]).upper()
    letters = _NO_LETTER.sub("", upper)
    return letters if len(letters) == LENGTH and not letters.strip(ALPHABET) else None


def user_hash(desk: Desk, code: str) -> bytes:
    """Return the blind index of a code's letters."""
    return desk.vault.blind("user-code", code.replace("-", ""))
