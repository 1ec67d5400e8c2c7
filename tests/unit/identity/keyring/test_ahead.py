"""Keys made before the journeys that they are for."""

import asyncio

import pytest

from limen.identity.keyring.ahead import FRESH_SECONDS, MOST, KeysAhead
from limen.identity.keyring.envelope import SealingKey
from limen.identity.keyring.vaults import SubjectVault, TenantVault
from limen.kernel.entropy import SystemEntropy
from tests.support.clock import ManualClock


class _Maker:
    def __init__(self) -> None:
        self.batches: list[int] = []
        self.fails = False

    async def __call__(self, tenant_id: str, count: int) -> list[SubjectVault]:
        await asyncio.sleep(0)
        if self.fails:
            raise RuntimeError
        first = sum(self.batches)
        self.batches.append(count)
        key, tenant = SealingKey.load(1, bytes(32)), TenantVault(tenant_id, {1: bytes(32)}, SystemEntropy())
        return [SubjectVault(tenant, f"jrn_{first + i}", key, SystemEntropy()) for i in range(count)]


pytestmark = pytest.mark.anyio


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def maker():
    return _Maker()


@pytest.fixture
def ahead(maker, clock):
    return KeysAhead(maker, clock)


async def test_a_rare_journey_has_one_key_made_and_nothing_left_over(ahead, maker, clock):
    for _ in range(3):
        await ahead.take("ten_a")
        clock.advance(FRESH_SECONDS)
    assert maker.batches == [1, 1, 1]


async def test_many_journeys_in_a_row_share_commits_up_to_a_bound(ahead, maker):
    taken = [(await ahead.take("ten_a")).subject_id for _ in range(100)]
    assert len(set(taken)) == 100
    assert maker.batches[:6] == [1, 2, 4, 8, MOST, MOST]


async def test_journeys_that_begin_at_once_share_a_commit_and_no_key(ahead, maker):
    taken = await asyncio.gather(*(ahead.take("ten_a") for _ in range(9)))
    assert len({vault.subject_id for vault in taken}) == 9
    assert len(maker.batches) < 4


async def test_what_waited_too_long_is_not_given_out(ahead, clock):
    before = {(await ahead.take("ten_a")).subject_id for _ in range(4)}
    clock.advance(FRESH_SECONDS)
    assert (await ahead.take("ten_a")).subject_id == "jrn_7"
    assert "jrn_7" not in before


async def test_tenants_share_nothing(ahead):
    await ahead.take("ten_a")
    await ahead.take("ten_a")
    assert (await ahead.take("ten_b")).tenant_id == "ten_b"


async def test_what_is_ready_is_dropped_when_the_tenants_keys_change(ahead, maker):
    for _ in range(2):
        await ahead.take("ten_a")  # one of the second batch is left
    ahead.forget("ten_a")
    assert (await ahead.take("ten_a")).subject_id == "jrn_3"
    assert maker.batches == [1, 2, 1]


async def test_what_came_to_nothing_is_given_out_again_once_and_of_no_older_batch(ahead, maker):
    first = await ahead.take("ten_a")
    ahead.give_back(first)
    ahead.give_back(first)
    assert await ahead.take("ten_a") is first
    second = await ahead.take("ten_a")  # a batch of two
    ahead.give_back(first)
    ahead.give_back(second)
    assert [(await ahead.take("ten_a")).subject_id for _ in range(3)] == ["jrn_2", "jrn_1", "jrn_3"]
    assert maker.batches == [1, 2, 4]


@pytest.mark.parametrize("is_forgotten", [True, False])
async def test_what_is_given_back_late_is_dropped(ahead, clock, is_forgotten):
    late = await ahead.take("ten_a")
    if is_forgotten:
        ahead.forget("ten_a")
    else:
        clock.advance(FRESH_SECONDS)
    ahead.give_back(late)
    assert (await ahead.take("ten_a")).subject_id == "jrn_1"


async def test_a_failure_is_told_and_the_next_one_tries_again(ahead, maker):
    maker.fails = True
    with pytest.raises(RuntimeError):
        await ahead.take("ten_a")
    maker.fails = False
    assert (await ahead.take("ten_a")).subject_id == "jrn_0"
