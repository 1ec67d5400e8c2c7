"""What a key's model is worth over HTTP: the third level takes a key that metadata proves not to leave its hardware."""

import json

import pytest

from limen.identity.tenants.assurance import AssuranceSettings
from limen.identity.tenants.passkeys import PasskeySettings
from limen.integration.outgoing.passkey_models import MetadataSource
from tests.integration.journeys.test_accounts import claims
from tests.integration.journeys.test_passkey import ANN, ASKED, SECURITY, by_passkey, signed_in
from tests.integration.journeys.test_second_factor import enrolled, now_code, press, settings
from tests.support.attestation import MODEL, Maker
from tests.support.authenticator import BOUND, SYNCED, UP, UV, Authenticator
from tests.support.fido_metadata import Service, entry, old_entry
from tests.support.house import PASSWORD, says

pytestmark = pytest.mark.anyio
THIRD = "urn:limen:aal:3"
ESSENTIAL = json.dumps({"id_token": {"acr": {"essential": True, "values": [THIRD]}}})
SERVICE, MAKER = Service(), Maker()
SOFT = bytes(15) + b"\2"
OLD = MAKER.u2f()
BOUND_KEYS = {
    "a model that keeps its keys in hardware": (BOUND, MODEL, MAKER.attested(), True),
    "the same, where its keys are copied to other devices": (SYNCED, MODEL, MAKER.attested(), False),
    "the same, that says nothing of itself": (BOUND, MODEL, {}, False),
    "a forgery of it under another root": (BOUND, MODEL, Maker().attested(), False),
    "a model that keeps its keys in software": (BOUND, SOFT, MAKER.attested(aaguid=SOFT), False),
    "a model that is not known": (BOUND, bytes(15) + b"\1", MAKER.attested(aaguid=bytes(15) + b"\1"), False),
}


async def knows_models(house, folder):
    """The house takes metadata from a file, signed as the Alliance's is, and asks for attestation."""
    soft = entry("00000000-0000-0000-0000-000000000002", name="Soft", roots=(MAKER.root,))
    soft["metadataStatement"]["keyProtection"] = ["software"]
    blob = SERVICE.blob(entry(roots=(MAKER.root,)), soft, old_entry(OLD.identifier, name="Old", roots=(MAKER.root,)))
    roots, copy = folder / "roots.pem", folder / "metadata.jwt"
    roots.write_bytes(SERVICE.pem)
    copy.write_bytes(blob)
    keeper = house.site._models
    keeper._source = MetadataSource("", roots, copy, 60)
    await keeper.refresh()
    assert keeper.blob is not None
    await settings(house, passkeys=PasskeySettings(attestation="preferred"))


async def made(walker, key, statement, intent="add_passkey"):
    """Make a key on the account page that attests itself by *statement*."""
    page = await walker.get(SECURITY)
    page = await walker.post(page, form=press(page, intent), intent=intent)
    return await walker.post(page, passkey=key.make(page, **statement))


async def acr_of(walker, shop, page):
    """What the token states, or why there is none."""
    if "error" in page.answer:
        return page.answer["error"]
    return claims(await walker.tokens(shop, page))["acr"]


@pytest.mark.parametrize("what", BOUND_KEYS)
async def test_the_third_level_takes_a_passkey_that_cannot_leave_proven_hardware(house, tmp_path, what):
    flags, aaguid, statement, reaches = BOUND_KEYS[what]
    await knows_models(house, tmp_path)
    shop = await house.register_client(require_consent=False)
    walker, key = house.walker(), Authenticator(flags, aaguid=aaguid)
    await signed_in(house, walker)
    assert (await made(walker, key, statement)).path == SECURITY
    other = house.walker()
    page = await by_passkey(other, key, await other.authorize(shop[0], claims=ESSENTIAL))
    assert await acr_of(other, shop, page) == (THIRD if reaches else "unmet_authentication_requirements")


async def test_a_password_and_an_old_key_that_metadata_proves_reach_it_too(house, tmp_path):
    await knows_models(house, tmp_path)
    shop = await house.register_client(require_consent=False)
    walker, key = house.walker(), Authenticator(UP)
    await signed_in(house, walker)
    page = await walker.post(await made(walker, key, OLD.attested(), "add_security_key"))
    assert page.path == SECURITY
    assert "Old" in page.text
    other = house.walker()
    page = await other.sign_in(ANN, PASSWORD, await other.authorize(shop[0], claims=ESSENTIAL))
    assert page.h1 == ASKED
    page = await other.post(page, passkey=key.speak(page, handle=b""))
    assert await acr_of(other, shop, page) == THIRD


async def test_whoever_has_a_key_for_the_third_level_is_asked_for_it_whatever_else_they_sign_in_by(house, tmp_path):
    await knows_models(house, tmp_path)
    shop = await house.register_client(require_consent=False)
    walker, synced, bound = house.walker(), Authenticator(SYNCED), Authenticator(BOUND, aaguid=MODEL)
    await signed_in(house, walker)
    assert (await made(walker, synced, {})).path == SECURITY
    totp, _, _ = await enrolled(house, walker)
    house.clock.advance(30)
    page = await walker.get(SECURITY)
    page = await walker.post(page, form=press(page, "add_security_key"), intent="add_security_key")
    page = await walker.post(page, code=now_code(house, totp))
    assert (await walker.post(page, passkey=bound.make(page, **MAKER.attested()))).path == SECURITY
    house.clock.advance(30)
    by_app, by_synced, raised = house.walker(), house.walker(), house.walker()
    pages = [
        await by_app.sign_in(ANN, PASSWORD, await by_app.authorize(shop[0], claims=ESSENTIAL)),
        await by_passkey(by_synced, synced, await by_synced.authorize(shop[0], claims=ESSENTIAL)),
    ]
    page = await raised.sign_in(ANN, PASSWORD)
    assert ("intent", "use:recovery_code") in page.forms[0].buttons  # where less is wanted, anything speaks
    assert (await raised.post(page, code=now_code(house, totp))).path == "/account"
    pages.append(await raised.authorize(shop[0], claims=ESSENTIAL))
    for browser, asked in zip((by_app, by_synced, raised), pages, strict=True):
        assert asked.h1 == ASKED
        assert [value for name, value in asked.forms[0].buttons if name == "intent"] == []
        again = await browser.post(asked, code=now_code(house, totp))
        assert (again.status, again.h1) == (400, ASKED)
        page = await browser.post(again, passkey=bound.speak(again, handle=b""))
        assert await acr_of(browser, shop, page) == THIRD


@pytest.mark.parametrize("first", ["the key", "a password"])
async def test_the_third_level_by_a_fresh_proof_is_asked_for_once(house, tmp_path, first):
    """``max_age=0`` in a session that stands: what was just proven is fresh, and nothing is asked twice."""
    await knows_models(house, tmp_path)
    shop = await house.register_client(require_consent=False, assurance_level=3)
    walker, bound = house.walker(), Authenticator(BOUND, aaguid=MODEL)
    await signed_in(house, walker)
    assert (await made(walker, bound, MAKER.attested())).path == SECURITY
    for _ in range(2):
        house.clock.advance(30)
        page = await walker.authorize(shop[0], max_age="0")
        assert page.h1 == says("sign_in.title")
        if first == "the key":
            page = await by_passkey(walker, bound, page)
        else:
            page = await walker.sign_in(ANN, PASSWORD, page)
            assert page.h1 == ASKED
            page = await walker.post(page, passkey=bound.speak(page, handle=b""))
        assert await acr_of(walker, shop, page) == THIRD
    assert await acr_of(walker, shop, await walker.authorize(shop[0], prompt="none")) == THIRD


async def test_a_passkey_without_a_pin_is_not_asked_again_where_two_factors_are_a_must(house):
    await settings(house, passkeys=PasskeySettings(user_verification="preferred"), assurance=AssuranceSettings(level=2))
    walker, key = house.walker(), Authenticator()
    page = await signed_in(house, walker)
    page = await walker.post(page, intent="use:passkey") if page.h1 != says("passkey.make.title") else page
    page = await walker.post(page, passkey=key.make(page))
    other = house.walker()
    page = await by_passkey(other, key, flags=SYNCED & ~UV)
    assert page.h1 == says("second_factor.begin.title")
