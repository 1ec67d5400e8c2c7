"""First factors: a mailed code or link signs in; one page or two; accounts and tenants without passwords."""

import asyncio
import base64

import msgspec
import pytest

from limen.app.basis import tenancy
from limen.identity.administrators import SYSTEM
from limen.identity.credentials.hashing import PasswordHasher
from limen.identity.credentials.records import seal_password
from limen.identity.customers.records import Profile
from limen.identity.tenants.management import TenantChange
from limen.identity.tenants.sign_in import SignInSettings
from limen.kernel.errors import Invalid
from tests.integration.journeys.test_second_factor import enrolled, now_code
from tests.support.house import PASSWORD, code_in, link_in, says
from tests.support.walker import SAFARI

pytestmark = pytest.mark.anyio
ANN = "ann@example.com"
NOBODY = "nobody@example.com"
BY_MAIL = "use:email_code"
CHECK_MAIL = says("verify.title")


async def signs_in_by(house, **methods):
    """Change how the tenant's customers sign in."""
    settings = msgspec.structs.replace(house.tenant.settings, sign_in=SignInSettings(**methods))
    done = await tenancy(house.basis, house.tenant).update("default", TenantChange(settings=settings), SYSTEM)
    await house.storage.feed.poll()
    return done


async def asked(house, walker, email=ANN, page=None):
    """Ask for a code; return the page that wants it and the mail that came."""
    page = await walker.post(page or await walker.get("/sign-in"), email=email, password=None, intent=BY_MAIL)
    return page, (await house.mails(email) or [None])[-1]


def id_token_of(tokens):
    part = tokens["id_token"].split(".")[1]
    return msgspec.json.decode(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


# ---------------------------------------------------------------------------------------------- by a mailed code


async def test_a_mailed_code_signs_in_and_bears_no_assurance(house_on):
    await house_on.customer(ANN)
    shop = await house_on.register_client(require_consent=False)
    walker = house_on.walker()
    page, mail = await asked(house_on, walker, page=await walker.authorize(shop[0]))
    assert page.h1 == CHECK_MAIL
    assert mail.subject == says("mail.sign_in_code.subject", brand="Limen")
    page = await walker.post(page, code=code_in(mail))
    claims = id_token_of(await walker.tokens(shop, page))
    assert claims["amr"] == ["email"]
    assert not claims.get("acr")


async def test_the_link_signs_in_where_it_was_asked_for_once(house):
    await house.customer(ANN)
    walker = house.walker()
    _, mail = await asked(house, walker)
    page = await walker.get(link_in(mail))
    assert page.h1 == says("link.sign_in.title")
    assert (await walker.post(page)).path == "/account"
    assert (await walker.get(link_in(mail))).status == 410
    assert (await house.walker().get(link_in(mail))).status == 410


async def test_the_link_leads_on_to_the_application_that_asked(house):
    await house.customer(ANN)
    shop = await house.register_client(require_consent=False)
    walker = house.walker()
    _, mail = await asked(house, walker, page=await walker.authorize(shop[0]))
    page = await walker.get(link_in(mail))
    policy = page.headers["content-security-policy"]
    assert "https://shop.example" in policy.partition("form-action")[2].partition(";")[0]
    assert "code" in (await walker.post(page)).answer


async def test_the_link_elsewhere_shows_the_code_and_signs_nobody_in(house):
    await house.customer(ANN)
    walker, phone = house.walker(), house.walker(user_agent=SAFARI)
    page, mail = await asked(house, walker)
    shown = await phone.get(link_in(mail))
    assert shown.h1 == says("elsewhere.title")
    assert says("elsewhere.sign_in.lead") in shown.text
    assert "shop.example" not in shown.headers["content-security-policy"]
    shown = await phone.post(shown)
    assert code_in(mail) in shown.text
    assert (await phone.get("/account")).h1 == says("sign_in.title")
    assert (await walker.post(page, code=code_in(mail))).path == "/account"


async def test_a_scanner_that_fetches_the_link_signs_nobody_in(house):
    await house.customer(ANN)
    walker, scanner = house.walker(), house.walker()
    page, mail = await asked(house, walker)
    for _ in range(2):
        await scanner.get(link_in(mail))
    assert (await house.rows())["sessions"] == 0
    assert (await walker.post(page, code=code_in(mail))).path == "/account"


async def test_no_code_is_right_for_an_address_without_an_account_and_its_owner_is_told(house):
    walker = house.walker()
    page, mail = await asked(house, walker, NOBODY)
    assert (page.h1, mail.subject) == (CHECK_MAIL, says("mail.sign_in_no_account.subject", brand="Limen"))
    assert "/sign-up" in mail.text
    for code in ("", "000000"):
        page = await walker.post(page, code=code)
        assert page.status == 400


async def test_where_sign_up_is_closed_the_mail_invites_nobody(house):
    settings = msgspec.structs.replace(house.tenant.settings, sign_up_open=False)
    await tenancy(house.basis, house.tenant).update("default", TenantChange(settings=settings), SYSTEM)
    await house.storage.feed.poll()
    for begin in ("/sign-in", "/recover"):
        walker = house.walker()
        await walker.post(await walker.get(begin), email=NOBODY, **({"intent": BY_MAIL} if begin == "/sign-in" else {}))
        assert "/sign-up" not in (await house.mails(NOBODY))[-1].text


async def test_a_disabled_customer_gets_no_code_and_a_code_from_before_opens_nothing(house):
    ann = await house.customer(ANN)
    early, late = house.walker(), house.walker()
    page, mail = await asked(house, early)
    await house.administration().disable(ann.id, SYSTEM)
    assert (await early.post(page, code=code_in(mail))).status == 400
    _, mail = await asked(house, late)
    assert "/link/" not in mail.text
    assert (await house.rows())["sessions"] == 0


async def test_a_second_factor_is_asked_for_behind_a_mailed_code(house):
    await house.customer(ANN)
    walker = house.walker()
    await walker.sign_in(ANN, PASSWORD)
    totp, _, _ = await enrolled(house, walker)
    other = house.walker()
    page, mail = await asked(house, other)
    page = await other.post(page, code=code_in(mail))
    assert page.h1 == says("second_factor.ask.title")
    assert (await house.rows())["sessions"] == 1
    assert (await other.post(page, code=now_code(house, totp))).path == "/account"


async def test_an_address_that_an_administrator_gave_is_proven_by_the_code(house):
    directory = house.directory()
    customer, vault = await directory.prepare(Profile(email=ANN, email_verified=False))
    async with house.storage.database.begin(house.tenant.id) as unit:
        assert await directory.add(unit, customer, vault)
    walker = house.walker()
    page, mail = await asked(house, walker)
    assert (await walker.post(page, code=code_in(mail))).path == "/account"
    async with house.storage.database.read(house.tenant.id) as unit:
        now = await directory.open(await unit.customers.get(customer.id))
    assert now.profile.email_verified
    assert "customer.updated" in await house.events()


async def test_whoever_proves_an_address_that_nobody_had_proven_is_rid_of_the_password_that_waited_there(house):
    directory = house.directory()
    customer, vault = await directory.prepare(Profile(email=ANN, email_verified=False))
    hasher = PasswordHasher(house.parameters, house.pool, house.basis.entropy)
    stored = seal_password(vault, customer.id, await hasher.hash(PASSWORD.encode()), house.clock.now())
    async with house.storage.database.begin(house.tenant.id) as unit:
        assert await directory.add(unit, customer, vault)
        await unit.passwords.put(stored)
    eve = house.walker()  # she made the account elsewhere, with an address that is not hers
    assert (await eve.sign_in(ANN, PASSWORD)).path == "/account"
    house.clock.advance(60)
    ann = house.walker()
    page, mail = await asked(house, ann)
    assert (await ann.post(page, code=code_in(mail))).path == "/account"
    assert (await ann.get("/account")).path == "/account"
    assert (await eve.get("/account")).path != "/account"
    assert says("error.invalid_credentials") in (await eve.sign_in(ANN, PASSWORD)).alert
    assert "account.reclaimed" in await house.events()


# -------------------------------------------------------------------------------------------- manners of a code


async def test_a_code_has_five_tries_and_a_new_one_brings_none_back(house):
    await house.customer(ANN)
    walker = house.walker()
    page, mail = await asked(house, walker)
    wrong = str((int(code_in(mail)) + 1) % 1_000_000).zfill(6)
    for _ in range(3):
        page = await walker.post(page, code=wrong)
    page = await walker.post(page, intent="resend", code=None)
    for _ in range(2):
        page = await walker.post(page, code=wrong)
    assert page.errors["code"] == says("error.code_exhausted")
    assert (await walker.post(page, code=code_in((await house.mails(ANN))[-1]))).status == 400
    assert (await house.events()).count("code.refused") == 5


async def test_guesses_are_counted_over_all_journeys_and_the_link_still_signs_in(build_house):
    async with build_house(codes_per_identifier="4/600") as house:
        await house.customer(ANN)
        for _ in range(2):
            stranger = house.walker()
            page, _ = await asked(house, stranger)
            for _ in range(2):
                page = await stranger.post(page, code="999999")
        walker = house.walker()
        page, mail = await asked(house, walker)
        assert (await walker.post(page, code=code_in(mail))).status == 429
        assert (await walker.post(await walker.get(link_in(mail)))).path == "/account"


async def test_a_code_lives_as_long_as_the_tenant_says_and_another_can_be_sent(house):
    await house.customer(ANN)
    walker = house.walker()
    page, mail = await asked(house, walker)
    house.clock.advance(house.tenant.settings.lifetimes.sign_in_code)
    page = await walker.post(page, code=code_in(mail))
    assert page.errors["code"] == says("error.code_expired")
    assert (await house.walker().get(link_in(mail))).status == 410
    page = await walker.post(page, intent="resend", code=None)
    assert page.notices == [says("notice.code_sent")]
    assert (await walker.post(page, code=code_in((await house.mails(ANN))[-1]))).path == "/account"


async def test_only_so_many_codes_are_sent_to_an_address_by_whatever_way(build_house):
    async with build_house(mails_per_identifier="2/3600") as house:
        await house.customer(ANN)
        for begin, more in (("/sign-in", {"intent": BY_MAIL, "password": None}), ("/recover", {})):
            walker = house.walker()
            assert (await walker.post(await walker.get(begin), email=ANN, **more)).h1 == CHECK_MAIL
        page, _ = await asked(house, house.walker())
        assert page.status == 429
        assert int(page.headers["retry-after"]) > 0
        assert len(await house.mails(ANN)) == 2


async def test_a_form_sent_twice_at_once_sends_one_mail(house):
    await house.customer(ANN)
    walker = house.walker()
    page = await walker.get("/sign-in")
    await asyncio.gather(*(walker.post(page, email=ANN, password=None, intent=BY_MAIL) for _ in range(2)))
    assert len(await house.mails(ANN)) == 1


async def test_the_back_button_shows_the_step_that_is_due(house):
    await house.customer(ANN)
    walker = house.walker()
    first = await walker.get("/sign-in")
    _, mail = await asked(house, walker, page=first)
    page = await walker.post(first, email=ANN, password=PASSWORD)
    assert (page.h1, page.notices) == (CHECK_MAIL, [says("notice.moved_on")])
    assert (await walker.post(page, code=code_in(mail))).path == "/account"


async def test_two_tabs_share_one_journey_and_two_journeys_do_not_disturb_each_other(house):
    await house.customer(ANN)
    walker = house.walker()
    page, mail = await asked(house, walker)
    other, later = await asked(house, walker)
    assert page.path != other.path
    same = await walker.get(page.path)
    assert (await walker.post(page, code=code_in(mail))).path == "/account"
    assert (await walker.post(same, code=code_in(mail))).path == "/account"
    assert (await walker.get(other.path)).h1 == CHECK_MAIL
    assert (await walker.post(await walker.get(other.path), code=code_in(later))).path == "/account"


async def test_the_address_can_be_changed_and_the_code_from_before_is_spent(house):
    await house.customer(ANN)
    walker = house.walker()
    page, mail = await asked(house, walker)
    page = await walker.post(page, intent="change_email", code=None)
    assert (page.h1, page.fields["email"]) == (says("sign_in.title"), ANN)
    assert (await walker.get(link_in(mail))).status == 410


async def test_an_expired_journey_says_so(house):
    await house.customer(ANN)
    walker = house.walker()
    page, mail = await asked(house, walker)
    house.clock.advance(house.tenant.settings.lifetimes.journey)
    assert (await walker.post(page, code=code_in(mail))).status == 410


# ------------------------------------------------------------------------------------------- one page, or two


async def test_where_the_identifier_comes_first_the_second_page_asks_for_the_proof(house):
    await house.customer(ANN)
    await signs_in_by(house, identifier_first=True)
    walker = house.walker()
    page = await walker.get("/sign-in")
    assert "password" not in page.fields
    assert ("intent", BY_MAIL) not in page.form.buttons
    page = await walker.post(page, email=ANN)
    assert (page.status, page.fields["email"]) == (200, ANN)
    assert ("intent", BY_MAIL) in page.form.buttons
    assert (await walker.post(page, password=PASSWORD)).path == "/account"


async def test_the_second_page_is_the_same_for_everybody(house):
    await house.customer(ANN)
    await house.customer("bea@example.com", password=None)
    await signs_in_by(house, identifier_first=True)
    pages = []
    for email in (ANN, "bea@example.com", "nob@example.com"):
        walker = house.walker()
        page = await walker.post(await walker.get("/sign-in"), email=email)
        pages.append((page.h1, page.form.buttons, sorted(page.fields), len(page.text.replace(email, ""))))
    assert pages[0] == pages[1] == pages[2]


async def test_a_wrong_password_on_the_second_page_stays_there_and_the_address_can_be_changed(house):
    await house.customer(ANN)
    await signs_in_by(house, identifier_first=True)
    walker = house.walker()
    page = await walker.post(await walker.get("/sign-in"), email=ANN)
    page = await walker.post(page, password="wrong horse battery")
    assert (page.status, page.fields["email"]) == (400, ANN)
    page = await walker.post(page, password=None)
    assert page.errors["password"] == says("error.required")
    page = await walker.post(page, intent="change_email", password=None)
    assert (page.status, page.fields["email"]) == (200, "")
    assert "password" not in page.fields


async def test_an_address_that_is_none_stays_on_the_first_page(house):
    await signs_in_by(house, identifier_first=True)
    walker = house.walker()
    page = await walker.post(await walker.get("/sign-in"), email="ann@")
    assert (page.status, page.errors["email"], page.fields["email"]) == (400, says("error.email_invalid"), "ann@")


async def test_a_login_hint_leads_to_the_second_page_whoever_it_names(house):
    await house.customer(ANN)
    shop = await house.register_client()
    await signs_in_by(house, identifier_first=True)
    for email in (ANN, NOBODY):
        page = await house.walker().authorize(shop[0], login_hint=email)
        assert (page.fields["email"], "password" in page.fields) == (email, True)
    page = await house.walker().authorize(shop[0], login_hint="+49 170 0000000")
    assert "password" not in page.fields


async def test_with_one_way_alone_there_is_one_page(house):
    await signs_in_by(house, identifier_first=True, password=False, passkey=False)
    page = await house.walker().get("/sign-in")
    assert [button for button in page.form.buttons if button[1].startswith("use:")] == [("intent", BY_MAIL)]


# --------------------------------------------------------------------------------------------- without passwords


async def test_without_passwords_a_sign_up_takes_a_name_and_an_address_and_stores_no_password(house_on):
    await signs_in_by(house_on, password=False)
    walker = house_on.walker()
    page = await walker.get("/sign-up")
    assert "password" not in page.fields
    with house_on.watching() as watched:
        page = await walker.post(page, email=ANN, name="Ann")
        page = await walker.post(page, code=code_in((await house_on.mails(ANN))[-1]))
    assert (page.path, watched.hashes) == ("/account", 0)
    rows = await house_on.rows()
    assert (rows["customers"], rows["passwords"]) == (1, 0)
    other = house_on.walker()
    page, mail = await asked(house_on, other)
    assert (await other.post(page, code=code_in(mail))).path == "/account"


async def test_a_way_that_is_off_is_neither_shown_nor_taken(house):
    await house.customer(ANN)
    await signs_in_by(house, password=False)
    walker = house.walker()
    page = await walker.get("/sign-in")
    assert "password" not in page.fields
    page = await walker.post(page, email=ANN, password=PASSWORD)
    assert page.h1 == CHECK_MAIL
    await signs_in_by(house, email_code=False)
    walker = house.walker()
    page = await walker.get("/sign-in")
    assert ("intent", BY_MAIL) not in page.form.buttons
    page = await walker.post(page, email=ANN, password=None, intent=BY_MAIL)
    assert page.errors == {"password": says("error.required")}
    assert len(await house.mails(ANN)) == 1


async def test_a_code_on_its_way_when_the_way_is_switched_off_opens_nothing(house):
    await house.customer(ANN)
    walker = house.walker()
    page, mail = await asked(house, walker)
    await signs_in_by(house, email_code=False)
    page = await walker.post(page, code=code_in(mail))
    assert page.h1 == says("sign_in.title")
    assert (await house.rows())["sessions"] == 0


async def test_a_tenant_without_any_way_is_refused(house):
    refused = await signs_in_by(house, password=False, email_code=False, passkey=False)
    assert isinstance(refused, Invalid)
    assert refused.fields == {"settings.sign_in": "sign_in.no_method"}


async def test_without_passwords_recovery_signs_in_and_asks_for_none(house):
    await house.customer(ANN, password=None)
    await signs_in_by(house, password=False, email_code=False)
    walker = house.walker()
    page = await walker.begin_recovery(ANN)
    mail = (await house.mails(ANN))[-1]
    assert mail.subject == says("mail.sign_in_code.subject", brand="Limen")
    assert (await walker.post(page, code=code_in(mail))).path == "/account"
    assert (await house.rows())["passwords"] == 0


@pytest.mark.parametrize("adds", [True, False])
async def test_recovery_gives_a_password_to_who_has_none_where_the_tenant_says_so(house, adds):
    await house.customer(ANN, password=None)
    await signs_in_by(house, recovery_adds_password=adds)
    walker = house.walker()
    page = await walker.begin_recovery(ANN)
    page = await walker.post(page, code=code_in((await house.mails(ANN))[-1]))
    assert (page.h1 == says("new_password.title")) is adds
    if adds:
        assert (await walker.post(page, password="another horse battery")).path == "/account"
    assert (await house.rows())["passwords"] == int(adds)


# -------------------------------------------------------------------------------------------------- measured


async def test_proofs_are_counted_by_authenticator_and_outcome(house):
    await house.customer(ANN)
    walker = house.walker()
    await walker.sign_in(ANN, "wrong horse battery")
    page, mail = await asked(house, walker)
    page = await walker.post(page, code="x")
    await walker.post(page, code=code_in(mail))
    counted = {
        (sample.labels["method"], sample.labels["outcome"]): sample.value
        for metric in house.site._registry.collect()
        if metric.name == "limen_authentications"
        for sample in metric.samples
        if sample.name.endswith("_total")
    }
    assert counted == {("pwd", "refused"): 1, ("email", "refused"): 1, ("email", "proven"): 1}
