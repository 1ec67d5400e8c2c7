"""What the database rolled back in favour of another transaction is done again, and not for ever."""

import pytest

from limen.kernel.contention import TRIES, retried
from limen.kernel.errors import Contended

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("falls", "works"), [(0, True), (TRIES - 1, True), (TRIES, False)])
async def test_a_unit_that_was_rolled_back_is_done_again_three_times_at_the_most(clock, falls, works):
    done = 0

    async def unit() -> str:
        nonlocal done
        done += 1
        if done <= falls:
            raise Contended
        return "done"

    if works:
        assert await retried(unit, clock) == "done"
    else:
        with pytest.raises(Contended):
            await retried(unit, clock)
    assert done == min(falls + 1, TRIES)


async def test_any_other_fault_is_not_done_again(clock):
    done = 0

    async def unit() -> None:
        nonlocal done
        done += 1
        raise ValueError

    with pytest.raises(ValueError):
        await retried(unit, clock)
    assert done == 1
