"""I have two accounts: both proven afresh at one browser, what it comes to is shown, and one goes into the other."""

import msgspec
import pytest

from limen.identity.administrators import SYSTEM
from tests.integration.account.people import ANN, BOB, PASSWORD, STALE, pressing
from tests.integration.account.test_emails import SECURITY, add, held, signs_in
from tests.integration.journeys.test_safe_changes import mailed
from tests.integration.journeys.test_second_factor import enrolled, now_code
from tests.support.house import says

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


@pytest.mark.parametrize("stays", ["this", "other"])
async def test_one_goes_into_the_other_and_its_proven_addresses_sign_in_to_the_one_who_stays(house_on, stays):
    house = house_on
    walker, (ann, bob) = await both(house)
    await add(house, walker, WORK)
    page = await pressing(walker, SECURITY, "merge_accounts")
    assert page.h1 == says("merge.title")
    page = await walker.post(page, intent=stays)
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
    assert len(await mailed(house, gone.profile.email, "identifiers_changed")) >= 1
    assert "customer.merged" in await house.events()
    assert await house.basis.keyring.subject(house.tenant.id, gone.id) is None


async def test_what_changed_since_it_was_shown_is_shown_again(house):
    walker, (ann, _) = await both(house)
    page = await walker.post(await pressing(walker, SECURITY, "merge_accounts"), intent="this")
    await house.administration().update(ann.id, lambda one: msgspec.structs.replace(one, name="Anna"), SYSTEM)
    page = await walker.post(page, intent="confirm")
    assert page.notices == [says("error.version_changed")]
    assert (await house.rows())["customers"] == 2


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
