"""Choosing a password, the one way."""

from collections.abc import Sequence

import pytest

from limen.identity.credentials.breaches import BreachGuard
from limen.identity.credentials.choose import Known, NotChosen, choose_password
from limen.identity.credentials.policy import PRESETS, PasswordPolicy, policy_of
from limen.identity.credentials.prepare import prepare
from limen.kernel.errors import Corrupted, Unavailable

pytestmark = pytest.mark.anyio
GOOD = "correct horse battery staple"
OWN = ("ann@example.com", "ann@work.example")


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


class Corpus:
    """Says of every password the same, and notes that it was asked."""

    def __init__(self, says: bool | None) -> None:
        self.says, self.asked = says, 0

    async def is_breached(self, prepared: bytes, emails: Sequence[str]) -> bool | None:
        assert prepared == prepare(GOOD)
        assert emails == OWN
        self.asked += 1
        return self.says


async def test_a_password_from_a_breach_is_refused_and_one_that_is_weak_is_not_even_asked_about(hasher):
    corpus = Corpus(says=True)
    outcome = await choose_password(GOOD, (), PasswordPolicy(), hasher, Known(BreachGuard(corpus), emails=OWN))
    assert isinstance(outcome, NotChosen)
    assert outcome.refusal.fields == {"password": "password.breached"}
    assert isinstance(
        await choose_password("short", (), PasswordPolicy(), hasher, Known(BreachGuard(corpus), emails=OWN)), NotChosen
    )
    assert corpus.asked == 1


@pytest.mark.parametrize("fails_closed", [True, False])
async def test_where_a_corpus_cannot_be_asked_the_stance_decides(hasher, fails_closed):
    guard = BreachGuard(Corpus(says=None), fails_closed=fails_closed)
    outcome = await choose_password(GOOD, (), PasswordPolicy(), hasher, Known(guard, emails=OWN))
    if fails_closed:
        assert isinstance(outcome, NotChosen)
        assert isinstance(outcome.refusal, Unavailable)
        assert outcome.refusal.retry_after > 0
    else:
        assert isinstance(outcome, str)


async def test_an_earlier_password_is_refused_at_a_cost_of_one_hash_each(hasher, argon2):
    earlier = [await hasher.hash(prepare(word)) for word in ("one horse battery", GOOD, "never reached")]
    before = len(argon2.asked)
    outcome = await choose_password(GOOD, (), PasswordPolicy(), hasher, Known(earlier=tuple(earlier)))
    assert isinstance(outcome, NotChosen)
    assert outcome.refusal.fields == {"password": "password.used_before"}
    assert len(argon2.asked) - before == 2
    assert "argon2" not in repr(Known(earlier=tuple(earlier)))
    assert "ann" not in repr(Known(emails=OWN))
