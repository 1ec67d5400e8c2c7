"""python-fido2's client registers and signs in: what a browser does, done by other people's code.

The independent judge beside Chromium's virtual authenticator. soft-webauthn 0.1.4 wants fido2 below 2.0, and we read
metadata with fido2 2: both cannot be installed.
"""

import json

import pytest
from fido2.client import ClientError, DefaultClientDataCollector, Fido2Client
from fido2.webauthn import PublicKeyCredentialCreationOptions, PublicKeyCredentialRequestOptions

from limen.identity.tenants.passkeys import PasskeySettings
from tests.integration.journeys.test_passkey import ANN, SECURITY, press, signed_in
from tests.integration.journeys.test_second_factor import settings
from tests.support.authenticator import ORIGIN, asked
from tests.support.ctap import VirtualKey
from tests.support.house import PASSWORD

pytestmark = pytest.mark.anyio


def client(key, origin=ORIGIN):
    return Fido2Client(key, DefaultClientDataCollector(origin))


def options_of(page):
    """What the page's script hands to the browser."""
    options, challenge = asked(page)
    return {**options, "challenge": challenge}


async def make(walker, key, intent="add_passkey"):
    page = await walker.get(SECURITY)
    page = await walker.post(page, form=press(page, intent), intent=intent)
    made = client(key).make_credential(PublicKeyCredentialCreationOptions.from_dict(options_of(page)))
    return await walker.post(page, passkey=json.dumps(dict(made)))


def spoken(page, key):
    wanted = PublicKeyCredentialRequestOptions.from_dict(options_of(page))
    return json.dumps(dict(client(key).get_assertion(wanted).get_response(0)))


async def test_a_passkey_of_its_client_signs_in_alone_and_its_answer_counts_once(house):
    key, ann = VirtualKey(), house.walker()
    await signed_in(house, ann)
    assert (await make(ann, key)).path == SECURITY
    walker, thief = house.walker(), house.walker()
    page = await walker.get("/sign-in")
    answer = spoken(page, key)
    assert (await walker.post(page, intent="use:passkey", passkey=answer)).path == "/account"
    page = await thief.get("/sign-in")  # what was signed for one journey proves nothing in another
    assert (await thief.post(page, intent="use:passkey", passkey=answer)).path != "/account"


async def test_its_client_refuses_our_options_elsewhere_and_a_key_that_verifies_nobody(house):
    ann = house.walker()
    await signed_in(house, ann)
    page = await ann.get(SECURITY)
    page = await ann.post(page, form=press(page, "add_passkey"), intent="add_passkey")
    options = PublicKeyCredentialCreationOptions.from_dict(options_of(page))
    with pytest.raises(ClientError):
        client(VirtualKey(), "https://evil.example").make_credential(options)
    with pytest.raises(ClientError):
        client(VirtualKey(verifies=False)).make_credential(options)


async def test_a_key_without_a_finger_is_a_second_factor_for_its_client(house):
    key, ann = VirtualKey(verifies=False), house.walker()
    await signed_in(house, ann)
    await settings(house, passkeys=PasskeySettings(user_verification="preferred"))
    page = await make(ann, key, "add_security_key")
    assert page.path.startswith("/journey/")  # recovery codes come with it
    await ann.post(page)
    walker = house.walker()
    page = await walker.sign_in(ANN, PASSWORD)
    assert page.path.startswith("/journey/")
    assert (await walker.post(page, passkey=spoken(page, key))).path == "/account"
