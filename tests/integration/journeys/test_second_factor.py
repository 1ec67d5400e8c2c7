"""Two-step verification: set up on the account page, asked for behind the password, each code once."""

import asyncio
import base64
import re

import msgspec
import pytest

from limen.access.factors.totp import Totp, step_at
from limen.app.basis import tenancy
from limen.identity.administrators import SYSTEM
from limen.identity.tenants.assurance import AssuranceSettings
from limen.identity.tenants.management import TenantChange
from limen.kernel.event_data import misfit
from tests.support.house import PASSWORD, code_in, says
from tests.support.traces import trace_of
from tests.support.walker import SAFARI

pytestmark = pytest.mark.anyio
ANN = "ann@example.com"
NEW = "another horse battery"
ASKED, BEGIN = says("second_factor.ask.title"), says("second_factor.begin.title")


def secret_in(page):
    """The app that a page sets up, as an app would read it."""
    found = re.search(r'class="secret"[^>]*>([^<]+)<', page.text)
    assert found, page
    text = found[1].replace(" ", "").upper()
    raw = base64.b32decode(text + "=" * (-len(text) % 8))
    return Totp(raw, {20: "SHA1", 32: "SHA256", 64: "SHA512"}[len(raw)])


def codes_in(page):
    return re.findall(r"<li><code>([a-z2-9]{5}-[a-z2-9]{5})</code>", page.text)


def now_code(house, totp):
    return totp.code(step_at(house.clock.now()))


def press(page, intent):
    """The form of the account page that has this button."""
    return next(form for form in page.forms if ("intent", intent) in form.buttons)


async def settings(house, **changes):
    office = tenancy(house.basis, house.tenant)
    changed = msgspec.structs.replace(house.tenant.settings, **changes)
    done = await office.update("default", TenantChange(settings=changed), SYSTEM)
    await house.storage.feed.poll()
    return done


async def enrolled(house, walker, name=""):
    """Set up an app from the account page; return it with its recovery codes."""
    page = await walker.get("/account/security")
    page = await walker.post(page, form=press(page, "add_app"), intent="add_app")
    return await confirmed(house, walker, page, name)


async def confirmed(house, walker, page, name=""):
    page = await walker.post(page)
    totp = secret_in(page)
    page = await walker.post(page, code=now_code(house, totp), name=name)
    codes = codes_in(page)
    assert len(codes) == 10
    page = await walker.post(page)
    house.clock.advance(30)
    return totp, codes, page


async def by_recovery_code(walker, code):
    """Sign in, and choose to type a recovery code."""
    page = await walker.post(await walker.sign_in(ANN, PASSWORD), intent="use:recovery_code")
    return await walker.post(page, recovery_code=code)


@pytest.fixture
async def ann(house):
    """Ann, signed in, with an app."""
    await house.customer(ANN)
    walker = house.walker()
    await walker.sign_in(ANN, PASSWORD)
    walker.totp, walker.codes, _ = await enrolled(house, walker, "My phone")
    return walker


async def test_an_app_is_set_up_and_asked_for_at_the_next_sign_in(house_on):
    house = house_on
    await house.customer(ANN)
    walker = house.walker()
    await walker.sign_in(ANN, PASSWORD)
    totp, _, page = await enrolled(house, walker)
    assert page.path == "/account/security"
    other = house.walker(user_agent=SAFARI)
    page = await other.sign_in(ANN, PASSWORD)
    assert page.h1 == ASKED
    assert (await other.get("/account/security")).h1 == says("sign_in.title")  # the password alone opens nothing
    assert (await other.post(page, code=now_code(house, totp))).path == "/account"
    told = [mail.subject for mail in await house.mails(ANN)]
    assert says("mail.factor_added.subject", brand=house.tenant.name) in told
    assert "factor.added" in await house.events()


async def test_the_page_is_made_once_and_says_nothing_of_whoever_saw_it_before(house, ann):
    one, two = house.walker(), house.walker()
    before = await one.sign_in(ANN, PASSWORD)
    wrong = await one.post(before, code="000000")
    assert wrong.errors
    page = await two.sign_in(ANN, PASSWORD)
    assert not page.errors
    seen = [form.action for form in (before.form, wrong.form, page.form)]
    assert seen[0] == seen[1] != seen[2]
    assert len({one.fields["csrf"] for one in (before, page)}) == 2
    assert (await two.post(page, code=now_code(house, ann.totp))).path == "/account"


async def test_a_code_is_accepted_once(house, ann):
    code = now_code(house, ann.totp)
    one, two = house.walker(), house.walker()
    first, second = await one.sign_in(ANN, PASSWORD), await two.sign_in(ANN, PASSWORD)
    assert (await one.post(first, code=code)).path == "/account"
    page = await two.post(second, code=code)
    assert (page.status, page.errors) == (400, {"code": says("error.code_used")})


async def test_of_many_that_submit_one_code_at_once_one_gets_in(house, ann):
    code = now_code(house, ann.totp)
    walkers = [house.walker() for _ in range(12)]
    pages = [await walker.sign_in(ANN, PASSWORD) for walker in walkers]
    done = await asyncio.gather(*(w.raw_post(p, code=code) for w, p in zip(walkers, pages, strict=True)))
    assert sorted(answer.status_code for answer in done) == [303] + [400] * 11


@pytest.mark.parametrize("typed", ["000000", "12345", "abc", "\u0661\u0662\u0663\u0664\u0665\u0666", "9" * 300])
async def test_a_wrong_code_is_refused_with_words_and_on_record(house, ann, typed):
    walker = house.walker()
    page = await walker.post(await walker.sign_in(ANN, PASSWORD), code=typed)
    assert (page.status, page.h1, page.errors) == (400, ASKED, {"code": says("error.totp_invalid")})
    assert "second_factor.refused" in await house.events()
    assert (await walker.post(page, code=now_code(house, ann.totp))).path == "/account"


@pytest.mark.parametrize("fields", [{"code": None}, {"code": "  "}, {"code": None, "recovery_code": None}])
async def test_nothing_typed_is_told(house, ann, fields):
    walker = house.walker()
    page = await walker.post(await walker.sign_in(ANN, PASSWORD), **fields)
    assert (page.status, page.errors) == (400, {"code": says("error.required")})


async def test_a_recovery_code_stands_in_once_and_its_owner_is_told(house, ann):
    walker = house.walker()
    page = await by_recovery_code(walker, ann.codes[0].upper())
    assert page.path == "/account"
    assert says("account.two_step.codes_left", count="9") in (await walker.get("/account/security")).text
    mail = (await house.mails(ANN))[-1]
    assert mail.subject == says("mail.recovery_code_used.subject", brand=house.tenant.name)
    again = house.walker()
    page = await by_recovery_code(again, ann.codes[0])
    assert (page.status, page.errors) == (400, {"recovery_code": says("error.recovery_code_invalid")})
    assert (await again.post(page, recovery_code=ann.codes[1])).path == "/account"


@pytest.mark.parametrize("typed", ["aaaaa-aaaaa", "nonsense", "\u202e", "a" * 5000])
async def test_a_wrong_recovery_code_is_refused(house, ann, typed):
    walker = house.walker()
    page = await by_recovery_code(walker, typed)
    assert (page.status, page.errors) == (400, {"recovery_code": says("error.recovery_code_invalid")})


async def test_guesses_are_bounded_and_keep_no_owner_out_of_a_device_of_theirs(build_house):
    async with build_house(second_factor_per_customer="3/3600") as house:
        await house.customer(ANN)
        ann = house.walker()
        await ann.sign_in(ANN, PASSWORD)
        totp, codes, _ = await enrolled(house, ann)
        stranger = house.walker(address="198.51.100.9")
        page = await stranger.sign_in(ANN, PASSWORD)
        for _ in range(3):
            page = await stranger.post(page, code="000000")
            assert page.status == 400
        page = await stranger.post(page, code=now_code(house, totp))
        assert page.status == 429
        assert int(page.headers["retry-after"]) > 0
        await ann.post(
            await ann.get("/account/security"),
            form=press(await ann.get("/account/security"), "sign_out"),
            intent="sign_out",
        )
        page = await ann.sign_in(ANN, PASSWORD)
        assert (await ann.post(page, code=now_code(house, totp))).path == "/account"
        other = house.walker()
        assert (await by_recovery_code(other, codes[0])).path == "/account"


async def test_a_reset_password_does_not_undo_the_second_factor(house, ann):
    thief = house.walker()
    page = await thief.begin_recovery(ANN)
    page = await thief.post(page, code=code_in((await house.mails(ANN))[-1]))
    assert page.h1 == ASKED
    page = await thief.post(page, password=NEW)  # the form behind it is not to be had by posting it early
    assert page.h1 == ASKED
    page = await thief.post(page, code=now_code(house, ann.totp))
    assert page.h1 == says("new_password.title")
    assert (await thief.post(page, password=NEW)).path == "/account"


async def test_new_recovery_codes_void_the_old_ones_and_need_a_code(house, ann):
    account = await ann.get("/account/security")
    page = await ann.post(account, form=press(account, "new_codes"), intent="new_codes")
    assert page.h1 == ASKED
    page = await ann.post(page, code=now_code(house, ann.totp))
    assert page.h1 == says("second_factor.new_codes.title")
    page = await ann.post(page)
    fresh = codes_in(page)
    assert len(fresh) == 10
    assert not set(fresh) & set(ann.codes)
    assert (await ann.get(page.path)).h1 == page.h1  # a reload loses nothing
    assert (await ann.post(page)).path == "/account/security"
    walker = house.walker()
    page = await by_recovery_code(walker, ann.codes[0])
    assert page.status == 400
    assert (await walker.post(page, recovery_code=fresh[0])).path == "/account"


async def test_an_app_is_removed_only_behind_a_code_and_takes_the_recovery_codes_along(house, ann):
    account = await ann.get("/account/security")
    assert "My phone" in account.text
    page = await ann.post(account, form=press(account, "remove_app"), intent="remove_app")
    assert page.h1 == ASKED
    page = await ann.post(page, code=now_code(house, ann.totp))
    assert page.h1 == says("second_factor.remove.title")
    assert "My phone" in page.text
    page = await ann.post(page)
    assert page.path == "/account/security"
    assert says("account.two_step.off") in page.text
    assert (await house.rows())["factors"] == 0
    assert (await house.walker().sign_in(ANN, PASSWORD)).path == "/account"
    assert (await house.mails(ANN))[-1].subject == says("mail.factor_removed.subject", brand=house.tenant.name)


async def test_a_change_can_be_cancelled(house, ann):
    account = await ann.get("/account/security")
    page = await ann.post(account, form=press(account, "remove_app"), intent="remove_app")
    assert (await ann.post(page, intent="cancel", code=None)).path == "/account/security"
    assert (await house.rows())["factors"] == 11


async def test_another_customers_app_cannot_be_removed(house, ann):
    await house.customer("bob@example.com")
    bob = house.walker()
    await bob.sign_in("bob@example.com", PASSWORD)
    await enrolled(house, bob)
    theirs = press(await ann.get("/account/security"), "remove_app").fields["factor"]
    account = await bob.get("/account/security")
    page = await bob.post(account, form=press(account, "remove_app"), intent="remove_app", factor=theirs)
    assert page.path == "/account/security"
    assert (await house.rows())["factors"] == 22


async def test_a_session_left_open_is_not_enough_to_set_up_a_first_app(house):
    await house.customer(ANN)
    walker = house.walker()
    await walker.sign_in(ANN, PASSWORD)
    house.clock.advance(601)
    account = await walker.get("/account/security")
    page = await walker.post(account, form=press(account, "add_app"), intent="add_app")
    assert page.h1 == says("sign_in.title")
    page = await walker.sign_in(ANN, PASSWORD, page)
    assert page.h1 == says("second_factor.begin.title")
    await confirmed(house, walker, page)


async def test_a_wrong_code_sets_up_nothing(house):
    await house.customer(ANN)
    walker = house.walker()
    await walker.sign_in(ANN, PASSWORD)
    account = await walker.get("/account/security")
    page = await walker.post(await walker.post(account, form=press(account, "add_app"), intent="add_app"))
    page = await walker.post(page, code="000000", name="My phone")
    assert (page.status, page.errors) == (400, {"code": says("error.totp_invalid")})
    assert page.fields["name"] == "My phone"
    page = await walker.post(page, code=now_code(house, secret_in(page)), name="x" * 61)
    assert page.errors == {"name": says("error.name_invalid")}
    assert (await house.rows())["factors"] == 0
    page = await walker.post(page, intent="restart")
    await walker.post(page, code=now_code(house, secret_in(page)), name="")
    assert (await house.rows())["factors"] == 11


async def test_where_it_is_required_sign_up_and_sign_in_lead_to_it_and_the_last_app_stays(house):
    await house.customer(ANN)
    await settings(house, assurance=AssuranceSettings(level=2), totp_algorithm="SHA256")
    walker = house.walker()
    page = await walker.sign_in(ANN, PASSWORD)
    assert page.h1 == says("second_factor.begin.title")
    page = await walker.post(page, intent="cancel")
    totp = secret_in(page)
    assert totp.algorithm == "SHA256"
    page = await walker.post(page, code=now_code(house, totp))
    assert (await walker.post(page)).path == "/account"
    newcomer = house.walker()
    page = await newcomer.sign_up("new@example.com", PASSWORD)
    assert page.h1 == says("second_factor.begin.title")
    house.clock.advance(30)
    account = await walker.get("/account/security")
    page = await walker.post(account, form=press(account, "remove_app"), intent="remove_app")
    page = await walker.post(await walker.post(page, code=now_code(house, totp)))
    assert page.notices == [says("error.second_factor_required")]
    assert (await house.rows())["factors"] == 11


async def test_where_it_is_on_offer_a_no_is_kept_for_its_days_and_a_yes_sets_it_up(house):
    await house.customer(ANN)
    shop = await house.register_client(require_consent=False)
    await settings(house, assurance=AssuranceSettings(offer_days=30))
    walker = house.walker()
    page = await walker.sign_in(ANN, PASSWORD, await walker.authorize(shop[0]))
    assert (page.h1, ("intent", "skip") in page.forms[0].buttons) == (BEGIN, True)
    assert "code" in (await walker.post(page, intent="skip")).answer  # and on to the application
    house.clock.advance(29 * 86_400)
    assert (await house.walker().sign_in(ANN, PASSWORD)).path == "/account"
    house.clock.advance(2 * 86_400)
    page = await walker.sign_in(ANN, PASSWORD, await walker.authorize(shop[0], prompt="login"))
    assert page.h1 == BEGIN
    page = await walker.post(await walker.post(page), intent="skip", code=None)  # with the secret on the screen
    assert "code" in page.answer
    house.clock.advance(30 * 86_400)
    page = await walker.post(await walker.sign_in(ANN, PASSWORD))
    page = await walker.post(page, code=now_code(house, secret_in(page)), name="")
    assert (await walker.post(page)).path == "/account"
    house.clock.advance(30)
    assert (await house.walker().sign_in(ANN, PASSWORD)).h1 == ASKED


async def test_a_session_from_before_the_rule_is_raised_or_refused_without_a_page(house):
    await house.customer(ANN)
    shop = await house.register_client(require_consent=False)
    walker = house.walker()
    await walker.sign_in(ANN, PASSWORD)
    await settings(house, assurance=AssuranceSettings(level=2))
    page = await walker.authorize(shop[0], prompt="none")
    assert page.answer["error"] == "unmet_authentication_requirements"
    assert (await walker.authorize(shop[0])).h1 == says("second_factor.begin.title")


async def test_the_json_form_says_the_same(house, ann):
    native = house.walker()
    page = await native.sign_in(ANN, PASSWORD)
    answer = await native.http.get(page.path, headers={"accept": "application/json"})
    step = answer.json()["step"]
    assert step["name"] == "second_factor"
    assert (step["data"]["method"], step["data"]["others"]) == ("code", ["recovery_code"])
    form = {"csrf": answer.json()["csrf"], "version": str(step["version"])}
    refused = await native.http.post(page.path, data={**form, "code": "000000"}, headers={"accept": "application/json"})
    assert refused.status_code == 400
    assert refused.json()["step"]["errors"] == {"code": "error.totp_invalid"}
    form["version"] = str(refused.json()["step"]["version"])
    done = await native.http.post(
        page.path, data={**form, "code": now_code(house, ann.totp)}, headers={"accept": "application/json"}
    )
    assert done.json() == {"schema": 1, "step": None, "location": None}


async def test_before_the_first_proof_nobody_sees_who_has_a_second_factor(house, ann):
    await house.customer("bob@example.com")
    traces = []
    for email in (ANN, "bob@example.com", "xyz@example.com"):
        walker = house.walker()
        page = await walker.get("/sign-in")
        with house.watching() as watched:
            answer = await walker.raw_post(page, email=email, password="wrong horse battery")
        trace = trace_of(watched, answer, email)
        traces.append({key: value for key, value in trace.items() if key not in {"length", "body"}})
    assert traces[0] == traces[1] == traces[2]


async def test_what_is_announced_is_what_the_catalogue_says(house, ann):
    walker = house.walker()
    await by_recovery_code(walker, ann.codes[0])
    for task in ("new_codes", "remove_app"):
        account = await ann.get("/account/security")
        page = await ann.post(account, form=press(account, task), intent=task)
        await ann.post(await ann.post(await ann.post(page, code=now_code(house, ann.totp))))
        house.clock.advance(30)
    seen = house.announced
    assert [misfit(*event) for event in seen if misfit(*event)] == []
    assert {"factor.added", "factor.removed", "recovery_codes.replaced", "recovery_code.used"} <= {n for n, _ in seen}


async def test_no_secret_and_no_code_lies_in_the_database_in_the_open(house, ann, tmp_path):
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    for secret in (ann.totp.secret, ann.totp.base32.encode(), b"My phone", *(c.encode() for c in ann.codes)):
        assert secret not in written
        assert secret.replace(b"-", b"") not in written
