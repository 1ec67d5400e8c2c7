"""What a hash of another system is, and what a scheme is."""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

LONGEST: int = 2_048
"""Characters that the text of a hash may have."""
MOST_SALT_BYTES = 1_024
Derive = Callable[[bytes], bytes]
"""The bytes that were typed, to the digest. Slow, and without the interpreter lock where the library lets go of it."""


class Trouble(Enum):
    """Why a hash is not taken: a message key. No text, since a hash that is taken is one."""

    UNKNOWN = "password_hash.unknown"
    MALFORMED = "password_hash.malformed"
    TOO_COSTLY = "password_hash.too_costly"
    ABSENT_KEY = "password_hash.absent_key"


@dataclass(frozen=True, slots=True)
class OldHash:
    """A hash, taken apart.

    Attributes:
        scheme: a name in the table.
        cost: what decides how long it takes, in the scheme's own words, without a comma.
        salt: what else it takes beside the password, as text without a comma or a bar.
        digest: what comes out for the right password.
    """

    scheme: str
    cost: str
    salt: str = field(repr=False)
    digest: bytes = field(repr=False)


Read = Callable[[str], OldHash | Trouble | None]
"""The text of a hash, taken apart; why it is not taken; or None where it is of another scheme."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """A row of the table.

    Attributes:
        name: how kept hashes call it.
        read: takes apart the forms in which others write it.
        derive: (cost, salt) to what computes the digest; a :class:`Trouble` where they are beyond the bounds.
        is_weak: whether guessing is so cheap, at a cost that was read, that it must not be stored as it is.
        decoy: a salt by which it can be computed for nobody.
    """

    name: str
    read: Read
    derive: Callable[[str, str], Derive | Trouble]
    is_weak: Callable[[str], bool]
    decoy: str


def b64(data: bytes) -> str:
    """Return *data* as base64 without padding."""
    return b64encode(data).rstrip(b"=").decode("ascii")


def unb64(text: str) -> bytes | None:
    """Return what base64 *text* holds, in the ordinary alphabet or passlib's (``.`` for ``+``), padded or not."""
    plain = text.rstrip("=").replace(".", "+").replace("-", "+").replace("_", "/")
    try:
        return b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def unhex(text: str) -> bytes | None:
    """Return what hexadecimal *text* holds."""
    try:
        return bytes.fromhex(text) if text.isascii() and text.isalnum() else None
    except ValueError:
        return None


def number(text: str) -> int:
    """Return a decimal number of at most nine digits, or -1 for anything else."""
    return int(text) if 0 < len(text) < 10 and text.isascii() and text.isdecimal() else -1


def numbers(text: str, count: int) -> tuple[int, ...] | None:
    """Return *count* numbers that stand in *text* with colons between them; None for anything else."""
    found = tuple(number(part) for part in text.split(":"))
    return found if len(found) == count and min(found) >= 0 else None
