"""Consents that end by themselves: told once each, by whichever worker comes first, and of nothing that did not end."""

import asyncio
from collections import Counter

import msgspec
import pytest

from limen.app.jobs.consents import tell_endings
from limen.identity.administrators import SYSTEM
from limen.identity.consents import ending
from limen.identity.consents.purposes import Basis
from limen.kernel.event_data import misfit
from tests.integration.consents.test_portal import answered, publish, register, signed_in
from tests.support.house import PASSWORD
from tests.support.walker import says

pytestmark = pytest.mark.anyio
DAY = 86_400


async def run(house):
    """What two workers told that came at once."""
    told = Counter()
    await asyncio.gather(*(tell_endings(house.basis, lambda event, many: told.update({event: many})) for _ in range(2)))
    return {event: many for event, many in told.items() if many}


async def test_a_consent_that_runs_out_is_told_once_and_again_only_after_it_was_given_anew(house):
    await publish(house, valid_days=1)
    ann, _ = await signed_in(house)
    await answered(ann, "give")
    house.clock.advance(DAY - 1)
    assert await run(house) == {}
    house.clock.advance(1)
    assert [await run(house) for _ in range(2)] == [{"consent.expired": 1}, {}]
    [(_, data)] = [event for event in house.announced if event[0] == "consent.expired"]
    assert (data["purpose"], data["version"], data["items"]) == ("newsletter", 1, ["email"])
    assert [misfit(*event) for event in house.announced if misfit(*event)] == []
    [record] = [one for one in await house.audit() if one.event == "consent.expired"]
    assert data["record"].encode() in record.open_part
    ann, _ = await signed_in_again(house)
    assert says("history.event.consent.expired") in (await ann.get("/account/activity")).text
    await answered(ann, "give")
    house.clock.advance(DAY)
    assert await run(house) == {"consent.expired": 1}


async def signed_in_again(house):
    ann = house.walker()
    return ann, await ann.sign_in("ann@example.com", PASSWORD, await ann.get("/sign-in"))


async def test_a_version_that_asks_anew_ends_what_was_given_and_a_quiet_one_does_not(house, monkeypatch):
    monkeypatch.setattr(ending, "_BATCH", 1)
    made = await publish(house)
    other = await publish(house, "other")
    ann, _ = await signed_in(house)
    page = await ann.get("/account/privacy")
    for form in page.forms:
        if form.fields.get("purpose"):
            await ann.post(page, form=form, intent="give")
    await register(house).publish(made.id, msgspec.structs.replace(made.terms, asks_again=False), SYSTEM)
    assert await run(house) == {}
    await register(house).publish(made.id, made.terms, SYSTEM)
    assert [await run(house) for _ in range(2)] == [{"consent.outdated": 1}, {}]
    [(_, data)] = [event for event in house.announced if event[0] == "consent.outdated"]
    assert (data["purpose"], data["version"], data["newest"]) == ("newsletter", 1, 3)
    assert misfit("consent.outdated", data) == ""
    await register(house).publish(other.id, other.terms, SYSTEM)
    await register(house).retire(other.id, SYSTEM)  # of which purpose.retired has told
    assert await run(house) == {}


@pytest.mark.parametrize("last", ["withdraw", "retire", "allow"])
async def test_what_was_taken_back_or_retired_or_needs_no_consent_does_not_run_out(house, last):
    made = await publish(house, valid_days=1)
    ann, _ = await signed_in(house)
    await answered(ann, "give")
    if last == "withdraw":
        await answered(ann, "withdraw")
    elif last == "allow":
        await register(house).publish(made.id, msgspec.structs.replace(made.terms, basis=Basis.CONTRACT), SYSTEM)
    else:
        await register(house).retire(made.id, SYSTEM)
    house.clock.advance(2 * DAY)
    assert await run(house) == {}
