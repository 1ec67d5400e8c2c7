"""Another password, another address, trusted devices, and the link by which it was not me."""

import asyncio
import base64
import json
import re
from functools import partial

import msgspec
import pytest

from limen.app import front
from limen.app.jobs.upkeep import sweep
from limen.kernel.clock import DAY, SECOND
from tests.integration.journeys.test_second_factor import ASKED, enrolled, now_code, press, settings
from tests.support.house import PASSWORD, code_in, link_in, says
from tests.support.walker import SAFARI

pytestmark = pytest.mark.anyio
ANN, BOB, NEW_ADDRESS = "ann@example.com", "bob@example.com", "new@example.org"
NEW = "another horse battery"


def secure_in(mail):
    """The link to follow in a notice."""
    found = re.search(r"https?://\S+(/secure/\S+)", mail.text)
    assert found, mail.text
    return found[1]


async def begin(walker, intent):
    """Press a button of the security page."""
    page = await walker.get("/account/security")
    return await walker.post(page, form=press(page, intent), intent=intent)


async def recovery_settings(house, **changes):
    recovery = msgspec.structs.replace(house.tenant.settings.recovery, **changes)
    return await settings(house, recovery=recovery)


async def mailed(house, to, template):
    subject = says(f"mail.{template}.subject", brand=house.tenant.name)
    return [mail for mail in await house.mails(to) if mail.subject == subject]


@pytest.fixture
async def ann(house):
    """Ann, signed in by password alone."""
    await house.customer(ANN)
    walker = house.walker()
    await walker.sign_in(ANN, PASSWORD)
    return walker


@pytest.fixture
async def ann_with_app(house, ann):
    ann.totp, ann.codes, _ = await enrolled(house, ann, "My phone")
    return ann


# ------------------------------------------------------------------------------------------------- another password


async def test_a_changed_password_ends_every_other_session_and_keeps_this_one(house_on):
    house = house_on
    await house.customer(ANN)
    shop = await house.register_client(require_consent=False)
    ann, thief = house.walker(), house.walker(user_agent=SAFARI)
    await ann.sign_in(ANN, PASSWORD)
    mine = await ann.tokens(shop, await ann.authorize(shop[0]))
    await thief.sign_in(ANN, PASSWORD)
    theirs = await thief.tokens(shop, await thief.authorize(shop[0]))
    house.clock.advance(5)
    page = await begin(ann, "change_password")
    assert page.h1 == says("change_password.title")
    assert (await ann.post(page, password=NEW)).path.startswith("/account")
    assert (await thief.get("/account")).h1 == says("sign_in.title")
    assert (await thief.token(shop, grant_type="refresh_token", refresh_token=theirs["refresh_token"]))["status"] == 400
    assert (await ann.token(shop, grant_type="refresh_token", refresh_token=mine["refresh_token"]))["status"] == 200
    assert (await house.walker().sign_in(ANN, PASSWORD)).status == 400
    assert (await house.walker().sign_in(ANN, NEW)).path.startswith("/account")
    assert len(await mailed(house, ANN, "password_changed")) == 1


async def test_what_the_old_password_proved_in_a_journey_under_way_counts_no_more(house, ann):
    shop = await house.register_client()
    thief = house.walker()
    waiting = await thief.sign_in(ANN, PASSWORD, await thief.authorize(shop[0]))
    assert waiting.h1 == says("consent.title", client="The Shop")
    house.clock.advance(5)
    await ann.post(await begin(ann, "change_password"), password=NEW)
    assert (await thief.allow(waiting)).h1 == says("sign_in.title")


async def test_a_session_left_open_is_not_enough_and_a_second_factor_is_asked_for(house, ann):
    house.clock.advance(601)
    assert (await begin(ann, "change_password")).h1 == says("sign_in.title")
    await ann.sign_in(ANN, PASSWORD)
    totp, _, _ = await enrolled(house, ann)
    page = await begin(ann, "change_password")
    assert page.h1 == ASKED
    page = await ann.post(page, code=now_code(house, totp))
    assert page.h1 == says("change_password.title")
    assert (await ann.post(page, intent="cancel", password=None)).path.startswith("/account")


async def test_a_password_used_lately_is_refused_as_far_as_is_remembered(house, ann):
    await settings(house, password_history=2)
    page = await ann.post(await begin(ann, "change_password"), password=PASSWORD)
    assert (page.status, page.errors) == (400, {"password": says("password.used_before")})
    await ann.post(page, password=NEW)
    house.clock.advance(1)
    page = await ann.post(await begin(ann, "change_password"), password=PASSWORD)
    assert page.errors == {"password": says("password.used_before")}
    await ann.post(page, password="a third horse battery")
    house.clock.advance(1)
    assert (await ann.post(await begin(ann, "change_password"), password=PASSWORD)).path.startswith("/account")
    assert (await house.rows())["password_history"] == 1


async def test_a_password_is_not_made_of_any_name_of_its_owner(house):
    await house.customer(
        ANN, given_name="Annegret", middle_name="Theodora", nickname="Quicksilver", username="moonshine"
    )
    ann = house.walker()
    await ann.sign_in(ANN, PASSWORD)
    page = await begin(ann, "change_password")
    for name in ("Annegret", "Theodora", "Quicksilver", "Moonshine"):
        page = await ann.post(page, password=f"{name}.1990!")
        assert page.errors == {"password": says("password.contains_context")}, name
    page = await house.walker().recover(ANN, "Quicksilver.1990!")
    assert page.errors == {"password": says("password.contains_context")}


# -------------------------------------------------------------------------------------------------- another address


async def test_an_address_is_moved_by_the_code_sent_to_the_new_one_and_both_are_told(house_on):
    house = house_on
    await house.customer(ANN)
    ann = house.walker()
    await ann.sign_in(ANN, PASSWORD)
    page = await ann.post(await begin(ann, "change_email"), email=NEW_ADDRESS)
    assert page.h1 == says("verify.title")
    page = await ann.post(page, code=code_in((await house.mails(NEW_ADDRESS))[-1]))
    assert page.path.startswith("/account")
    assert (await house.walker().sign_in(NEW_ADDRESS, PASSWORD)).path.startswith("/account")
    assert (await house.walker().sign_in(ANN, PASSWORD)).status == 400
    assert len(await mailed(house, NEW_ADDRESS, "email_moved")) == 1
    assert len(await mailed(house, ANN, "email_changed")) == 1
    assert "email.changed" in await house.events()


async def test_the_link_in_the_mail_proves_the_new_address_where_the_change_began(house, ann):
    page = await ann.post(await begin(ann, "change_email"), email=NEW_ADDRESS)
    assert page.h1 == says("verify.title")
    link = await ann.get(link_in((await house.mails(NEW_ADDRESS))[-1]))
    assert link.h1 == says("link.change.title")
    assert (await ann.post(link)).path.startswith("/account")
    assert NEW_ADDRESS in (await ann.get("/account/security")).text


async def test_opened_elsewhere_the_link_only_shows_the_code(house, ann):
    page = await ann.post(await begin(ann, "change_email"), email=NEW_ADDRESS)
    other = house.walker(user_agent=SAFARI)
    link = await other.get(link_in((await house.mails(NEW_ADDRESS))[-1]))
    shown = await other.post(link)
    assert shown.h1 == says("link_code.title")
    assert (await other.get("/account")).h1 == says("sign_in.title")
    code = re.search(r'class="code"[^>]*>(\d{6})<', shown.text)[1]
    assert (await ann.post(page, code=code)).path.startswith("/account")


@pytest.mark.parametrize("taken", [True, False])
async def test_a_taken_address_is_shown_the_same_page_and_its_owner_is_told(house, ann, taken):
    if taken:
        await house.customer(BOB)
    form = await begin(ann, "change_email")
    with house.watching() as trace:
        page = await ann.post(form, email=BOB)
    assert (page.status, page.h1, page.errors, page.notices) == (200, says("verify.title"), {}, [])
    assert trace.events == 1
    [mail] = await house.mails(BOB)
    assert ("/link/" in mail.text) is not taken
    if taken:
        page = await ann.post(page, code="123456")
        assert page.errors == {"code": says("error.code_invalid")}


@pytest.mark.parametrize(("typed", "error"), [("nonsense", "error.email_invalid"), (ANN, "error.email_same")])
async def test_what_is_no_new_address_is_refused_with_words(house, ann, typed, error):
    page = await ann.post(await begin(ann, "change_email"), email=typed)
    assert (page.status, page.errors) == (400, {"email": says(error)})
    assert (await ann.post(page, intent="cancel", email="")).path.startswith("/account")


async def test_of_two_who_prove_one_address_at_once_one_gets_it(house_on):
    house, walkers = house_on, []
    for email in (ANN, BOB):
        await house.customer(email)
        walker = house.walker()
        await walker.sign_in(email, PASSWORD)
        page = await walker.post(await begin(walker, "change_email"), email=NEW_ADDRESS)
        walkers.append((walker, page, code_in((await house.mails(NEW_ADDRESS))[-1])))
    answers = await asyncio.gather(*(walker.raw_post(page, code=code) for walker, page, code in walkers))
    assert sorted(answer.status_code for answer in answers) == [303, 400]
    assert (await house.rows())["contact_index"] == 3


async def move(house, walker, to=NEW_ADDRESS):
    page = await walker.post(await begin(walker, "change_email"), email=to)
    page = await walker.post(page, code=code_in((await house.mails(to))[-1]))
    assert page.path.startswith("/account"), page


async def test_the_old_address_undoes_the_change_ends_everything_and_asks_for_a_new_password(house_on):
    house = house_on
    await house.customer(ANN)
    thief = house.walker()
    await thief.sign_in(ANN, PASSWORD)
    await move(house, thief)
    [notice] = await mailed(house, ANN, "email_changed")
    owner = house.walker(user_agent=SAFARI)
    page = await owner.get(secure_in(notice))
    assert page.h1 == says("secure.undo_email.title")
    assert (await thief.get("/account")).path.startswith("/account")  # looking did nothing
    page = await owner.post(page)
    assert page.h1 == says("secured.undo_email.title")
    assert (await thief.get("/account")).h1 == says("sign_in.title")
    for email in (ANN, NEW_ADDRESS):
        assert (await house.walker().sign_in(email, PASSWORD)).status == 400
    assert (await owner.recover(ANN, NEW)).path.startswith("/account")
    again = await owner.get(secure_in(notice))
    assert again.status == 410
    assert "account.secured" in await house.events()


async def test_while_it_is_held_nobody_else_takes_the_old_address_and_afterwards_anybody_does(house, ann):
    await move(house, ann)
    stranger = house.walker()
    page = await stranger.begin_sign_up(ANN, PASSWORD)
    assert page.h1 == says("verify.title")
    assert "/link/" not in (await house.mails(ANN))[-1].text
    await house.customer(BOB)
    bob = house.walker()
    await bob.sign_in(BOB, PASSWORD)
    await bob.post(await begin(bob, "change_email"), email=ANN)
    assert "/link/" not in (await house.mails(ANN))[-1].text
    house.clock.advance(7 * 86_400)
    await sweep(house.basis)
    assert (await house.walker().sign_up(ANN, PASSWORD)).path.startswith("/account")


async def test_an_intruders_own_undo_link_is_void_once_the_owner_undid_the_change(house, ann):
    await move(house, ann)
    await move(house, ann, "third@example.org")
    [theirs] = await mailed(house, NEW_ADDRESS, "email_changed")
    [owners] = await mailed(house, ANN, "email_changed")
    owner = house.walker()
    assert (await owner.post(await owner.get(secure_in(owners)))).status == 200
    assert (await owner.get(secure_in(theirs))).status == 410


async def test_without_days_to_undo_the_old_address_is_free_at_once(house, ann):
    await recovery_settings(house, undo_days=0)
    await move(house, ann)
    [notice] = await mailed(house, ANN, "email_changed")
    assert "/secure/" not in notice.text
    assert (await house.walker().sign_up(ANN, PASSWORD)).path.startswith("/account")


# -------------------------------------------------------------------------------------------------- it was not me


async def test_it_was_not_me_ends_everything_and_removes_the_factor_that_was_just_added(house_on):
    house = house_on
    await house.customer(ANN)
    thief = house.walker()
    await thief.sign_in(ANN, PASSWORD)
    await enrolled(house, thief)
    [notice] = await mailed(house, ANN, "factor_added")
    owner = house.walker(user_agent=SAFARI)
    page = await owner.get(secure_in(notice))
    assert page.h1 == says("secure.secure.title")
    assert (await owner.post(page)).h1 == says("secured.secure.title")
    assert (await thief.get("/account")).h1 == says("sign_in.title")
    assert (await house.rows())["factors"] == 0
    assert (await house.walker().sign_in(ANN, PASSWORD)).status == 400
    assert (await owner.recover(ANN, NEW)).path.startswith("/account")


async def test_a_factor_from_long_before_stays_and_is_asked_for_in_recovery(house, ann_with_app):
    house.clock.advance(8 * 86_400)
    ann = ann_with_app
    page = await ann.post(await ann.sign_in(ANN, PASSWORD), code=now_code(house, ann.totp))
    house.clock.advance(30)
    page = await ann.post(await begin(ann, "change_password"), code=now_code(house, ann.totp))
    await ann.post(page, password=NEW)
    [notice] = await mailed(house, ANN, "password_changed")
    owner = house.walker()
    await owner.post(await owner.get(secure_in(notice)))
    assert (await house.rows())["factors"] == 11
    page = await owner.begin_recovery(ANN)
    assert (await owner.post(page, code=code_in((await house.mails(ANN))[-1]))).h1 == ASKED


async def test_of_many_who_use_one_link_at_once_one_does_and_a_link_of_nobody_does_nothing(house, ann):
    await ann.post(await begin(ann, "change_password"), password=NEW)
    [notice] = await mailed(house, ANN, "password_changed")
    walkers = [house.walker() for _ in range(6)]
    pages = [await walker.get(secure_in(notice)) for walker in walkers]
    answers = await asyncio.gather(*(w.raw_post(p) for w, p in zip(walkers, pages, strict=True)))
    assert sorted(answer.status_code for answer in answers) == [200] + [410] * 5
    for token in ("x" * 32, "x" * 5000, "%00"):
        assert (await house.walker().get(f"/secure/{token}")).status in {400, 404, 410, 414}


async def test_a_link_does_nothing_after_its_days_or_from_another_site(house, ann):
    await ann.post(await begin(ann, "change_password"), password=NEW)
    [notice] = await mailed(house, ANN, "password_changed")
    walker = house.walker()
    page = await walker.get(secure_in(notice))
    assert (await walker.post(page, csrf="x" * 40)).status == 403
    house.clock.advance(7 * DAY // SECOND)
    assert (await walker.post(page)).status == 410
    assert (await house.walker().sign_in(ANN, NEW)).path.startswith("/account")


# ------------------------------------------------------------------------------------------------ trusted devices


async def trust(house, walker):
    """Sign in behind a code, and trust this device."""
    page = await walker.sign_in(ANN, PASSWORD)
    assert page.h1 == ASKED
    page = await walker.post(page, code=now_code(house, walker.totp), trust="yes")
    house.clock.advance(30)
    return page


async def sign_out(walker):
    page = await walker.get("/account")
    return await walker.post(page, form=press(page, "sign_out"), intent="sign_out")


async def test_a_trusted_device_is_asked_for_no_code_at_sign_in_and_states_one_factor(house_on):
    house = house_on
    await house.customer(ANN)
    ann = house.walker()
    await ann.sign_in(ANN, PASSWORD)
    ann.totp, _, _ = await enrolled(house, ann)
    await sign_out(ann)
    assert (await trust(house, ann)).path.startswith("/account")
    shop = await house.register_client(require_consent=False)
    await sign_out(ann)
    page = await ann.sign_in(ANN, PASSWORD)
    assert page.path.startswith("/account")
    tokens = await ann.tokens(shop, await ann.authorize(shop[0]))
    claims = claims_of(tokens["id_token"])
    assert (claims["acr"], claims["amr"]) == ("urn:limen:aal:1", ["pwd"])
    assert (await house.walker().sign_in(ANN, PASSWORD)).h1 == ASKED  # nowhere else
    assert "device.trusted" in await house.events()


def claims_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


async def test_trust_counts_for_no_change_no_recovery_and_no_demand_for_two_factors(house, ann_with_app):
    ann = ann_with_app
    await sign_out(ann)
    await trust(house, ann)
    assert (await begin(ann, "change_password")).h1 == ASKED
    await sign_out(ann)
    assert (await ann.sign_in(ANN, PASSWORD)).path.startswith("/account")
    shop = await house.register_client(require_consent=False)
    assert (await ann.authorize(shop[0], acr_values="urn:limen:aal:2")).h1 == ASKED
    page = await ann.begin_recovery(ANN)
    assert (await ann.post(page, code=code_in((await house.mails(ANN))[-1]))).h1 == ASKED


async def test_trust_ends_with_its_days_a_changed_password_and_by_hand(house, ann_with_app):
    ann = ann_with_app
    await sign_out(ann)
    await trust(house, ann)
    page = await ann.get("/account/devices")
    assert says("account.trusted") in page.text
    page = await ann.post(page, form=press(page, "forget_device"), intent="forget_device")
    assert page.notices == [says("notice.device_forgotten")]
    await sign_out(ann)
    await trust(house, ann)
    house.clock.advance(29 * 86_400)
    assert (await ann.sign_in(ANN, PASSWORD)).path.startswith("/account")
    house.clock.advance(86_400)
    await sign_out(ann)
    assert (await ann.sign_in(ANN, PASSWORD)).h1 == ASKED


async def test_no_trust_is_offered_where_it_is_switched_off_or_taken_where_it_is_not_offered(house, ann_with_app):
    ann = ann_with_app
    await recovery_settings(house, trusted_device_days=0)
    await sign_out(ann)
    page = await ann.sign_in(ANN, PASSWORD)
    assert 'name="trust"' not in page.text
    await ann.post(page, code=now_code(house, ann.totp), trust="yes")
    assert (await house.rows())["trusted_devices"] == 0


async def test_a_wrong_code_trusts_nothing(house, ann_with_app):
    ann = ann_with_app
    await sign_out(ann)
    page = await ann.post(await ann.sign_in(ANN, PASSWORD), code="000000", trust="yes")
    assert page.status == 400
    await ann.post(page, code=now_code(house, ann.totp))
    assert (await house.rows())["trusted_devices"] == 0


async def test_risk_overrules_trust(house, ann_with_app, monkeypatch):
    ann = ann_with_app
    await sign_out(ann)
    await trust(house, ann)
    await sign_out(ann)

    async def distrusts(_):
        return True

    monkeypatch.setattr(front, "JourneyParts", partial(front.JourneyParts, distrusts=distrusts))
    await settings(house, terms_url="https://shop.example/terms")  # the tenant's parts are made anew
    assert (await ann.sign_in(ANN, PASSWORD)).h1 == ASKED
