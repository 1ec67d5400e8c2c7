"""Argon2id (RFC 9106) on the hash pool: one hash for every question, whoever asks and whatever is stored."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from limen.identity.credentials.legacy.records import OldHash
from limen.identity.credentials.legacy.table import KeptHash, decoy, is_kept
from limen.identity.credentials.phc import DIGEST_BYTES, SALT_BYTES, StoredHash
from limen.identity.credentials.pool import HashPool
from limen.identity.credentials.room import digest
from limen.identity.credentials.settings import Argon2Parameters
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Unavailable

Argon2 = Callable[[bytes, bytes, Argon2Parameters, int], bytes]
"""(secret, salt, parameters, digest length) → digest. Must release the interpreter lock, or one thread is all there
is."""


def argon2id(secret: bytes, salt: bytes, parameters: Argon2Parameters, length: int) -> bytes:
    """Return the raw Argon2id digest of *secret*, *length* bytes; the C library works without the interpreter lock."""
    return digest(secret, salt, (parameters.time_cost, parameters.memory_kib, parameters.parallelism), length)


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a password matched, and whether its stored hash should be replaced by one with today's parameters."""

    matches: bool
    needs_rehash: bool


class PasswordHasher:
    """Makes and checks password hashes. ``prepared`` is always what ``prepare`` returned."""

    def __init__(
        self, parameters: Argon2Parameters, pool: HashPool, entropy: Entropy, argon2: Argon2 = argon2id
    ) -> None:
        """Hash with *parameters* on *pool*; *argon2* is replaced only in tests."""
        self._parameters = parameters
        self._entropy = entropy
        self._argon2 = argon2
        self._decoy = StoredHash(parameters, salt=bytes(SALT_BYTES), digest=bytes(DIGEST_BYTES))
        self.pool = pool

    async def hash(self, prepared: bytes) -> str | Unavailable:
        """Return the PHC string of *prepared* under a fresh salt, or ``busy``."""
        salt = self._entropy.bytes(SALT_BYTES)
        work = partial(self._argon2, prepared, salt, self._parameters, DIGEST_BYTES)
        digest = await self.pool.run(work, is_usual=True)
        return digest if isinstance(digest, Unavailable) else StoredHash(self._parameters, salt, digest).text()

    async def keep(self, old: OldHash) -> str | Unavailable:
        """Return a weak hash of another system as it is stored: under Argon2id with a fresh salt; or ``busy``."""
        digest = await self.hash(old.digest)
        return digest if isinstance(digest, Unavailable) else KeptHash.of(old, StoredHash.parse(digest)).text()

    async def seconds(self, label: str) -> float | Unavailable:
        """Return how long a check of a hash with this *label* takes here, by doing one for nobody."""
        derive = decoy(label)

        def measure() -> float:
            began = self.pool.clock.monotonic()
            if derive is not None:
                derive(b"-" * 16)
            self._argon2(b"", self._decoy.salt, self._parameters, DIGEST_BYTES)  # the wrapping, or the upgrade
            return self.pool.clock.monotonic() - began

        return await self.pool.run(measure)

    async def verify(self, stored: str | None, prepared: bytes, raw: bytes | None = None) -> Verification | Unavailable:
        """Compare *prepared* with the PHC string *stored*, or refuse with ``busy``.

        Without a stored hash the work is the same, against a decoy with today's parameters, and never matches: an
        unknown customer costs what a known one does. A hash that another system made is compared with *raw*, the bytes
        as they were typed, and is always due to be replaced.

        Raises:
            Corrupted: *stored* is no hash, or its parameters are absurd; nothing was computed.
        """
        if stored is not None and is_kept(stored):
            return await self._verify_kept(KeptHash.parse(stored), prepared if raw is None else raw)
        target = self._decoy if stored is None else StoredHash.parse(stored)
        work = partial(self._argon2, prepared, target.salt, target.parameters, len(target.digest))
        digest = await self.pool.run(work, is_usual=target.parameters == self._parameters)
        if isinstance(digest, Unavailable):
            return digest
        matches = hmac.compare_digest(digest, target.digest) and stored is not None
        return Verification(matches, needs_rehash=matches and not target.is_as_costly_as(self._parameters))

    async def _verify_kept(self, kept: KeptHash, raw: bytes) -> Verification | Unavailable:
        matches = await self.pool.run(lambda: kept.matches(raw, self._again))
        return matches if isinstance(matches, Unavailable) else Verification(matches, needs_rehash=matches)

    def _again(self, secret: bytes, target: StoredHash) -> bytes:
        return self._argon2(secret, target.salt, target.parameters, len(target.digest))
