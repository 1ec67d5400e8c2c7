"""The check at sign-in: every "no" costs the same."""

import msgspec
import pytest

from limen.identity.credentials.hashing import PasswordHasher
from limen.identity.credentials.prepare import prepare
from limen.identity.credentials.records import (
    MAX_CONSECUTIVE_FAILURES,
    StoredPassword,
    seal_password,
    unseal_password,
)
from limen.identity.credentials.settings import Argon2Parameters
from limen.identity.credentials.verify import PasswordCheck, check_password, count_wrong_password
from limen.kernel.errors import Unavailable
from limen.kernel.ids import CustomerId
from tests.unit.identity.credentials.conftest import CHEAP, CountedArgon2

pytestmark = pytest.mark.anyio

ADA = CustomerId("cus_00000000000000000000000000")
NOW = 1_800_000_000_000_000


class PlainVault:
    """A vault that only binds an envelope to its field and record."""

    has_key = True

    def seal(self, field: str, record: str, plaintext: bytes) -> bytes:
        return f"{field}|{record}|".encode() + plaintext

    def unseal(self, field: str, record: str, envelope: bytes) -> bytes | None:
        head = f"{field}|{record}|".encode()
        assert envelope.startswith(head)
        return envelope.removeprefix(head) if self.has_key else None


class OnePassword:
    """A store that holds one password."""

    def __init__(self, stored: StoredPassword | None) -> None:
        self.stored = stored

    async def get(self, customer_id: CustomerId) -> StoredPassword | None:
        return self.stored

    async def put(self, stored: StoredPassword) -> None:
        self.stored = stored

    async def replace_hash(self, customer_id: CustomerId, previous: bytes, sealed: bytes) -> bool:
        raise NotImplementedError

    async def count_failure(self, customer_id: CustomerId, *, is_known: bool) -> int:
        if self.stored is None:
            return 0
        if is_known:
            self.stored = msgspec.structs.replace(self.stored, known_failures=self.stored.known_failures + 1)
            return self.stored.known_failures
        self.stored = msgspec.structs.replace(self.stored, failures=self.stored.failures + 1)
        return self.stored.failures

    async def clear_failures(self, customer_id: CustomerId) -> None:
        raise NotImplementedError

    async def enable(self, customer_id: CustomerId) -> None:
        raise NotImplementedError

    async def disable(self, customer_id: CustomerId, at: int) -> None:
        raise NotImplementedError


@pytest.fixture
def vault() -> PlainVault:
    return PlainVault()


@pytest.fixture
async def stored(hasher: PasswordHasher, argon2: CountedArgon2, vault: PlainVault) -> StoredPassword:
    phc = await hasher.hash(prepare("café horse staple"))
    argon2.asked.clear()
    return seal_password(vault, ADA, phc, NOW)


async def test_the_right_password_matches_however_its_accents_are_typed(hasher, stored, vault, argon2):
    assert await check_password(hasher, stored, vault, "cafe\u0301 horse staple") == PasswordCheck(matches=True)
    assert len(argon2.asked) == 1


@pytest.mark.parametrize(
    "presented",
    ["wrong horse staple", "", "\x00", "\ud800", "x" * 1_000_000, "\u00e9" * 300],
    ids=lambda text: str(len(text)),
)
async def test_anything_else_is_refused_for_exactly_one_hash(hasher, stored, vault, argon2, presented: str):
    assert await check_password(hasher, stored, vault, presented) == PasswordCheck()
    assert argon2.asked == [CHEAP]


@pytest.mark.parametrize("presented", ["café horse staple", ""])
async def test_an_unknown_customer_costs_exactly_one_hash(hasher, argon2, presented: str):
    assert await check_password(hasher, None, None, presented) == PasswordCheck()
    assert argon2.asked == [CHEAP]


async def test_a_customer_without_a_password_costs_exactly_one_hash(hasher, vault, argon2):
    assert await check_password(hasher, None, vault, "café horse staple") == PasswordCheck()
    assert argon2.asked == [CHEAP]


async def test_a_destroyed_key_leaves_nothing_to_match_and_costs_exactly_one_hash(hasher, stored, vault, argon2):
    vault.has_key = False
    assert await check_password(hasher, stored, vault, "café horse staple") == PasswordCheck()
    assert argon2.asked == [CHEAP]


@pytest.mark.parametrize("presented", ["café horse staple", "wrong horse staple"])
async def test_a_disabled_password_never_matches_and_costs_exactly_one_hash(hasher, stored, vault, argon2, presented):
    disabled = msgspec.structs.replace(stored, disabled_at=NOW)
    for is_known in (False, True):
        check = await check_password(hasher, disabled, vault, presented, is_known=is_known)
        assert check == PasswordCheck(locked=True)
    assert argon2.asked == [CHEAP, CHEAP]


@pytest.mark.parametrize("counter", ["failures", "known_failures"])
async def test_failures_disable_a_password_where_they_were_made_alone(hasher, stored, vault, argon2, counter):
    reached = msgspec.structs.replace(stored, **{counter: MAX_CONSECUTIVE_FAILURES})
    for is_known in (False, True):
        check = await check_password(hasher, reached, vault, "café horse staple", is_known=is_known)
        is_there = is_known == (counter == "known_failures")
        assert check == (PasswordCheck(locked=True) if is_there else PasswordCheck(matches=True))
    assert argon2.asked == [CHEAP, CHEAP]


async def test_a_right_password_under_old_parameters_comes_back_hashed_anew(pool, entropy, stored, vault):
    hasher = PasswordHasher(Argon2Parameters(16, 1), pool, entropy)
    check = await check_password(hasher, stored, vault, "café horse staple")
    assert check.matches
    assert check.rehash is not None
    renewed = seal_password(vault, ADA, check.rehash, NOW)
    assert await check_password(hasher, renewed, vault, "café horse staple") == PasswordCheck(matches=True)


@pytest.mark.parametrize("disabled_at", [None, NOW])
async def test_a_password_that_does_not_count_is_not_hashed_anew(pool, entropy, stored, vault, disabled_at):
    hasher = PasswordHasher(Argon2Parameters(16, 1), pool, entropy)
    presented = "wrong horse staple" if disabled_at is None else "café horse staple"
    check = await check_password(hasher, msgspec.structs.replace(stored, disabled_at=disabled_at), vault, presented)
    assert check.rehash is None


async def test_a_busy_pool_is_neither_a_match_nor_a_failure(hasher, stored, vault):
    await hasher.pool.close()
    check = await check_password(hasher, stored, vault, "café horse staple")
    assert isinstance(check.busy, Unavailable)
    assert not check.matches


async def test_the_hundredth_failure_in_a_row_disables_the_password_and_the_ninety_ninth_does_not(stored):
    store = OnePassword(msgspec.structs.replace(stored, failures=MAX_CONSECUTIVE_FAILURES - 2))
    assert await count_wrong_password(store, ADA) is False
    assert await count_wrong_password(store, ADA, is_known=True) is False
    assert store.stored.counts(is_known=False)
    assert await count_wrong_password(store, ADA) is True
    assert not store.stored.counts(is_known=False)
    assert store.stored.counts(is_known=True)


async def test_a_failure_without_a_password_disables_nothing():
    assert await count_wrong_password(OnePassword(None), ADA) is False


async def test_hashes_are_not_printed(stored, vault):
    assert "argon2id" not in repr(stored)
    assert "argon2id" not in repr(unseal_password(vault, stored))
    assert "argon2id" not in repr(PasswordCheck(matches=True, rehash="$argon2id$…"))
