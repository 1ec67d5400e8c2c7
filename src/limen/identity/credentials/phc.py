"""A password hash as text: the PHC string format of Argon2id, ``$argon2id$v=19$m=19456,t=2,p=1$salt$digest``.

Read strictly and bounded before anything is computed: the text comes from a database, and its parameters decide how
much memory and time a check takes.
"""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, field

from limen.identity.credentials.settings import Argon2Parameters
from limen.kernel.errors import Corrupted, Misconfigured

SALT_BYTES = 16
DIGEST_BYTES = 32

_phc = re.compile(
    r"\$argon2id\$v=19\$m=([0-9]{1,9}),t=([0-9]{1,9}),p=([0-9]{1,9})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})"
)


@dataclass(frozen=True, slots=True)
class StoredHash:
    """An Argon2id hash and all that is needed to compute it again: salt 8 to 64 bytes, digest 16 to 64 bytes."""

    parameters: Argon2Parameters
    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "StoredHash":
        """Return the hash that *text* spells.

        Raises:
            Corrupted: *text* is no Argon2id hash, or asks for more than any server should spend.
        """
        match = _phc.fullmatch(text)
        if match is None:
            msg = "a stored password hash is not an Argon2id PHC string"
            raise Corrupted(msg)
        memory, time, parallelism, salt, digest = match.groups()
        try:
            parameters = Argon2Parameters(int(memory), int(time), int(parallelism))
            return cls(parameters, _decode(salt), _decode(digest))
        except (Misconfigured, ValueError) as error:
            msg = "a stored password hash has impossible parameters"
            raise Corrupted(msg) from error

    def text(self) -> str:
        """Return the PHC string."""
        cost = self.parameters
        head = f"$argon2id$v=19$m={cost.memory_kib},t={cost.time_cost},p={cost.parallelism}"
        return f"{head}${_encode(self.salt)}${_encode(self.digest)}"

    def is_as_costly_as(self, parameters: Argon2Parameters) -> bool:
        """Tell whether a hash made today with *parameters* would have the same shape."""
        shape = (len(self.salt), len(self.digest))
        return self.parameters == parameters and shape == (SALT_BYTES, DIGEST_BYTES)


def _encode(data: bytes) -> str:
    return b64encode(data).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    return b64decode(text + "=" * (-len(text) % 4), validate=True)
