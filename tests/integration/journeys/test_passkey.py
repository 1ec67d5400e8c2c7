"""Passkeys: made on the account page, good for a sign-in by themselves, and as a second factor where one is asked."""

import json

import pytest

from tests.integration.journeys.test_accounts import claims
from tests.integration.journeys.test_second_factor import press
from tests.support.authenticator import Authenticator, signals
from tests.support.house import PASSWORD, says

pytestmark = pytest.mark.anyio
ANN = "ann@example.com"
SECURITY = "/account/security"


async def add(walker, key, intent="add_passkey", **fields):
    """Make a key from the account page; return the page behind it."""
    page = await walker.get(SECURITY)
    page = await walker.post(page, form=press(page, intent), intent=intent)
    return await walker.post(page, passkey=key.make(page), **fields)


async def by_passkey(walker, key, page=None, **changes):
    """Sign in with a passkey; *changes* are lies of the authenticator."""
    page = page or await walker.get("/sign-in")
    return await walker.post(page, intent="use:passkey", passkey=key.speak(page, **changes))


async def signed_in(house, walker, **more):
    await house.customer(ANN, **more)
    return await walker.sign_in(ANN, PASSWORD)


async def holder(house, flags=None, **more):
    """A customer with a passkey."""
    key = Authenticator(**({} if flags is None else {"flags": flags}), **more)
    walker = house.walker()
    await signed_in(house, walker)
    page = await add(walker, key)
    assert page.path == SECURITY, page
    return key


async def test_a_passkey_made_on_the_account_page_signs_in_alone(house):
    key = await holder(house)
    client = await house.register_client()
    walker = house.walker()
    page = await by_passkey(walker, key, await walker.authorize(client[0]))
    tokens = await walker.tokens(client, await walker.allow(page))
    said = claims(tokens)
    assert (said["amr"], said["acr"]) == (["swk"], "urn:limen:aal:2")


async def test_its_owner_is_told_by_mail_and_sees_it_by_name(house):
    walker, key = house.walker(), Authenticator(aaguid=bytes.fromhex("ea9b8d664d011d213ce4b6b48cb575d4"))
    await signed_in(house, walker)
    page = await add(walker, key)
    assert "Google Password Manager" in page.text
    assert says("account.passkeys.synced") in page.text
    assert (await house.mails(ANN))[-1].subject == says("mail.passkey_added.subject", brand="Limen")
    [said] = signals(page)
    assert said["ids"] == [json.loads(key.speak(await house.walker().get("/sign-in")))["id"]]
