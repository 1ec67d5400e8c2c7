"""The table of schemes, and the form in which a hash of another system is kept.

``{bcrypt}plain:2b:12,SALT|DIGEST``: the scheme, what it costs, its salt, and the digest in base64; or, over a weak
scheme, an Argon2id PHC string in the digest's place, whose secret is the digest.
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from limen.identity.credentials.legacy import argon2, bcrypt, digests, firebase, pbkdf2, phpass, scrypt
from limen.identity.credentials.legacy.records import LONGEST, Derive, OldHash, Scheme, Trouble, b64, unb64
from limen.identity.credentials.phc import StoredHash
from limen.kernel.errors import Corrupted

SCHEMES: Final[Mapping[str, Scheme]] = {
    module.SCHEME.name: module.SCHEME for module in (bcrypt, scrypt, firebase, pbkdf2, argon2, phpass, digests)
}
"""The order in which they are asked whether a text is theirs: bare hexadecimal last."""
OURS: Final = "{limen}"
"""Before a hash that Limen made itself, over a prepared password, where it leaves by an export."""
Wrapper = Callable[[bytes, StoredHash], bytes]
"""(an old digest, the hash over it) to that hash computed again."""


def is_kept(text: str) -> bool:
    """Tell whether a stored password is a hash of another system."""
    return text.startswith("{")


@dataclass(frozen=True, slots=True)
class KeptHash:
    """A hash of another system as it is stored: as it was, or *wrapped* in Argon2id."""

    scheme: Scheme
    cost: str
    salt: str = field(repr=False)
    digest: bytes = field(repr=False)
    wrapped: StoredHash | None = None

    @classmethod
    def of(cls, old: OldHash, wrapped: StoredHash | None = None) -> "KeptHash":
        """Return *old* as it is kept."""
        return cls(SCHEMES[old.scheme], old.cost, old.salt, b"" if wrapped else old.digest, wrapped)

    @classmethod
    def parse(cls, text: str) -> "KeptHash":
        """Return the hash that *text* spells.

        Raises:
            Corrupted: it spells none, or asks for more than any server should spend.
        """
        kept = _parsed(text)
        if isinstance(kept, Trouble):
            msg = "a stored password hash of another system is broken"
            raise Corrupted(msg)
        return kept

    @property
    def label(self) -> str:
        """Return what decides how long a check takes; it tells nothing of a person."""
        return f"{self.scheme.name}:{self.cost}{'+' if self.wrapped else ''}"

    def text(self) -> str:
        """Return it as it is stored."""
        digest = self.wrapped.text() if self.wrapped else b64(self.digest)
        return f"{{{self.scheme.name}}}{self.cost},{self.salt}|{digest}"

    def matches(self, raw: bytes, wrapper: Wrapper) -> bool:
        """Tell whether *raw* is the password: slow, for a hash thread."""
        derive = self.scheme.derive(self.cost, self.salt)
        if isinstance(derive, Trouble):
            return False
        digest = derive(raw)
        if self.wrapped is None:
            return hmac.compare_digest(digest, self.digest)
        return hmac.compare_digest(wrapper(digest, self.wrapped), self.wrapped.digest)


def read(text: str) -> str | OldHash | Trouble:
    """Return the hash that a *text* of another system is.

    Returns:
        As it is stored, where nothing is left to do: it is strong, or was kept or made by Limen before; else a weak one
        taken apart, which is stored only wrapped; else why it is not taken.
    """
    if len(text) > LONGEST or not text.isascii():
        return Trouble.MALFORMED
    if text.startswith(OURS):
        return _own(text.removeprefix(OURS))
    if text.startswith("{") and text[1 : text.find("}")] in SCHEMES:
        kept = _parsed(text)
        if isinstance(kept, Trouble):
            return kept
        is_naked = kept.wrapped is None and kept.scheme.is_weak(kept.cost)
        return OldHash(kept.scheme.name, kept.cost, kept.salt, kept.digest) if is_naked else text
    for scheme in SCHEMES.values():
        old = scheme.read(text)
        if isinstance(old, Trouble):
            return old
        if old is not None:
            return old if scheme.is_weak(old.cost) else KeptHash.of(old).text()
    return Trouble.UNKNOWN


def label_of(text: str) -> str:
    """Return the label of a stored password: empty where Limen made the hash."""
    if not is_kept(text):
        return ""
    name, _, rest = text[1:].partition("}")
    return f"{name}:{rest.partition(',')[0]}{'+' if '|$' in rest else ''}"


def decoy(label: str) -> Derive | None:
    """Return what takes as long as a check under *label*, less the wrapping; None where there is no such scheme."""
    name, _, cost = label.rstrip("+").partition(":")
    scheme = SCHEMES.get(name)
    derive = scheme.derive(cost, scheme.decoy) if scheme is not None else None
    return None if isinstance(derive, Trouble) else derive


def _own(text: str) -> str | Trouble:
    try:
        StoredHash.parse(text)
    except Corrupted:
        return Trouble.MALFORMED
    return text


def _parsed(text: str) -> KeptHash | Trouble:
    name, closed, rest = text.removeprefix("{").partition("}")
    setting, barred, digest = rest.partition("|")
    cost, split, salt = setting.partition(",")
    scheme = SCHEMES.get(name)
    if scheme is None or not (closed and barred and split and digest):
        return Trouble.MALFORMED
    derive = scheme.derive(cost, salt)
    if isinstance(derive, Trouble):
        return derive
    if digest.startswith("$"):
        try:
            return KeptHash(scheme, cost, salt, b"", StoredHash.parse(digest))
        except Corrupted:
            return Trouble.MALFORMED
    plain = unb64(digest)
    return KeptHash(scheme, cost, salt, plain) if plain else Trouble.MALFORMED
