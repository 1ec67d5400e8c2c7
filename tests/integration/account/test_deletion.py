"""Deleting one's own account: behind a fresh proof, after a wait in which the page and the mail can cancel it, once."""

import asyncio
import re

import pytest

from limen.app.jobs.deletion import carry_out_deletions
from limen.identity.administrators import SYSTEM
from limen.kernel.event_data import misfit
from tests.integration.account.people import ANN, BOB, PASSWORD, STALE, at_home, pressing
from tests.integration.journeys.test_second_factor import ASKED, enrolled, now_code
from tests.support.house import says

pytestmark = pytest.mark.anyio
PRIVACY = "/account/privacy"
DAY = 86_400


async def asked(house, walker):
    """Ask for the account to be deleted; return the page behind it."""
    page = await pressing(walker, PRIVACY, "delete_account")
    assert page.h1 == says("delete_account.title"), page
    return await walker.post(page)


async def keep_link(house, email=ANN):
    """The link that cancels, from the newest message."""
    [mail] = [mail for mail in await house.mails(email) if "/keep-account/" in mail.text]
    assert mail.subject == says("mail.deletion_requested.subject", brand=house.tenant.name)
    return re.search(r"https://\S+/keep-account/\S+", mail.text)[0]


async def pending(house):
    return (await house.rows())["deletion_requests"]


async def test_asked_for_it_waits_and_every_page_says_so(house):
    ann = await at_home(house)
    page = await asked(house, ann)
    assert page.path == PRIVACY
    for path in ("/account", "/account/security", PRIVACY):
        assert says("leaving.title") in (await ann.get(path)).text, path
    assert ("intent", "delete_account") not in [button for form in page.forms for button in form.buttons]
    assert await carry_out_deletions(house.basis) == 0
    mail = (await house.mails(ANN))[-1]
    assert ("/keep-account/" in mail.text, "/secure/" in mail.text) == (True, True)
    assert mail.html.count("/keep-account/") == 1


async def test_a_stale_session_has_to_prove_itself_first_and_nothing_is_lost(house):
    ann = await at_home(house)
    house.clock.advance(STALE)
    page = await pressing(ann, PRIVACY, "delete_account")
    assert (page.h1, page.fields["email"]) == (says("sign_in.title"), ANN)
    page = await ann.sign_in(ANN, PASSWORD, page)
    assert page.h1 == says("delete_account.title")
    assert await pending(house) == 0
    await ann.post(page)
    assert await pending(house) == 1


async def test_whoever_has_a_second_factor_is_asked_for_it(house):
    ann = await at_home(house)
    totp, _, _ = await enrolled(house, ann)
    page = await pressing(ann, PRIVACY, "delete_account")
    assert page.h1 == ASKED
    page = await ann.post(page, code=now_code(house, totp))
    assert page.h1 == says("delete_account.title")
    page = await ann.post(page, intent="cancel")
    assert (page.path, await pending(house)) == (PRIVACY, 0)


async def test_the_banner_cancels_it(house):
    ann = await at_home(house)
    await asked(house, ann)
    page = await pressing(ann, "/account/activity", "keep_account")
    assert (page.path, page.notices) == ("/account/activity", [says("notice.deletion_cancelled")])
    assert says("leaving.title") not in page.text
    subjects = [mail.subject for mail in await house.mails(ANN)]
    assert says("mail.deletion_cancelled.subject", brand=house.tenant.name) in subjects
    house.clock.advance(15 * DAY)
    assert await carry_out_deletions(house.basis) == 0
    assert [misfit(*event) for event in house.announced if misfit(*event)] == []


async def test_the_link_cancels_it_by_a_post_and_never_by_a_get_and_once(house_on):
    house = house_on
    ann = await at_home(house)
    await asked(house, ann)
    link = await keep_link(house)
    stranger = house.walker()
    for _ in range(3):
        page = await stranger.get(link)
        assert page.h1 == says("keep_account.title")
    assert await pending(house) == 1
    forged = await stranger.post(page, csrf="x" * 43)
    assert (forged.status, await pending(house)) == (403, 1)
    done = await stranger.post(page)
    assert (done.h1, await pending(house)) == (says("account_kept.title"), 0)
    assert (await stranger.get("/account")).h1 == says("sign_in.title")  # it signed nobody in
    assert (await stranger.get(link)).status == 410
    assert (await stranger.post(page)).status == 410
    assert {"deletion.requested", "deletion.cancelled"} <= set(await house.events())


@pytest.mark.parametrize("token", ["x", "A" * 32, "A" * 1_000, "\u0661"])
async def test_a_link_that_is_none_is_a_page(house, token):
    assert (await house.walker().get(f"/keep-account/{token}")).status in {404, 410}


async def test_asked_for_twice_the_first_stands_and_its_link_goes_on(house):
    ann = await at_home(house)
    page = await pressing(ann, PRIVACY, "delete_account")
    other = await pressing(ann, PRIVACY, "delete_account")
    await ann.post(page)
    link = await keep_link(house)
    house.clock.advance(DAY)
    await ann.post(other)
    assert len([mail for mail in await house.mails(ANN) if "/keep-account/" in mail.text]) == 1
    assert (await house.walker().get(link)).status == 200


async def test_when_its_time_has_come_it_is_erased_once_though_two_workers_race(house_on):
    house = house_on
    ann = await at_home(house)
    bob = await at_home(house, BOB)
    shop = await house.register_client(require_consent=False)
    held = await ann.tokens(shop, await ann.authorize(shop[0]))
    await asked(house, ann)
    link = await keep_link(house)
    house.clock.advance(14 * DAY - 60)
    assert await carry_out_deletions(house.basis) == 0
    house.clock.advance(61)
    assert sorted(await asyncio.gather(*(carry_out_deletions(house.basis) for _ in range(2)))) == [0, 1]
    assert (await house.events()).count("customer.deleted") == 1
    rows = await house.rows()
    left = [rows[name] for name in ("customers", "deletion_requests", "sessions", "browsers")]
    assert left == [1, 0, 1, 1]  # Bob's
    assert (await ann.get("/account")).h1 == says("sign_in.title")
    assert says("error.invalid_credentials") in (await ann.sign_in(ANN, PASSWORD)).alert
    refused = await ann.token(shop, grant_type="refresh_token", refresh_token=held["refresh_token"])
    assert refused["error"] == "invalid_grant"
    assert (await bob.get(link)).status == 410
    assert (await bob.sign_in(BOB, PASSWORD)).path == "/account"


async def test_the_key_is_gone_with_the_rows(house):
    ann = await at_home(house)
    await asked(house, ann)
    async with house.storage.database.read(house.tenant.id) as unit:
        [request] = await unit.account.deletions_due(house.clock.now() + 15 * DAY * 1_000_000, 9)
    house.clock.advance(15 * DAY)
    await carry_out_deletions(house.basis)
    assert await house.basis.keyring.subject(house.tenant.id, request.customer_id) is None
    await house.mails()  # what waited for the customer is dropped, and nothing breaks


async def test_of_whoever_cancels_and_whoever_erases_at_one_moment_one_wins(house_on):
    house = house_on
    ann = await at_home(house)
    await asked(house, ann)
    page = await house.walker().get(await keep_link(house))
    stranger = house.walker()
    page = await stranger.get(page.url)
    house.clock.advance(15 * DAY)
    kept, erased = await asyncio.gather(stranger.post(page), carry_out_deletions(house.basis))
    assert (kept.status, erased) in {(200, 0), (410, 1)}
    assert (await house.rows())["customers"] == 1 - erased


async def test_securing_the_account_cancels_it(house):
    ann = await at_home(house)
    await asked(house, ann)
    link = re.search(r"https://\S+/secure/\S+", (await house.mails(ANN))[-1].text)[0]
    stranger = house.walker()
    await stranger.post(await stranger.get(link))
    assert await pending(house) == 0
    assert (await ann.get("/account")).h1 == says("sign_in.title")
    assert [misfit(*event) for event in house.announced if misfit(*event)] == []


async def test_an_administrators_deletion_takes_the_request_along(house):
    ann = await at_home(house)
    await asked(house, ann)
    async with house.storage.database.read(house.tenant.id) as unit:
        [request] = await unit.account.deletions_due(house.clock.now() + 15 * DAY * 1_000_000, 9)
    await house.administration().delete(request.customer_id, SYSTEM)
    assert await pending(house) == 0
