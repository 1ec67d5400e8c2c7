"""Every second factor lost: a wait of days, told of on every channel, stopped by whoever holds the account."""

import asyncio

import pytest

from limen.app.jobs.recovery import advance_recoveries
from limen.experience.pages.visit import Visit
from tests.integration.journeys.test_safe_changes import (
    ANN,
    NEW,
    mailed,
    recovery_settings,
    secure_in,
    sign_out,
)
from tests.integration.journeys.test_second_factor import ASKED, enrolled, now_code, press
from tests.support.house import PASSWORD, code_in, says
from tests.support.walker import SAFARI

pytestmark = pytest.mark.anyio
WAITING, READY = says("lost_factors.waiting.title"), says("lost_factors.ready.title")


async def owner_of(house):
    """Ann, who has an app, signed in."""
    await house.customer(ANN)
    walker = house.walker()
    await walker.sign_in(ANN, PASSWORD)
    walker.totp, walker.codes, _ = await enrolled(house, walker, "My phone")
    return walker


async def prove_mailbox(house, walker):
    """Recover as far as the mailed code carries."""
    page = await walker.begin_recovery(ANN)
    return await walker.post(page, code=code_in((await mailed(house, ANN, "reset_password"))[-1]))


async def say_lost(house, walker):
    """Begin the wait."""
    page = await walker.post(await prove_mailbox(house, walker), intent="lost")
    assert page.h1 == says("lost_factors.ask.title")
    page = await walker.post(page)
    assert page.h1 == WAITING
    return page


async def a_day_later(house, days=1):
    """Let *days* pass, the job coming by each day."""
    moved = 0
    for _ in range(days):
        house.clock.advance(86_400)
        moved += await advance_recoveries(house.basis)
    return moved


@pytest.fixture
async def ann(house):
    return await owner_of(house)


async def test_after_the_wait_the_reset_goes_on_and_the_lost_factors_are_removed(house_on):
    house = house_on
    ann = await owner_of(house)
    lost = house.walker(user_agent=SAFARI)
    await say_lost(house, lost)
    for left in range(3):
        assert len(await mailed(house, ANN, "recovery_waiting")) == left + 1
        page = await prove_mailbox(house, lost)
        assert (page.h1, (await lost.post(page, intent="lost")).h1) == (ASKED, WAITING)
        assert await a_day_later(house) == 1
    assert len(await mailed(house, ANN, "recovery_ready")) == 1
    page = await prove_mailbox(house, lost)
    assert page.h1 == READY
    page = await lost.post(page)
    assert page.h1 == says("new_password.title")
    assert (await lost.post(page, password=NEW)).path.startswith("/account")
    assert (await ann.get("/account")).h1 == says("sign_in.title")
    assert (await house.rows())["factors"] == 0
    assert (await house.walker().sign_in(ANN, NEW)).path.startswith("/account")
    assert len(await mailed(house, ANN, "recovery_completed")) == 1
    events = await house.events()
    assert [name for name in events if name.startswith("recovery.")] == [
        "recovery.requested", "recovery.ready", "recovery.completed"
    ]  # fmt: skip


async def test_who_only_holds_the_mailbox_can_neither_shorten_the_wait_nor_begin_it_twice(house, ann):
    thief = house.walker()
    await say_lost(house, thief)
    house.clock.advance(2 * 86_400 + 86_399)  # nothing was told meanwhile: the job did not run
    page = await prove_mailbox(house, thief)
    assert page.h1 == ASKED
    assert await advance_recoveries(house.basis) == 1
    assert await advance_recoveries(house.basis) == 0  # one notice, and the next not before another day
    other = house.walker()
    page = await other.post(await prove_mailbox(house, other), intent="lost")
    assert page.h1 == WAITING
    await other.post(page)
    assert (await house.rows())["recovery_requests"] == 1
    assert len(await mailed(house, ANN, "recovery_waiting")) == 2
    assert await a_day_later(house, 2) == 2
    page = await prove_mailbox(house, other)
    assert page.h1 == READY


@pytest.mark.parametrize("password", [NEW, None])
async def test_no_form_sent_early_gets_past_the_wait(house, ann, password):
    thief = house.walker()
    page = await say_lost(house, thief)
    page = await thief.post(page, password=password, intent=None)
    assert page.h1 == WAITING
    page = await thief.post(page, intent="back")
    assert page.h1 == ASKED
    page = await thief.post(page, intent="lost", code=None)
    assert page.h1 == WAITING


async def test_a_link_in_each_notice_stops_it_by_a_post_and_only_once(house_on):
    house = house_on
    await owner_of(house)
    thief = house.walker()
    await say_lost(house, thief)
    await a_day_later(house)
    first, second = await mailed(house, ANN, "recovery_waiting")
    owner = house.walker(user_agent=SAFARI)
    page = await owner.get(secure_in(first))
    assert page.h1 == says("secure.cancel_recovery.title")
    assert (await house.rows())["recovery_requests"] == 1
    assert await a_day_later(house) == 1  # looking did nothing
    assert (await owner.post(page)).h1 == says("secured.cancel_recovery.title")
    assert (await owner.post(await owner.get(secure_in(second)))).status == 410
    assert await a_day_later(house, 5) == 0
    assert (await prove_mailbox(house, thief)).h1 == ASKED
    assert len(await mailed(house, ANN, "recovery_cancelled")) == 1
    assert "recovery.cancelled" in await house.events()


async def test_a_link_of_one_request_does_not_stop_the_next(house, ann):
    thief = house.walker()
    await say_lost(house, thief)
    [old] = await mailed(house, ANN, "recovery_waiting")
    owner = house.walker()
    page = await owner.get(secure_in(old))
    await owner.post(page)
    await say_lost(house, house.walker())
    assert (await owner.get(secure_in(old))).status == 410
    assert await a_day_later(house) == 1


async def test_whoever_is_signed_in_sees_it_and_stops_it_with_one_press(house, ann):
    await say_lost(house, house.walker())
    page = await ann.get("/account")
    assert says("account.recovery.title") in page.text
    page = await ann.post(page, form=press(page, "cancel_recovery"), intent="cancel_recovery")
    assert page.notices == [says("notice.recovery_cancelled")]
    assert says("account.recovery.title") not in (await ann.get("/account")).text
    assert await a_day_later(house, 4) == 0


async def test_whoever_is_signed_out_while_they_press_stops_nothing(house, ann, monkeypatch):
    await say_lost(house, house.walker())
    page, read_form = await ann.get("/account"), Visit.form

    async def meanwhile(visit, scope):
        form = await read_form(visit, scope)
        async with house.storage.database.begin(house.tenant.id) as unit:
            sessions = await unit.sessions.at_browser(visit.browser.id)
            assert [await unit.sessions.end(one.id, house.clock.now()) for one in sessions] == [True]
        return form

    monkeypatch.setattr(Visit, "form", meanwhile)
    answer = await ann.raw_post(page, form=press(page, "cancel_recovery"), intent="cancel_recovery")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert await a_day_later(house) == 1


async def test_a_sign_in_with_a_second_factor_stops_it_and_one_by_password_alone_does_not(house, ann):
    await say_lost(house, house.walker())
    await sign_out(ann)
    page = await ann.sign_in(ANN, PASSWORD)
    assert page.h1 == ASKED
    assert await a_day_later(house) == 1
    page = await ann.sign_in(ANN, PASSWORD)
    assert (await ann.post(page, code=now_code(house, ann.totp))).path.startswith("/account")
    assert await a_day_later(house, 4) == 0
    assert "recovery.cancelled" in await house.events()


async def test_the_link_that_secures_the_account_stops_it_too(house, ann):
    await say_lost(house, house.walker())
    [notice] = await mailed(house, ANN, "factor_added")
    owner = house.walker()
    await owner.post(await owner.get(secure_in(notice)))
    assert await a_day_later(house, 4) == 0


async def test_what_is_ready_ends_where_nobody_goes_on(house, ann):
    thief = house.walker()
    await say_lost(house, thief)
    assert await a_day_later(house, 3) == 3
    house.clock.advance(7 * 86_400)
    assert await advance_recoveries(house.basis) == 1
    assert (await prove_mailbox(house, thief)).h1 == ASKED
    assert "recovery.expired" in await house.events()


async def test_where_it_is_switched_off_nothing_is_offered_and_what_waits_is_stopped(house, ann):
    thief = house.walker()
    await say_lost(house, thief)
    await recovery_settings(house, waiting_days=0)
    await a_day_later(house)
    assert "recovery.cancelled" in await house.events()
    page = await prove_mailbox(house, thief)
    assert 'value="lost"' not in page.text
    assert (await thief.post(page, intent="lost", code=None)).h1 == ASKED


async def test_who_found_a_factor_after_all_goes_on_with_it(house, ann):
    lost = house.walker()
    await say_lost(house, lost)
    await a_day_later(house, 3)
    page = await lost.post(await prove_mailbox(house, lost), intent="back")
    assert page.h1 == ASKED
    page = await lost.post(page, code=now_code(house, ann.totp))
    assert page.h1 == says("new_password.title")
    assert (await lost.post(page, password=NEW)).path.startswith("/account")
    assert (await house.rows())["factors"] == 11
    assert "recovery.cancelled" in await house.events()


async def test_two_jobs_at_once_send_one_notice(house_on):
    house = house_on
    await owner_of(house)
    await say_lost(house, house.walker())
    house.clock.advance(86_400)
    moved = await asyncio.gather(*(advance_recoveries(house.basis) for _ in range(4)))
    assert sum(moved) == 1
    assert len(await mailed(house, ANN, "recovery_waiting")) == 2


async def test_of_two_who_go_on_at_once_one_does_and_the_other_stands_before_nothing_half_done(house_on):
    house = house_on
    await owner_of(house)
    one, two = house.walker(), house.walker()
    await say_lost(house, one)
    await a_day_later(house, 3)
    pages = [await prove_mailbox(house, walker) for walker in (one, two)]
    answers = await asyncio.gather(*(w.raw_post(p) for w, p in zip((one, two), pages, strict=True)))
    assert sorted(answer.status_code for answer in answers) in ([303, 303], [303, 400], [200, 303])
    assert (await house.events()).count("recovery.completed") == 1


async def test_a_thief_who_cancels_by_mail_what_the_job_is_telling_of_leaves_one_end(house_on):
    house = house_on
    await owner_of(house)
    await say_lost(house, house.walker())
    await a_day_later(house, 2)
    notice = (await mailed(house, ANN, "recovery_waiting"))[-1]
    owner = house.walker()
    page = await owner.get(secure_in(notice))
    house.clock.advance(86_400)
    await asyncio.gather(owner.raw_post(page), advance_recoveries(house.basis))
    events = await house.events()
    assert events.count("recovery.cancelled") == 1
    assert (await prove_mailbox(house, house.walker())).h1 == ASKED


async def test_whoever_has_no_second_factor_waits_for_nothing(house):
    await house.customer(ANN)
    walker = house.walker()
    page = await prove_mailbox(house, walker)
    assert page.h1 == says("new_password.title")
