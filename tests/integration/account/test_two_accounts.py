"""I have two accounts: both proven afresh at one browser, the mail of both is read, and one goes into the other."""

import asyncio

import msgspec
import pytest

from limen.access.journeys.dispatcher import Journeys
from limen.access.merging.merge import Merging
from limen.access.merging.records import Wish
from limen.identity.administrators import SYSTEM
from limen.identity.customers.directory import seal
from limen.identity.customers.identifiers import EMAIL
from limen.identity.profiles.records import ProfileSettings
from limen.kernel.errors import Conflict
from tests.integration.account.people import ANN, BOB, PASSWORD, STALE, pressing
from tests.integration.account.test_emails import SECURITY, add, held, signs_in
from tests.integration.journeys.test_safe_changes import mailed
from tests.integration.journeys.test_second_factor import enrolled, now_code
from tests.support.house import code_in, says
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.anyio
WORK = "bob@work.example"


async def both(house):
    """One browser at which Ann is signed in, and then Bob, who is she."""
    customers = [await house.customer(email) for email in (ANN, BOB)]
    walker = house.walker()
    await walker.sign_in(ANN, PASSWORD)
    page = await pressing(walker, SECURITY, "other_account")
    assert page.h1 == says("sign_in.title")
    assert (await walker.sign_in(BOB, PASSWORD, page)).path == SECURITY
    return walker, customers


async def chosen(house, walker, stays, *, reads=(ANN, BOB)):
    """The page behind the choice, with the mail of some read."""
    page = await walker.post(await pressing(walker, SECURITY, "merge_accounts"), intent=stays)
    for email in reads:
        page = await walker.post(page, intent="resend")
        [*_, mail] = await mailed(house, email, "merge_code")
        page = await walker.post(page, code=code_in(mail))
    return page


@pytest.mark.parametrize("stays", ["this", "other"])
async def test_one_goes_into_the_other_and_its_proven_addresses_sign_in_to_the_one_who_stays(house_on, stays):
    house = house_on
    walker, (ann, bob) = await both(house)
    await add(house, walker, WORK)
    page = await chosen(house, walker, stays)
    assert says("merge.confirm.final") in page.text
    assert (await house.rows())["customers"] == 2  # so far it was only shown
    page = await walker.post(page, intent="confirm")
    assert page.path == SECURITY, page
    kept, gone = (bob, ann) if stays == "this" else (ann, bob)
    profile = await held(house, kept.id)
    assert {profile.email, *(one.value for one in profile.emails)} == {ANN, BOB, WORK}
    assert profile.email == kept.profile.email
    assert (await house.rows())["customers"] == 1
    assert kept.profile.email in (await walker.get("/account")).text
    for email in (ANN, BOB, WORK):
        assert await signs_in(house, email)
    for email in (ANN, BOB):
        [*_, told] = await mailed(house, email, "identifiers_changed")
        assert says("mail.identifiers_changed.merged", brand=house.tenant.name) in told.text
    assert "customer.merged" in await house.events()
    assert await house.basis.keyring.subject(house.tenant.id, gone.id) is None


async def test_a_merge_is_told_of_even_where_the_journey_is_lost_behind_it(house, monkeypatch):
    walker, _ = await both(house)
    page = await chosen(house, walker, "this")

    async def lost(*_):
        return None

    monkeypatch.setattr(Journeys, "_written", lost)
    await walker.post(page, intent="confirm")
    assert (await house.rows())["customers"] == 1
    for email in (ANN, BOB):
        assert await mailed(house, email, "identifiers_changed")


async def test_what_changed_since_it_was_shown_is_shown_again(house):
    walker, (ann, _) = await both(house)
    page = await chosen(house, walker, "this")
    await house.administration().update(ann.id, lambda one: msgspec.structs.replace(one, name="Anna"), SYSTEM)
    page = await walker.post(page, intent="confirm")
    assert page.notices == [says("error.version_changed")]
    assert (await house.rows())["customers"] == 2


async def test_without_the_codes_of_both_nothing_is_merged(house):
    walker, _ = await both(house)
    page = await chosen(house, walker, "this", reads=())
    for form in ({"intent": "confirm"}, {"intent": ""}, {"code": "000000"}):
        page = await walker.post(page, **form)
        assert says("merge.confirm.final") not in page.text
    page = await walker.post(page, intent="resend")
    [mail] = await mailed(house, ANN, "merge_code")  # the other one's, first
    assert not await mailed(house, BOB, "merge_code")
    page = await walker.post(page, code=code_in(mail))
    page = await walker.post(page, intent="resend")
    page = await walker.post(page, code=code_in(mail))  # is not the code of this one
    assert page.errors == {"code": says("error.code_invalid")}, page
    page = await walker.post(await walker.post(page, intent="back"), intent="other")  # tries stay counted
    for _ in range(4):
        page = await walker.post(page, code=code_in(mail))
    assert says("error.code_exhausted") in page.text
    assert (await house.rows())["customers"] == 2


async def test_an_account_whose_address_was_changed_lately_does_not_go(house):
    walker, (_, bob) = await both(house)
    page = await pressing(walker, SECURITY, "change_email")
    page = await walker.post(page, email=WORK)
    await walker.post(page, code=code_in((await house.mails(WORK))[-1]))
    page = await walker.post(await pressing(walker, SECURITY, "merge_accounts"), intent="other")
    assert page.notices == [says("error.merge_undoable")]
    assert (await held(house, bob.id)).email == WORK


async def test_a_merge_waits_for_a_change_of_an_address_and_neither_is_a_deadlock(house_on):
    house = house_on
    ann, bob = [await house.customer(email) for email in (ANN, BOB)]
    directory, database, basis = house.directory(), house.storage.database, house.basis
    begun = asyncio.Event()

    def begin(tenant_id):
        begun.set()  # it has read both, and is about to change them
        return database.begin(tenant_id)

    merging = Merging(house.tenant.id, begin, database.read, directory, house.clock, basis.entropy, ProfileSettings())
    vault = await directory.vault_of(bob.id)
    changed = bob.with_profile(msgspec.structs.replace(bob.profile, name="Bob"), house.clock.now())
    [contact] = [one for one in await directory.contacts(bob) if one.kind == EMAIL]
    async with database.begin(house.tenant.id) as unit:
        assert await unit.customers.update(seal(changed, vault), bob.version)
        task = asyncio.create_task(merging.merge(Wish(ann.id, bob.id), SYSTEM))
        async with asyncio.timeout(PATIENCE):
            await begun.wait()
        await asyncio.sleep(0.1)  # time enough to wait for us, as a rule; the answer is the same if it was not
        await unit.customers.leave(contact)
    assert await asyncio.wait_for(task, PATIENCE) == Conflict("version_changed")


async def test_the_other_accounts_sign_in_has_to_be_fresh_too(house):
    walker, _ = await both(house)
    page = await pressing(walker, SECURITY, "merge_accounts")
    house.clock.advance(STALE)
    assert (await walker.post(page, intent="this")).h1 == says("sign_in.title")  # this one is stale as well
    await walker.sign_in(BOB, PASSWORD)
    page = await pressing(walker, SECURITY, "merge_accounts")
    assert page.h1 == says("sign_in.title")
    await walker.sign_in(ANN, PASSWORD, page)
    assert (await pressing(walker, SECURITY, "merge_accounts")).h1 == says("merge.title")
    assert (await house.rows())["customers"] == 2


async def test_a_merge_is_no_way_around_a_second_factor_and_nobody_else_is_merged(house):
    walker, _ = await both(house)
    totp, _, _ = await enrolled(house, walker)
    house.clock.advance(30)
    page = await pressing(walker, SECURITY, "merge_accounts")
    page = await walker.post(page, code=now_code(house, totp))
    assert page.h1 == says("merge.title")
    page = await walker.post(page, intent="other")
    assert page.notices == [says("error.merge_would_weaken")]
    assert (await walker.post(page, intent="cancel")).path == SECURITY
    page = await walker.get(SECURITY)
    form = next(form for form in page.forms if ("intent", "merge_accounts") in form.buttons)
    assert (await walker.post(page, form=form, intent="merge_accounts", session="nobody")).path == SECURITY
    assert (await house.rows())["customers"] == 2
