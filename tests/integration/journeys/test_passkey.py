"""Passkeys and security keys: made, used, renamed, removed, lost; alone and as a second factor."""

import json

import pytest

from limen.identity.tenants.assurance import AssuranceSettings
from limen.identity.tenants.passkeys import PasskeySettings
from limen.identity.tenants.records import TenantSettings
from limen.identity.tenants.sign_in import SignInSettings
from limen.kernel.event_data import misfit
from tests.integration.journeys.test_accounts import claims
from tests.integration.journeys.test_second_factor import codes_in, enrolled, now_code, press, settings
from tests.support.authenticator import BOUND, ORIGIN, UP, Authenticator, asked, signals
from tests.support.house import PASSWORD, code_in, says
from tests.support.walker import SAFARI

pytestmark = pytest.mark.anyio
ANN = "ann@example.com"
SECURITY = "/account/security"
PASSKEYS = SignInSettings(password=False, email_code=False, passkey=True)
ASKED = says("second_factor.ask.title")


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


async def holder(house, walker=None, flags=None, **more):
    """A customer with a passkey, signed in at *walker*."""
    key = Authenticator(**({} if flags is None else {"flags": flags}), **more)
    walker = walker or house.walker()
    await signed_in(house, walker)
    page = await add(walker, key)
    assert page.path == SECURITY, page
    return key


async def kinds(house):
    """How many keys there are, and what was refused."""
    return (await house.rows())["factors"]


# --------------------------------------------------------------------------------------------------- as a first factor


async def test_a_passkey_made_on_the_account_page_signs_in_alone(house_on):
    house = house_on
    key = await holder(house)
    client = await house.register_client()
    walker = house.walker()
    page = await by_passkey(walker, key, await walker.authorize(client[0]))
    tokens = await walker.tokens(client, await walker.allow(page))
    said = claims(tokens)
    assert (said["amr"], said["acr"]) == (["swk"], "urn:limen:aal:2")


async def test_without_a_pin_it_is_one_factor(house):
    key = await holder(house)
    await settings(house, passkeys=PasskeySettings(user_verification="preferred"))
    client = await house.register_client()
    walker = house.walker()
    page = await walker.authorize(client[0])
    assert asked(page)[0]["userVerification"] == "preferred"
    page = await by_passkey(walker, key, page, flags=key.flags & ~0x04)
    said = claims(await walker.tokens(client, await walker.allow(page)))
    assert (said["amr"], said["acr"]) == (["swk"], "urn:limen:aal:1")


@pytest.mark.parametrize("only", [False, True])
async def test_an_account_is_made_with_a_passkey_and_no_password(house, only):
    if only:
        await settings(house, sign_in=PASSKEYS)
    walker, key = house.walker(), Authenticator()
    page = await walker.get("/sign-up")
    page = await walker.post(page, email=ANN, name="Ann Lee", password="", intent=None if only else "use:passkey")
    page = await walker.post(page, code=code_in((await house.mails(ANN))[-1]))
    assert page.h1 == says("passkey.make.title")
    options, _ = asked(page)
    assert options["user"]["name"] == ANN
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert (await walker.get(SECURITY)).path != SECURITY  # not signed in before it is made
    page = await walker.post(page, passkey=key.make(page), name="My phone")
    assert page.path == "/account"
    assert (await house.rows())["passwords"] == 0
    other = house.walker(user_agent=SAFARI)
    assert (await by_passkey(other, key)).path == "/account"
    assert "My phone" in (await other.get(SECURITY)).text


async def test_sign_up_by_passkey_may_be_left_where_there_is_another_way_back(house):
    walker = house.walker()
    page = await walker.post(await walker.get("/sign-up"), email=ANN, name="", password="", intent="use:passkey")
    page = await walker.post(page, code=code_in((await house.mails(ANN))[-1]))
    assert (await walker.post(page, intent="skip", passkey="")).path == "/account"
    assert await kinds(house) == 0


async def test_the_page_asks_the_same_of_everybody_and_autofill_is_invited(house):
    await holder(house)
    pages = [await house.walker().get("/sign-in") for _ in range(2)]
    (one, first), (two, second) = (asked(page) for page in pages)
    assert (
        one == two == {"rpId": "id.example", "timeout": 300_000, "userVerification": "required", "allowCredentials": []}
    )
    assert first != second
    assert 'autocomplete="username webauthn"' in pages[0].text


async def test_where_a_second_level_is_a_must_a_passkey_is_enough(house):
    key = await holder(house)
    await settings(house, assurance=AssuranceSettings(level=2))
    walker = house.walker()
    page = await walker.sign_in(ANN, PASSWORD)
    assert page.h1 == ASKED
    assert asked(page)[0]["allowCredentials"][0]["id"] == json.loads(key.assertion("x"))["id"]
    assert (await walker.post(page, passkey=key.speak(page))).path == "/account"
    assert (await by_passkey(house.walker(), key)).path == "/account"


async def test_a_passkey_may_be_what_a_must_of_two_factors_is_met_by(house):
    await house.customer(ANN)
    await settings(house, assurance=AssuranceSettings(level=2))
    walker, key = house.walker(), Authenticator()
    page = await walker.sign_in(ANN, PASSWORD)
    assert page.h1 == says("second_factor.begin.title")
    page = await walker.post(page, intent="use:passkey")
    assert page.h1 == says("passkey.make.title")
    assert (await walker.post(page, passkey=key.make(page))).path == "/account"


# -------------------------------------------------------------------------------------------------- as a second factor


async def test_a_passkey_answers_where_an_app_is_asked_for(house):
    walker, key = house.walker(), Authenticator()
    await signed_in(house, walker)
    await add(walker, key)
    await enrolled(house, walker)
    other = house.walker()
    page = await other.sign_in(ANN, PASSWORD)
    assert page.h1 == ASKED
    assert (await other.post(page, passkey=key.speak(page, handle=b""))).path == "/account"


async def test_a_security_key_is_a_second_factor_and_no_first(house):
    walker, key = house.walker(), Authenticator(BOUND, counts=True)
    await signed_in(house, walker)
    page = await walker.get(SECURITY)
    page = await walker.post(page, form=press(page, "add_security_key"), intent="add_security_key")
    assert page.h1 == says("passkey.make_key.title")
    options, _ = asked(page)
    assert options["authenticatorSelection"]["residentKey"] == "discouraged"
    assert options["hints"] == ["security-key"]
    page = await walker.post(page, passkey=key.make(page), name="The blue one")
    assert page.h1 == says("second_factor.codes.title")
    codes = codes_in(page)
    assert len(codes) == 10
    page = await walker.post(page)
    assert page.path == SECURITY
    assert "The blue one" in page.text
    other = house.walker()
    page = await by_passkey(other, key)
    assert (page.status, page.notices) == (400, [says("error.passkey_refused")])
    page = await other.sign_in(ANN, PASSWORD, page)
    assert page.h1 == ASKED
    assert asked(page)[0]["userVerification"] == "preferred"
    page = await other.post(page, passkey=key.speak(page, flags=UP))
    assert page.path == "/account"
    third = house.walker()
    page = await third.post(await third.sign_in(ANN, PASSWORD), intent="use:recovery_code")
    assert (await third.post(page, recovery_code=codes[0])).path == "/account"


async def test_a_change_behind_a_second_factor_is_opened_by_a_passkey_alone(house):
    walker, key = house.walker(), Authenticator()
    await signed_in(house, walker)
    await add(walker, key)
    await enrolled(house, walker)
    house.clock.advance(3_600)
    account = await walker.get(SECURITY)
    page = await walker.post(account, form=press(account, "remove_app"), intent="remove_app")
    assert page.h1 == ASKED
    page = await walker.post(page, passkey=key.speak(page))
    assert page.h1 == says("second_factor.remove.title")


# ------------------------------------------------------------------------------------------------- on the account page


async def test_its_owner_is_told_by_mail_and_sees_it_by_name(house):
    walker, key = house.walker(), Authenticator(aaguid=bytes.fromhex("ea9b8d664d011d213ce4b6b48cb575d4"))
    await signed_in(house, walker)
    page = await add(walker, key)
    assert "Google Password Manager" in page.text
    assert says("account.passkeys.synced") in page.text
    assert (await house.mails(ANN))[-1].subject == says("mail.passkey_added.subject", brand="Limen")
    [said] = signals(page)
    assert said["ids"] == [json.loads(key.assertion("x"))["id"]]
    assert said["rpId"] == "id.example"
    assert said["name"] == ANN


async def test_a_passkey_is_renamed(house):
    walker = house.walker()
    key = await holder(house, walker)
    page = await walker.get(SECURITY)
    page = await walker.post(page, form=press(page, "rename_passkey"), intent="rename_passkey")
    assert page.h1 == says("passkey.rename.title")
    assert (await walker.post(page, name="x" * 61)).errors == {"name": says("error.name_invalid")}
    page = await walker.get(page.path)
    assert (await walker.post(page, name=" ")).errors == {"name": says("error.name_invalid")}
    page = await walker.post(await walker.get(page.path), name="  The   tall <one> ")
    assert page.path == SECURITY
    assert "The tall &lt;one&gt;" in page.text
    assert (await by_passkey(house.walker(), key)).path == "/account"


async def test_a_passkey_is_removed_and_the_browser_is_told_to_forget_it(house_on):
    house, walker = house_on, house_on.walker()
    key = await holder(house, walker)
    page = await walker.get(SECURITY)
    page = await walker.post(page, form=press(page, "remove_passkey"), intent="remove_passkey")
    assert page.h1 == says("passkey.remove.title")
    page = await walker.post(page)
    assert page.path == SECURITY
    assert [one["ids"] for one in signals(page)] == [[]]
    assert await kinds(house) == 0
    assert says("mail.passkey_removed.subject", brand="Limen") in [mail.subject for mail in await house.mails(ANN)]
    page = await by_passkey(house.walker(), key)
    assert page.notices == [says("error.passkey_refused")]
    assert [one["unknown"] for one in signals(page)] == [json.loads(key.assertion("x"))["id"]]


async def test_the_last_key_stays_where_two_factors_are_a_must(house):
    walker = house.walker()
    key = await holder(house, walker)
    await settings(house, assurance=AssuranceSettings(level=2))
    page = await walker.get(SECURITY)
    page = await walker.post(page, form=press(page, "remove_passkey"), intent="remove_passkey")
    if page.h1 == ASKED:
        page = await walker.post(page, passkey=key.speak(page))
    page = await walker.post(page)
    assert page.notices == [says("error.second_factor_required")]
    assert await kinds(house) == 1


async def test_a_session_left_open_is_not_enough_to_add_one(house):
    walker, key = house.walker(), Authenticator()
    await signed_in(house, walker)
    house.clock.advance(601)
    page = await walker.get(SECURITY)
    page = await walker.post(page, form=press(page, "add_passkey"), intent="add_passkey")
    assert page.h1 == says("sign_in.title")
    page = await walker.sign_in(ANN, PASSWORD, page)
    assert page.h1 == says("passkey.make.title")
    assert (await walker.post(page, passkey=key.make(page))).path == SECURITY


async def test_one_more_than_the_most_is_refused_with_words(house, monkeypatch):
    monkeypatch.setattr("limen.access.journeys.changes.passkeys.MOST_KEYS", 1)
    walker = house.walker()
    await holder(house, walker)
    page = await add(walker, Authenticator())
    assert page.notices == [says("error.too_many_passkeys")]
    assert await kinds(house) == 1


async def test_the_same_one_is_not_made_twice_and_what_is_there_is_told(house):
    walker = house.walker()
    key = await holder(house, walker)
    page = await walker.get(SECURITY)
    page = await walker.post(page, form=press(page, "add_passkey"), intent="add_passkey")
    options, _ = asked(page)
    assert [one["id"] for one in options["excludeCredentials"]] == [json.loads(key.assertion("x"))["id"]]
    page = await walker.post(page, passkey=key.make(page), name="Again")
    assert (page.status, page.notices) == (400, [says("error.passkey_not_made")])
    assert page.fields["name"] == "Again"
    assert await kinds(house) == 1


async def test_another_customers_passkey_is_neither_renamed_nor_removed(house):
    walker = house.walker()
    await holder(house, walker)
    theirs = press(await walker.get(SECURITY), "remove_passkey").fields["factor"]
    await house.customer("bob@example.com")
    bob = house.walker()
    await bob.sign_in("bob@example.com", PASSWORD)
    await add(bob, Authenticator())
    for intent in ("remove_passkey", "rename_passkey"):
        page = await bob.get(SECURITY)
        page = await bob.post(page, form=press(page, intent), intent=intent, factor=theirs)
        assert page.path == SECURITY
    assert await kinds(house) == 2


# ---------------------------------------------------------------------------------------------------- lost, and offered


async def test_whoever_lost_their_passkey_proves_the_address_and_makes_another(house):
    await settings(house, sign_in=PASSKEYS)
    lost, walker = Authenticator(), house.walker()
    page = await walker.post(await walker.get("/sign-up"), email=ANN, name="")
    page = await walker.post(page, code=code_in((await house.mails(ANN))[-1]))
    await walker.post(page, passkey=lost.make(page))
    key, other = Authenticator(), house.walker(user_agent=SAFARI)
    page = await other.post(await other.get("/sign-in"), intent="recover", email=ANN)
    page = await other.post(page, email=ANN, authenticator="yes")
    page = await other.post(page, code=code_in((await house.mails(ANN))[-1]))
    assert page.h1 == says("passkey.make.title")
    house.clock.advance(7)
    page = await other.post(page, passkey=key.make(page))
    assert page.path == "/account"
    assert (await walker.get("/account")).path != "/account"  # what rested on the lost one has ended
    page = await other.get(SECURITY)
    assert len([form for form in page.forms if ("intent", "remove_passkey") in form.buttons]) == 2


async def test_after_a_password_a_passkey_is_offered_once_and_not_again_for_a_while(house):
    await house.customer(ANN)
    walker = house.walker()
    assert (await walker.sign_in(ANN, PASSWORD)).path == "/account"  # the page has not said that it could
    walker = house.walker()
    page = await walker.post(await walker.get("/sign-in"), email=ANN, password=PASSWORD, authenticator="yes")
    assert page.h1 == says("passkey.offer.title")
    assert (await walker.post(page, intent="skip")).path == "/account"
    again = house.walker()
    page = await again.post(await again.get("/sign-in"), email=ANN, password=PASSWORD, authenticator="yes")
    assert page.path == "/account"
    house.clock.advance(90 * 86_400)
    third = house.walker()
    page = await third.post(await third.get("/sign-in"), email=ANN, password=PASSWORD, authenticator="yes")
    assert page.h1 == says("passkey.offer.title")
    key = Authenticator()
    assert (await third.post(page, passkey=key.make(page))).path == "/account"
    fourth = house.walker()
    page = await fourth.post(await fourth.get("/sign-in"), email=ANN, password=PASSWORD, authenticator="yes")
    assert page.path == "/account"  # whoever has one is not asked


async def test_a_passkey_that_the_browser_made_by_itself_proves_nobody_present(house):
    await house.customer(ANN)
    client = await house.register_client()
    walker, key = house.walker(), Authenticator()
    page = await walker.authorize(client[0])
    page = await walker.post(page, email=ANN, password=PASSWORD, authenticator="yes")
    page = await walker.post(page, passkey=key.make(page, flags=0x18), mediation="conditional")
    said = claims(await walker.tokens(client, await walker.allow(page)))
    assert (said["amr"], said["acr"]) == (["pwd"], "urn:limen:aal:1")
    assert (await by_passkey(house.walker(), key)).path == "/account"


async def test_nobody_by_themselves_makes_one_on_the_account_page(house):
    walker, key = house.walker(), Authenticator()
    await signed_in(house, walker)
    page = await walker.get(SECURITY)
    page = await walker.post(page, form=press(page, "add_passkey"), intent="add_passkey")
    page = await walker.post(page, passkey=key.make(page, flags=0x18), mediation="conditional")
    assert page.notices == [says("error.passkey_not_made")]


# --------------------------------------------------------------------------------------------------------- other things


async def test_the_host_says_which_sites_may_use_its_passkeys_and_where_they_are_made(house):
    key = await holder(house)
    await house.add_tenant("other", TenantSettings(passkeys=PasskeySettings(related_origins=("https://evil.example",))))
    async with house.client() as browser:
        assert (await browser.get("/.well-known/webauthn")).status_code == 404
        await settings(house, passkeys=PasskeySettings(related_origins=("https://limen.example",)))
        answer = await browser.get("/.well-known/webauthn")
        assert answer.json() == {"origins": ["https://limen.example"]}
        assert answer.headers["content-type"].startswith("application/json")
        page = "https://id.example/account/security"
        assert (await browser.get("/.well-known/passkey-endpoints")).json() == {"enroll": page, "manage": page}
        await settings(house, sign_in=SignInSettings(passkey=False))
        assert (await browser.get("/.well-known/passkey-endpoints")).status_code == 404
    await settings(house, passkeys=PasskeySettings(related_origins=("https://limen.example",)))
    assert (await by_passkey(house.walker(), key, origin="https://limen.example")).path == "/account"
    app = f"android:apk-key-hash:{'A' * 43}"
    assert (await by_passkey(house.walker(), key, origin=app)).path != "/account"
    await settings(house, passkeys=PasskeySettings(android_apps=("A" * 43,)))
    assert (await by_passkey(house.walker(), key, origin=app)).path == "/account"


async def test_without_script_the_button_says_so(house):
    walker = house.walker()
    page = await walker.post(await walker.get("/sign-in"), intent="use:passkey", passkey="")
    assert (page.status, page.notices) == (400, [says("error.passkey_script")])


async def test_the_json_form_carries_options_and_challenge(house):
    key = await holder(house)
    native = house.walker()
    answer = (await native.http.get("/sign-in", headers={"accept": "application/json"})).json()
    step, where = answer["step"], f"/journey/{answer['journey']}"
    form = {"csrf": answer["csrf"], "version": str(step["version"]), "intent": "use:passkey"}
    said = key.assertion(step["challenge"], origin=ORIGIN)
    done = await native.http.post(where, data={**form, "passkey": said}, headers={"accept": "application/json"})
    assert done.json() == {"schema": 1, "step": None, "location": None}


async def test_what_is_announced_is_what_the_catalogue_says(house):
    walker = house.walker()
    key = await holder(house, walker, counts=True)
    key.sign_count = 5
    assert (await by_passkey(house.walker(), key)).path == "/account"
    key.sign_count = 1
    await by_passkey(house.walker(), key)
    for intent, fields in (("rename_passkey", {"name": "Mine"}), ("remove_passkey", {})):
        page = await walker.get(SECURITY)
        page = await walker.post(page, form=press(page, intent), intent=intent)
        await walker.post(page, **fields)
    seen = house.announced
    assert [misfit(*event) for event in seen if misfit(*event)] == []
    assert {"factor.added", "factor.removed", "passkey.counter_went_back"} <= {name for name, _ in seen}
    assert "factor.renamed" in await house.events()


async def test_no_credential_lies_in_the_database_in_the_open(house, tmp_path):
    key = await holder(house, aaguid=bytes.fromhex("ea9b8d664d011d213ce4b6b48cb575d4"))
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    point = key.private_key.public_key().public_numbers().x.to_bytes(32, "big")
    for secret in (key.credential_id, key.user_handle, point, b"Google Password Manager"):
        assert secret not in written


async def test_an_app_stays_when_the_passkey_goes(house):
    walker = house.walker()
    key = await holder(house, walker)
    totp, _, _ = await enrolled(house, walker)
    page = await walker.get(SECURITY)
    page = await walker.post(page, form=press(page, "remove_passkey"), intent="remove_passkey")
    if page.h1 == ASKED:
        page = await walker.post(page, passkey=key.speak(page))
    assert (await walker.post(page)).path == SECURITY
    assert await kinds(house) == 11
    other = house.walker()
    page = await other.sign_in(ANN, PASSWORD)
    assert (await other.post(page, code=now_code(house, totp))).path == "/account"
