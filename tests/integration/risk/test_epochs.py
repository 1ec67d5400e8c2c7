"""Counters of an epoch, and their key, go: no copy of them can be tied to a value."""

import pytest
from sqlalchemy import select

from limen.app.epochs import RiskEpochs, key_name
from limen.app.jobs.upkeep import destroy_epochs, sweep, sweep_orphans
from limen.kernel.clock import DAY, SECOND
from limen.storage.schema.trust import risk_counters
from limen.trust.risk.counts import EPOCH, epoch_of
from limen.trust.risk.keys import SIGN_INS
from tests.integration.risk.test_sign_in import ANN, at_home
from tests.support.house import PASSWORD

pytestmark = pytest.mark.anyio


async def counters(house):
    async with house.storage.database.read(house.tenant.id) as unit:
        return {bytes(row.key): row.count for row in await unit.connection.execute(select(risk_counters))}


async def key_of(house, number):
    return await house.storage.keystore.get_subject_key(house.tenant.id, key_name(number))


async def test_an_epochs_key_goes_with_its_counters_and_the_next_counts_anew(house_on):
    house = house_on
    house.clock.advance((EPOCH - house.clock.now() % EPOCH) // SECOND)  # to the beginning of one
    ann = await at_home(house, 2)
    first = epoch_of(house.clock.now())
    epochs = RiskEpochs(house.basis.keyring, house.clock)
    present, before = await epochs.of(house.tenant.id)
    kept = await counters(house)
    assert kept[present.hash(SIGN_INS)] == 2
    assert before.hash(SIGN_INS) not in kept
    await destroy_epochs(house.basis)
    await sweep_orphans(house.basis)
    assert await key_of(house, first) is not None  # its counters still weigh
    assert await epochs.of(house.tenant.id) == (present, before)
    house.clock.advance((EPOCH + DAY) // SECOND)
    following, earlier = await RiskEpochs(house.basis.keyring, house.clock).of(house.tenant.id)
    assert (earlier, following.number) == (present, first + 1)
    assert following.hash(SIGN_INS) != present.hash(SIGN_INS)
    await ann.sign_in(ANN, PASSWORD)
    assert (await counters(house))[following.hash(SIGN_INS)] == 1
    house.clock.advance(EPOCH // SECOND)
    await sweep(house.basis)
    await destroy_epochs(house.basis)
    assert present.hash(SIGN_INS) not in await counters(house)
    assert (await key_of(house, first), await key_of(house, first + 1) is not None) == (None, True)
    # Whoever holds the tenant's key and a copy of the counters has no key to hash a value by.
    assert await house.basis.keyring.subject_key(house.tenant.id, key_name(first), "risk-counters") is None


async def test_a_key_that_was_rotated_counts_on(house):
    epochs = RiskEpochs(house.basis.keyring, house.clock)
    present, _ = await epochs.of(house.tenant.id)
    assert isinstance(await house.basis.keyring.rotate_subject(house.tenant.id, key_name(present.number)), int)
    again, _ = await RiskEpochs(house.basis.keyring, house.clock).of(house.tenant.id)
    assert again == present
