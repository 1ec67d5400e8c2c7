"""Choosing a password, the one way."""

import pytest

from limen.identity.credentials.choose import NotChosen, choose_password
from limen.identity.credentials.policy import PRESETS, PasswordPolicy, policy_of
from limen.identity.credentials.prepare import prepare
from limen.kernel.errors import Corrupted, Unavailable

pytestmark = pytest.mark.anyio
GOOD = "correct horse battery staple"


async def test_a_good_password_is_hashed_as_it_is_prepared(hasher):
    hashed = await choose_password(GOOD, (), PasswordPolicy(), hasher)
    assert isinstance(hashed, str)
    assert (await hasher.verify(hashed, prepare(GOOD))).matches


@pytest.mark.parametrize(
    ("password", "words", "key"),
    [
        ("\u0000nul is not for passwords", (), None),
        ("short", (), "password.too_short"),
        ("acme-1990!x", ("acme",), "password.contains_context"),
    ],
)
async def test_what_may_not_be_chosen_is_told_by_field_and_costs_no_hash(hasher, argon2, password, words, key):
    outcome = await choose_password(password, words, PasswordPolicy(), hasher)
    assert isinstance(outcome, NotChosen)
    assert set(outcome.refusal.fields) == {"password"}
    assert key is None or outcome.refusal.fields["password"] == key
    assert argon2.asked == []


async def test_a_weak_password_comes_back_with_what_would_be_better(hasher):
    outcome = await choose_password("aaaaaaaaaaaa", (), PasswordPolicy(), hasher)
    assert isinstance(outcome, NotChosen)
    assert outcome.hints


async def test_a_full_pool_is_no_weak_password(hasher, pool):
    await pool.close()
    outcome = await choose_password(GOOD, (), PasswordPolicy(), hasher)
    assert isinstance(outcome, NotChosen)
    assert isinstance(outcome.refusal, Unavailable)


def test_a_preset_is_found_by_its_name_and_none_stands_in_for_another():
    assert policy_of("sp800-63b-4") is PRESETS["sp800-63b-4"]
    with pytest.raises(Corrupted):
        policy_of("weaker")
