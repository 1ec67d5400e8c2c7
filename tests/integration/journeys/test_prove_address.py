"""An address that an administrator or an import gave is proven behind a sign-in, where the tenant wants that."""

import re

import msgspec
import pytest

from limen.identity.credentials.records import seal_password
from limen.identity.customers.records import Profile
from limen.identity.tenants.sign_in import SignInSettings
from tests.integration.journeys.test_second_factor import settings
from tests.support.house import PASSWORD, says

pytestmark = pytest.mark.anyio
ANN, BOB = "ann@example.com", "bob@example.com"
ASKED = says("prove_address.title")


async def unproven(house, email):
    """A customer whose address nobody has proven."""
    directory = house.directory()
    customer, vault = await directory.prepare(Profile(email=email, name="Ann Lee"))
    async with house.storage.database.begin(house.tenant.id) as unit:
        assert await directory.add(unit, customer, vault)
        sealed = seal_password(vault, customer.id, await house._hash(PASSWORD), house.clock.now())
        await unit.passwords.put(sealed)
    return customer


async def is_proven(house, customer):
    async with house.storage.database.read(house.tenant.id) as unit:
        sealed = await unit.customers.get(customer.id)
    return (await house.directory().open(sealed)).profile.email_verified


async def wants_proof(house):
    await settings(house, sign_in=msgspec.structs.replace(SignInSettings(), verify_email=True))


def code_in(mail):
    return re.search(r"^\s+(\d{6})\s*$", mail.text, re.MULTILINE)[1]


async def test_the_sign_in_waits_for_the_code_that_is_asked_for_and_the_next_does_not(house_on):
    house = house_on
    ann = await unproven(house, ANN)
    await wants_proof(house)
    walker = house.walker()
    page = await walker.sign_in(ANN, PASSWORD)
    assert (page.h1, await house.mails(ANN)) == (ASKED, [])
    assert (await walker.get("/account")).h1 == says("sign_in.title")
    page = await walker.post(await walker.get(page.path), intent="resend")
    assert page.notices == [says("notice.code_sent")]
    page = await walker.post(page, code="000000")
    assert (page.status, page.errors) == (400, {"code": says("error.code_invalid")})
    assert not await is_proven(house, ann)
    mail = (await house.mails(ANN))[-1]
    assert says("mail.prove_address.lead", brand=house.tenant.name) in mail.text
    page = await walker.post(page, code=code_in(mail))
    assert page.path == "/account"
    assert await is_proven(house, ann)
    assert "customer.updated" in await house.events()
    assert (await house.walker().sign_in(ANN, PASSWORD)).path == "/account"


@pytest.mark.parametrize("typed", [None, "", "\u0661", "9" * 300, "12 34"])
async def test_what_is_no_code_is_told(house, typed):
    await unproven(house, ANN)
    await wants_proof(house)
    walker = house.walker()
    page = await walker.post(await walker.sign_in(ANN, PASSWORD), intent="resend")
    page = await walker.post(page, code=typed)
    assert (page.status, page.h1, set(page.errors)) == (400, ASKED, {"code"})


async def test_it_is_off_at_first_and_asks_nobody_whose_address_is_proven(house):
    await unproven(house, ANN)
    await house.customer(BOB)
    assert (await house.walker().sign_in(ANN, PASSWORD)).path == "/account"
    await wants_proof(house)
    assert (await house.walker().sign_in(BOB, PASSWORD)).path == "/account"


async def test_a_session_from_before_is_asked_when_an_application_is_and_never_without_a_page(house):
    await unproven(house, ANN)
    shop = await house.register_client(require_consent=False)
    walker = house.walker()
    await walker.sign_in(ANN, PASSWORD)
    assert "code" in (await walker.authorize(shop[0], prompt="none")).answer
    await wants_proof(house)
    assert (await walker.authorize(shop[0], prompt="none")).answer["error"] == "interaction_required"
    assert (await walker.authorize(shop[0])).h1 == ASKED
