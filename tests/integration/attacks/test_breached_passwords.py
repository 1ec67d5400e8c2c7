"""Passwords that are known from breaches: never chosen, and dealt with where they are in use."""

from dataclasses import replace

import pytest

from limen.app.threats import pair_key
from limen.identity.administrators import SYSTEM
from limen.identity.customers.management import NewCustomer
from limen.identity.customers.records import Contact, Profile
from limen.identity.tenants.breaches import BreachSettings
from limen.kernel.errors import Refusal, Unavailable
from limen.kernel.secret import Secret
from limen.trust.threats.breaches import Breaches, sha1_hex
from limen.trust.threats.building import Recipe, build
from tests.integration.attacks.kit import set_up
from tests.integration.journeys.test_safe_changes import begin, sign_out
from tests.integration.journeys.test_second_factor import enrolled, now_code
from tests.support.house import PASSWORD, code_in, says

pytestmark = pytest.mark.anyio
ANN = "ann@example.com"
COMMON = "iloveyou"
FRESH = "another horse battery"
ASKED = says("doubted.title")
CHANGE = says("breached_password.title")


async def test_a_known_password_is_right_proven_by_mail_and_replaced(house_on):
    await house_on.customer(ANN, COMMON)
    ann = house_on.walker()
    page = await ann.sign_in(ANN, COMMON)
    assert (page.status, page.h1) == (200, ASKED)
    assert (await ann.get("/account")).path != "/account"
    mail = (await house_on.mails(ANN))[-1]
    assert mail.subject == says("mail.doubted_code.subject", brand="Limen")
    page = await ann.post(page, code="000000" if code_in(mail) != "000000" else "111111")
    assert (page.status, page.h1) == (400, ASKED)
    page = await ann.post(page, code=code_in(mail))
    assert page.h1 == CHANGE
    page = await ann.post(page, password=COMMON)
    assert (page.status, page.h1) == (400, CHANGE)
    page = await ann.post(page, password=FRESH)
    assert page.path == "/account"
    assert "password.breached" in await house_on.events()
    assert (await house_on.walker().sign_in(ANN, COMMON)).status == 400
    assert (await house_on.walker().sign_in(ANN, FRESH)).path == "/account"


async def test_a_known_device_is_asked_for_another_password_alone(house):
    await house.customer(ANN)
    ann = house.walker()
    await ann.sign_in(ANN, PASSWORD)
    known(house, f"{PASSWORD}\n")
    await sign_out(ann)
    assert (await ann.sign_in(ANN, PASSWORD)).h1 == CHANGE
    assert (await house.walker().sign_in(ANN, PASSWORD)).h1 == ASKED


async def test_where_the_pool_takes_no_more_the_stance_of_the_guard_counts(house, monkeypatch):
    async def busy(*_):
        return Unavailable("busy")

    await house.customer(ANN)
    monkeypatch.setattr("limen.access.journeys.guards.doubts.prepare_aside", busy)
    assert (await house.walker().sign_in(ANN, PASSWORD)).path == "/account"
    await set_up(house, breaches=BreachSettings(online=True, when_away="closed"))
    assert (await house.walker(user_agent="Another").sign_in(ANN, PASSWORD)).h1 == ASKED


async def test_whoever_has_a_second_factor_is_asked_for_that(house):
    await house.customer(ANN)
    walker = house.walker()
    await walker.sign_in(ANN, PASSWORD)
    totp, _, _ = await enrolled(house, walker)
    known(house, f"{PASSWORD}\n")
    stranger = house.walker()
    page = await stranger.sign_in(ANN, PASSWORD)
    assert page.h1 == says("second_factor.ask.title")
    page = await stranger.post(page, code=now_code(house, totp))
    assert page.h1 == CHANGE


@pytest.mark.parametrize(
    ("policy", "h1", "mail"),
    [("off", None, None), ("notice", None, "password_breached"), ("challenge", ASKED, "doubted_code")],
)
async def test_a_tenant_chooses_what_follows(house, policy, h1, mail):
    await set_up(house, breaches=BreachSettings(at_sign_in=policy))
    await house.customer(ANN, COMMON)
    for _ in range(2):
        page = await house.walker().sign_in(ANN, COMMON)
        assert page.h1 == h1 if h1 else page.path == "/account"
    subjects = [sent.subject for sent in await house.mails(ANN)]
    if mail == "password_breached":
        assert subjects == [says("mail.password_breached.subject", brand="Limen")]  # told once a week, and no oftener
    else:
        assert len(subjects) == (2 if mail else 0)


async def test_the_service_is_asked_about_right_passwords_alone(house):
    url = "https://api.pwnedpasswords.com/range/" + sha1_hex(PASSWORD.encode())[:5]
    await set_up(house, breaches=BreachSettings(online=True))
    await house.customer(ANN)
    house.web.serve(url, f"{sha1_hex(PASSWORD.encode())[5:]}:3\r\n{'0' * 35}:0".encode(), "text/plain")
    await house.walker().sign_in(ANN, "wrong horse battery staple")
    assert house.web.asked == []
    assert (await house.walker().sign_in(ANN, PASSWORD)).h1 == ASKED
    assert house.web.asked == [url]
    house.web.serve(url, b"<html>", "text/plain")  # not what was asked for: as if it were away
    assert (await house.walker().sign_in(ANN, PASSWORD)).path == "/account"
    await set_up(house, breaches=BreachSettings(online=True, when_away="closed"))
    page = await house.walker().sign_in(ANN, PASSWORD)
    assert page.h1 == ASKED


async def test_a_pair_from_the_operators_list_is_known_to_its_owner_alone(house):
    await paired(house, f"{ANN}:{PASSWORD}\nann@work.example:{FRESH}\n")
    await house.customer(ANN)
    await house.customer("bob@example.com")
    assert (await house.walker().sign_in("bob@example.com", PASSWORD)).path == "/account"
    assert (await house.walker().sign_in(ANN, PASSWORD)).h1 == ASKED
    work = (Contact("one", "ann@work.example", house.clock.now()),)
    await house.customer("ann@home.example", FRESH, emails=work)
    assert (await house.walker().sign_in("ann@home.example", FRESH)).h1 == ASKED


async def test_a_pair_from_the_operators_list_is_chosen_by_everybody_but_its_owner(house):
    known_to_be = says("password.breached")
    await paired(house, "".join(f"{email}:{FRESH}\n" for email in (ANN, "new@example.com", "ann@work.example")))
    page = await house.walker().begin_sign_up("new@example.com", FRESH)
    assert (page.status, known_to_be in page.text) == (400, True)
    page = await house.walker().begin_sign_up("bob@example.com", FRESH)
    assert (page.status, known_to_be in page.text) == (200, False)
    await house.customer("cleo@example.com", emails=(Contact("one", "ann@work.example", house.clock.now()),))
    cleo = house.walker()
    page = await cleo.recover("cleo@example.com", FRESH)
    assert (page.status, known_to_be in page.text) == (400, True)
    assert (await cleo.post(page, password="harbour lantern fog")).path == "/account"
    page = await cleo.post(await begin(cleo, "change_password"), password=FRESH)
    assert (page.status, known_to_be in page.text) == (400, True)
    made = replace(house.administration(), breaches=Breaches(house.site._breaches).guard)
    refused = await made.create(NewCustomer(Profile(email=ANN), Secret(FRESH)), SYSTEM)
    assert isinstance(refused, Refusal)
    assert refused.fields == {"password": "password.breached"}


async def test_a_password_from_the_set_is_never_chosen(house):
    known(house, f"{FRESH}\n")
    page = await house.walker().begin_sign_up(ANN, FRESH)
    assert (page.status, says("password.breached") in page.text) == (400, True)


async def paired(house, lines):
    """Put a set of addresses with their passwords where the house looks for one."""
    target, key = house.site._breaches.pairs.path, await pair_key(house.basis)
    source = target.with_suffix(".list")
    source.write_text(lines)
    build(source, target, Recipe("pairs", pair_key=key), house.clock.now(), lambda *_: None)


def known(house, lines):
    """Put a set of passwords where the house looks for one."""
    shelf = house.site._breaches.passwords
    source = shelf.path.with_suffix(".list")
    source.write_text(lines)
    build(source, shelf.path, Recipe(), house.clock.now(), lambda *_: None)
    house.clock.advance(61)
