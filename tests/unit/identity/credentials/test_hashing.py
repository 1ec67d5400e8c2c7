"""Argon2id: the text it is kept as, the work it costs, and when it is made anew."""

import pytest
from argon2 import PasswordHasher as ArgonReference
from hypothesis import given
from hypothesis import strategies as st

from limen.identity.credentials.hashing import PasswordHasher, Verification
from limen.identity.credentials.phc import StoredHash
from limen.identity.credentials.pool import HashPool
from limen.identity.credentials.settings import Argon2Parameters
from limen.kernel.errors import Corrupted, Misconfigured, Unavailable
from tests.support.entropy import SeededEntropy
from tests.unit.identity.credentials.conftest import CHEAP, CountedArgon2

TAIL = "$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


@pytest.mark.anyio
async def test_a_password_matches_its_own_hash_and_no_other(hasher: PasswordHasher):
    stored = await hasher.hash(b"correct horse")
    assert await hasher.verify(stored, b"correct horse") == Verification(matches=True, needs_rehash=False)
    assert await hasher.verify(stored, b"correct house") == Verification(matches=False, needs_rehash=False)


@pytest.mark.anyio
async def test_equal_passwords_have_different_hashes(hasher: PasswordHasher):
    assert await hasher.hash(b"same") != await hasher.hash(b"same")


@pytest.mark.anyio
async def test_the_reference_library_reads_what_we_write_and_we_what_it_writes(hasher: PasswordHasher):
    reference = ArgonReference(time_cost=1, memory_cost=8, parallelism=1)
    stored = await hasher.hash(b"correct horse")
    assert reference.verify(stored, b"correct horse")
    assert (await hasher.verify(reference.hash(b"correct horse"), b"correct horse")).matches


@pytest.mark.anyio
async def test_a_missing_hash_costs_one_hash_with_todays_parameters_and_never_matches(hasher, argon2: CountedArgon2):
    assert await hasher.verify(None, b"anything") == Verification(matches=False, needs_rehash=False)
    assert argon2.asked == [CHEAP]


@pytest.mark.anyio
async def test_a_missing_hash_does_not_match_even_the_decoys_digest(pool: HashPool, entropy: SeededEntropy):
    hasher = PasswordHasher(CHEAP, pool, entropy, lambda secret, salt, parameters, length: bytes(length))
    assert not (await hasher.verify(None, b"anything")).matches


@pytest.mark.anyio
@pytest.mark.parametrize("password", [b"right", b"wrong"])
async def test_checking_a_stored_hash_costs_one_hash(hasher, argon2: CountedArgon2, password: bytes):
    stored = await hasher.hash(b"right")
    argon2.asked.clear()
    await hasher.verify(stored, password)
    assert len(argon2.asked) == 1


@pytest.mark.anyio
@pytest.mark.parametrize(
    "today", [Argon2Parameters(16, 1), Argon2Parameters(8, 2), Argon2Parameters(16, 1, parallelism=2)]
)
async def test_a_right_password_under_other_parameters_asks_for_a_rehash(hasher, pool, entropy, today):
    stored = await hasher.hash(b"right")
    hasher_today = PasswordHasher(today, pool, entropy)
    assert await hasher_today.verify(stored, b"right") == Verification(matches=True, needs_rehash=True)
    assert await hasher_today.verify(stored, b"wrong") == Verification(matches=False, needs_rehash=False)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "broken",
    [
        "",
        "plain text",
        "$2b$12$" + "a" * 53,
        "$argon2i$v=19$m=8,t=1,p=1" + TAIL,
        "$argon2id$v=16$m=8,t=1,p=1" + TAIL,
        "$argon2id$v=19$m=4194304,t=1,p=1" + TAIL,
        "$argon2id$v=19$m=8,t=999999999,p=1" + TAIL,
        "$argon2id$v=19$m=8,t=0,p=1" + TAIL,
        "$argon2id$v=19$m=8,t=1,p=4" + TAIL,
        "$argon2id$v=19$m=8,t=1,p=1" + TAIL + "\n",
        "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAA$" + "A" * 43,
    ],
)
async def test_a_broken_row_is_a_fault_and_nothing_is_computed(hasher, argon2: CountedArgon2, broken: str):
    with pytest.raises(Corrupted):
        await hasher.verify(broken, b"anything")
    assert argon2.asked == []


@pytest.mark.anyio
async def test_a_full_pool_refuses_both_hash_and_verify(hasher: PasswordHasher):
    await hasher.pool.close()
    assert isinstance(await hasher.hash(b"x"), Unavailable)
    assert isinstance(await hasher.verify(None, b"x"), Unavailable)


@given(
    st.integers(1, 16).flatmap(
        lambda lanes: st.builds(Argon2Parameters, st.integers(8 * lanes, 524_288), st.integers(1, 32), st.just(lanes))
    ),
    st.binary(min_size=8, max_size=64),
    st.binary(min_size=17, max_size=64),
)
def test_the_text_of_a_hash_reads_back_as_the_same_hash(parameters: Argon2Parameters, salt: bytes, digest: bytes):
    stored = StoredHash(parameters, salt, digest)
    assert StoredHash.parse(stored.text()) == stored


def test_neither_salt_nor_digest_is_printed():
    assert "AAAA" not in repr(StoredHash.parse("$argon2id$v=19$m=8,t=1,p=1" + TAIL))


@pytest.mark.parametrize("wrong", [(7, 1, 1), (8, 0, 1), (8, 1, 0), (15, 1, 2), (524_289, 1, 1), (8, 33, 1)])
def test_impossible_parameters_are_misconfigured(wrong: tuple[int, int, int]):
    with pytest.raises(Misconfigured):
        Argon2Parameters(*wrong)


@pytest.mark.anyio
async def test_only_a_hash_with_todays_parameters_is_one_that_others_may_be_held_back_for(
    hasher: PasswordHasher, pool: HashPool, monkeypatch: pytest.MonkeyPatch
):
    usual: list[bool] = []
    run = pool.run

    async def noted(work, *, is_usual: bool = False):
        usual.append(is_usual)
        return await run(work, is_usual=is_usual)

    monkeypatch.setattr(pool, "run", noted)
    ours = await hasher.hash(b"correct horse")
    for stored in (
        ours,
        None,
        f"$argon2id$v=19$m=16,t=2,p=1{TAIL}",
        "{bcrypt}plain:2b:04," + "." * 22 + "|" + "A" * 32,
    ):
        await hasher.verify(stored, b"correct horse")
    await hasher.seconds("bcrypt:plain:2b:04")
    assert usual == [True, True, True, False, False, False]
