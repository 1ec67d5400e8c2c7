"""A copy of one's data under a passphrase of its owner's: a zip file encrypted with AES-256, as WinZip has it (AE-2).

The passphrase is used once, for the file that is being fetched, and kept nowhere. What a guesser needs for one try is
little, since the format derives its keys with 1,000 rounds of PBKDF2: so a passphrase is long, and not one that is
guessed early.
"""

import io
import zipfile
from typing import Final

from limen.identity.credentials.policy import PasswordPolicy
from limen.identity.credentials.pool import HashPool
from limen.kernel.errors import Invalid, Refusal

SHORTEST: Final = 20
LONGEST: Final = 128
FIELD: Final = "passphrase"
_POLICY: Final = PasswordPolicy(minimum=SHORTEST, minimum_with_mfa=SHORTEST, maximum=LONGEST, minimum_score=4)


async def refusal_of(passphrase: str, words: tuple[str, ...], pool: HashPool) -> Refusal | None:
    """Return why *passphrase* will not do for whom *words* describe: ``Invalid`` by field, or ``Unavailable``.

    Only what every keyboard and every program writes alike is taken: which bytes another sign has differs among those
    that read such files.
    """
    if not passphrase.isascii() or not passphrase.isprintable() or len(passphrase) > LONGEST:
        return Invalid("invalid_passphrase", fields={FIELD: "passphrase.signs"})
    if len(passphrase) < SHORTEST:
        return Invalid("invalid_passphrase", fields={FIELD: "passphrase.short"})
    verdict = await _POLICY.assess(pool, passphrase, words)
    if isinstance(verdict, Refusal):
        return verdict
    return None if verdict.acceptable else Invalid("invalid_passphrase", fields={FIELD: "passphrase.guessable"})


def locked(packed: bytes, passphrase: str) -> bytes:
    """Return the zip file *packed* with each file in it encrypted. On a thread: it takes a while where much is held."""
    import pyzipper  # noqa: PLC0415 - a second library of ciphers, for whoever asks for such a file

    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(packed)) as plain,
        pyzipper.AESZipFile(made, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as file,
    ):
        file.setpassword(passphrase.encode())
        for one in plain.infolist():
            file.writestr(pyzipper.zipfile_aes.AESZipInfo(one.filename, one.date_time), plain.read(one))
    return made.getvalue()
