"""A copy of one's data under a passphrase of its owner's: a zip file encrypted with AES-256, as WinZip has it (AE-2).

The passphrase is used once, for the file that is being fetched, and kept nowhere. What a guesser needs for one try is
little, since the format derives its keys with 1,000 rounds of PBKDF2: so a passphrase is long, and not one that is
guessed early.
"""

import asyncio
import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from limen.access.account import costs
from limen.identity.credentials.context import context_words
from limen.identity.credentials.policy import PasswordPolicy
from limen.identity.credentials.pool import HashPool
from limen.identity.customers.records import Customer
from limen.kernel.errors import Invalid, Refusal
from limen.kernel.ids import TenantId
from limen.trust.limits import RateLimiter

SHORTEST: Final = 20
LONGEST: Final = 128
FIELD: Final = "passphrase"
_POLICY: Final = PasswordPolicy(minimum=SHORTEST, minimum_with_mfa=SHORTEST, maximum=LONGEST, minimum_score=4)
_ONE: Final = ThreadPoolExecutor(1, "locking")
"""The thread that locks: one file at a time, so that many at once leave the other processor to who signs in."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Who judges one tenant's passphrases: on the threads of ``pool``, and so many as ``limiter`` lets."""

    tenant_id: TenantId
    limiter: RateLimiter
    pool: HashPool


async def refusal_of(passphrase: str, customer: Customer, judge: Judge) -> Refusal | None:
    """Return why *passphrase* will not do for *customer*: ``Invalid`` by field, ``Throttled``, or ``Unavailable``.

    Only what every keyboard and every program writes alike is taken: which bytes another sign has differs among those
    that read such files.
    """
    if not passphrase.isascii() or not passphrase.isprintable() or len(passphrase) > LONGEST:
        return Invalid("invalid_passphrase", fields={FIELD: "passphrase.signs"})
    if len(passphrase) < SHORTEST:
        return Invalid("invalid_passphrase", fields={FIELD: "passphrase.short"})
    limited = await costs.over(judge.limiter, judge.tenant_id, customer.id, costs.JUDGED)
    if limited is not None:
        return limited
    verdict = await _POLICY.assess(judge.pool, passphrase, context_words(*customer.profile.called))
    if isinstance(verdict, Refusal):
        return verdict
    return None if verdict.acceptable else Invalid("invalid_passphrase", fields={FIELD: "passphrase.guessable"})


async def locked(packed: bytes, passphrase: str) -> bytes:
    """Return the zip file *packed* with each file in it encrypted. On a thread: it takes a while where much is held."""
    return await asyncio.get_running_loop().run_in_executor(_ONE, _locked, packed, passphrase)


def _locked(packed: bytes, passphrase: str) -> bytes:
    import pyzipper  # noqa: PLC0415 - a second library of ciphers, for whoever asks for such a file

    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(packed)) as plain,
        pyzipper.AESZipFile(made, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as file,
    ):
        file.setpassword(passphrase.encode())
        for one in plain.infolist():
            named = pyzipper.zipfile_aes.AESZipInfo(one.filename, one.date_time)
            file.writestr(named, plain.read(one), compress_type=pyzipper.ZIP_DEFLATED)  # else it is only stored
    return made.getvalue()
