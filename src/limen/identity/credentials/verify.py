"""Check a presented password: every "no" costs exactly one hash, whatever its reason."""

from dataclasses import dataclass, field

from limen.identity.credentials.hashing import PasswordHasher
from limen.identity.credentials.legacy.table import is_kept
from limen.identity.credentials.prepare import prepare_aside, raw_bytes
from limen.identity.credentials.records import (
    MAX_CONSECUTIVE_FAILURES,
    StoredPassword,
    Unsealer,
    unseal_password,
)
from limen.identity.credentials.store import PasswordStore
from limen.kernel.errors import Refusal, Unavailable
from limen.kernel.ids import CustomerId


@dataclass(frozen=True, slots=True)
class PasswordCheck:
    """What a check found.

    Attributes:
        matches: the password is right and counts.
        rehash: the same password under today's parameters as PHC text, to be sealed and stored with
            ``PasswordStore.replace_hash``; None if the stored one will do.
        locked: the password is disabled at this device. For the journey and the audit log; a page that shows it before
            another factor has spoken tells strangers that the account exists.
        busy: nothing was checked, and it counts as no failure.
    """

    matches: bool = False
    rehash: str | None = field(default=None, repr=False)
    locked: bool = False
    busy: Unavailable | None = None


async def check_password(
    hasher: PasswordHasher,
    stored: StoredPassword | None,
    vault: Unsealer | None,
    presented: str,
    *,
    is_known: bool = False,
) -> PasswordCheck:
    """Compare *presented*, as it was typed, with *stored*, which *vault* can unseal.

    *is_known* says that the customer has used this device: what strangers disabled counts there.

    An unknown customer, one without a password or without a key, a disabled password, text that cannot be a password
    and a wrong password each cost exactly one hash. A disabled password never matches, even when it is right. A right
    one whose parameters are out of date, or whose hash another system made, costs a second hash, unless the pool is
    busy. What another system took for a password and Limen would not keeps its old hash.

    Raises:
        Corrupted: the stored hash is broken.
    """
    credential = unseal_password(vault, stored) if stored is not None and vault is not None else None
    locked = credential is not None and stored is not None and not stored.counts(is_known=is_known)
    prepared = await prepare_aside(presented, hasher.pool)
    if isinstance(prepared, Unavailable):
        return PasswordCheck(locked=locked, busy=prepared)
    target = credential.hash if credential is not None else None
    raw = raw_bytes(presented)
    if isinstance(prepared, Refusal) and not (target is not None and is_kept(target) and raw):
        target = None  # only other systems took what can be no password here
    verification = await hasher.verify(target, b"" if isinstance(prepared, Refusal) else prepared, raw)
    if isinstance(verification, Unavailable):
        return PasswordCheck(locked=locked, busy=verification)
    if not verification.matches or locked:
        return PasswordCheck(locked=locked)
    rehash = await hasher.hash(prepared) if verification.needs_rehash and isinstance(prepared, bytes) else None
    return PasswordCheck(matches=True, rehash=None if isinstance(rehash, Unavailable) else rehash)


async def count_wrong_password(store: PasswordStore, customer_id: CustomerId, *, is_known: bool = False) -> bool:
    """Count one wrong password, at a device the customer has used or not.

    Tell whether the limit is reached, in which case the password is disabled there.
    """
    return await store.count_failure(customer_id, is_known=is_known) >= MAX_CONSECUTIVE_FAILURES
