"""What a customer sets up through an application: the steps of the account page, walked with a token."""

import asyncio
import base64
import io
import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import pyzipper

from limen.access.account import costs
from limen.access.factors.totp import Totp
from limen.access.journeys.changes import factors, passkeys, phones
from limen.access.journeys.errands import STEPS_OF
from limen.access.journeys.table import STEPS
from limen.identity.tenants.sms import SmsSettings
from limen.kernel.encoding import from_b64url
from limen.kernel.event_data import misfit
from limen.trust.limits import Limit
from tests.integration.account.people import ANN, BOB, PASSWORD, STALE, at_home
from tests.integration.account.test_api import Api
from tests.integration.journeys.test_passkey import by_passkey
from tests.integration.journeys.test_safe_changes import NEW, mailed
from tests.integration.journeys.test_second_factor import now_code, settings
from tests.integration.journeys.test_sms import code_of, texts
from tests.support.authenticator import Authenticator
from tests.support.house import code_in, open_part, says
from tests.support.walker import SAFARI

pytestmark = pytest.mark.anyio
WORK = "ann@work.example"
SCOPE = "openid offline_access account:read account:write account:credentials"
NUMBER = "+4915123456789"


async def app_of(house):
    scopes = ("openid", "email", "offline_access", "account:read", "account:write", "account:credentials")
    return await house.register_client(client_name="My App", scopes=scopes, require_consent=False)


async def api_of(house, walker, app, scope=SCOPE):
    page = await walker.authorize(app[0], scope=scope)
    return Api(house, (await walker.tokens(app, page))["access_token"])


async def ann_with_api(house):
    ann = await at_home(house)
    app = await app_of(house)
    return ann, app, await api_of(house, ann, app)


async def answered(api, change, **body):
    """Answer *change*; return what comes."""
    tag = {"if-match": change.headers["etag"]}
    return await api("POST", f"/changes/{change.json()['id']}/answer", json=body, headers=tag)


def totp_of(change):
    """The app that a change sets up, as an app would read it."""
    asked = parse_qs(urlsplit(change.json()["app"]["uri"]).query)
    [secret], [algorithm] = asked["secret"], asked["algorithm"]
    return Totp(base64.b32decode(secret + "=" * (-len(secret) % 8)), algorithm)


async def test_an_address_is_added_by_its_code_and_told_as_on_the_page(house_on):
    house = house_on
    ann, app, api = await ann_with_api(house)
    change = await api("POST", "/emails", json={"email": WORK}, headers={"idempotency-key": "one"})
    seen = change.json()
    assert (change.status_code, seen["kind"], seen["wants"], seen["sent_to"]) == (201, "add_email", "code", WORK)
    again = await api("POST", "/emails", json={"email": WORK}, headers={"idempotency-key": "one"})
    assert (again.status_code, again.json()["id"]) == (201, seen["id"])
    assert len(await mailed(house, WORK, "add_email")) == 1
    wrong = await answered(api, change, code="00000000")
    assert (wrong.status_code, wrong.json()["errors"]) == (422, [{"pointer": "#/code", "code": "code_invalid"}])
    [refused] = [open_part(one) for one in await house.audit() if one.event == "code.refused"]
    assert (refused["actor"], refused["client"]) == (f"customer:{refused['subject']}", app[0])
    code = code_in((await house.mails(WORK))[-1])
    stale = await answered(api, change, code=code)
    assert (stale.status_code, stale.json()["code"]) == (412, "version_changed")
    change = await api("GET", f"/changes/{seen['id']}")
    done = await answered(api, change, code=code)
    assert (done.status_code, done.json()["state"]) == (200, "done"), done.text
    assert (await api("GET", f"/changes/{seen['id']}")).json()["state"] == "done"
    assert (await answered(api, done, code=code)).json()["code"] == "change_done"
    listed = [one["email"] for one in (await api("GET", "/emails")).json()["items"]]
    assert listed == [ANN, WORK]
    [told] = await mailed(house, ANN, "identifiers_changed")
    assert "/secure/" in told.text
    happened = (await api("GET", "/activity")).json()["items"]
    assert ("email.added", "My App") in {(one["event"], one["application"]) for one in happened}
    assert (await ann.get("/account")).path == "/account"  # the browser's own session is as it was
    assert [misfit(*event) for event in house.announced if misfit(*event)] == []


async def test_an_address_that_is_somebody_elses_answers_the_same_and_its_mail_has_no_code(house):
    _, _, api = await ann_with_api(house)
    await house.customer(BOB)
    free, taken = [await api("POST", "/emails", json={"email": email, "primary": True}) for email in (WORK, BOB)]
    hidden = {"id", "sent_to", "expires_at"}
    assert {k: v for k, v in free.json().items() if k not in hidden} == {
        k: v for k, v in taken.json().items() if k not in hidden
    }
    assert (free.status_code, taken.status_code) == (201, 201)
    assert len(await mailed(house, BOB, "email_in_use")) == 1
    for wrong in ("nonsense", ANN):
        answer = await api("POST", "/emails", json={"email": wrong})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/email"), wrong


async def test_a_change_is_nobody_elses_and_no_browsers(house):
    ann, app, api = await ann_with_api(house)
    change = await api("POST", "/emails", json={"email": WORK})
    path = f"/changes/{change.json()['id']}"
    bob = await api_of(house, await at_home(house, BOB), app)
    other_app = await api_of(house, ann, await app_of(house))
    telephone = await api_of(house, await at_home(house, is_new=False, user_agent=SAFARI), app)
    for one in (bob, other_app, telephone):
        assert (await one("GET", path)).status_code == 404
        assert (await one("DELETE", path)).status_code == 404
        assert (await answered(one, change, code="1")).status_code == 404
    assert (await ann.get(f"/journey/{change.json()['id']}")).status == 404
    mail = (await house.mails(WORK))[-1]
    link = re.search(r"https://id\.example(/link/\S+)", mail.text)[1]
    page = await ann.get(link)  # in the very browser that the session is of: the code is typed in the application
    page = await ann.post(page)
    assert code_in(mail) in page.text.replace(" ", "")
    assert [one["email"] for one in (await api("GET", "/emails")).json()["items"]] == [ANN]
    assert (await api("DELETE", path)).status_code == 204
    assert (await api("GET", path)).status_code == 404


async def test_writing_is_not_setting_up(house):
    ann, app, _ = await ann_with_api(house)
    writer = await api_of(house, ann, app, scope="openid account:read account:write")
    for method, path, body in (
        ("POST", "/emails", {"email": WORK}),
        ("POST", "/phones", {"number": NUMBER}),
        ("POST", "/factors", {"kind": "passkey"}),
        ("POST", "/recovery-codes", None),
        ("PUT", "/password", {"password": NEW}),
    ):
        answer = await writer(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope"), path


async def test_a_stale_proof_begins_and_answers_nothing_and_a_fresh_one_goes_on(house):
    ann, app, api = await ann_with_api(house)
    change = await api("POST", "/emails", json={"email": WORK})
    house.clock.advance(STALE)
    old = await api_of(house, ann, app)
    code = code_in((await house.mails(WORK))[-1])
    for refused in (await answered(old, change, code=code), await old("POST", "/factors", json={"kind": "totp"})):
        assert refused.json()["code"] == "insufficient_user_authentication", refused.text
        assert 'max_age="600"' in refused.headers["www-authenticate"]
    page = await ann.authorize(app[0], scope=SCOPE, max_age="600")
    page = await ann.sign_in(ANN, PASSWORD, page)
    fresh = Api(house, (await ann.tokens(app, page))["access_token"])
    for token, status in ((old, 401), (fresh, 200)):  # an older token gains nothing by a sign-in that came after it
        assert (await token("GET", f"/changes/{change.json()['id']}")).status_code == status
    assert (await answered(fresh, change, code=code)).json()["state"] == "done"


async def test_another_password_ends_what_stands_elsewhere_and_its_owner_is_told(house_on):
    house = house_on
    ann, _, api = await ann_with_api(house)
    other = await at_home(house, is_new=False, user_agent=SAFARI)
    weak = await api("PUT", "/password", json={"password": "ann"})
    assert (weak.status_code, weak.json()["errors"][0]["pointer"]) == (422, "#/password")
    assert (await api("PUT", "/password", json={"password": NEW})).status_code == 204
    assert (await other.get("/account")).h1 == says("sign_in.title")
    assert (await ann.get("/account")).path == "/account"
    assert len(await mailed(house, ANN, "password_changed")) == 1
    assert (await house.walker().sign_in(ANN, NEW)).path == "/account"
    again = await api("POST", "/factors", json={"kind": "totp"})  # the proof is older than the password now
    assert again.status_code in {201, 401}


async def test_an_app_is_set_up_with_recovery_codes_and_asked_for_from_then_on(house_on):
    house = house_on
    _, _, api = await ann_with_api(house)
    change = await api("POST", "/factors", json={"kind": "totp"})
    assert (change.status_code, change.json()["wants"]) == (201, "code"), change.text
    totp = totp_of(change)
    done = await answered(api, change, code=now_code(house, totp), name="Telephone")
    codes = done.json()["recovery_codes"]
    assert (done.json()["state"], len(codes), len(set(codes))) == ("done", 10, 10)
    seen = (await api("GET", f"/changes/{change.json()['id']}")).json()
    assert (seen["state"], seen["recovery_codes"], seen["app"]) == ("done", [], None)
    assert len(await mailed(house, ANN, "factor_added")) == 1
    refused = await api("POST", "/recovery-codes")  # a second factor is there: it has to have spoken
    assert 'acr_values="urn:limen:aal:2"' in refused.headers["www-authenticate"]


async def test_a_passkey_is_made_for_the_house_and_for_the_version_that_asked_and_signs_in(house_on):
    house = house_on
    _, _, api = await ann_with_api(house)
    key = Authenticator()
    change = await api("POST", "/factors", json={"kind": "passkey"})
    options = change.json()["creation_options"]
    assert (options["rp"]["id"], options["authenticatorSelection"]["residentKey"]) == ("id.example", "required")
    key.rp_id, key.user_handle = options["rp"]["id"], from_b64url(options["user"]["id"])
    other = key.registration(options["challenge"], origin="https://evil.example")
    refused = await answered(api, change, credential=json.loads(other))
    assert (refused.status_code, refused.json()["code"]) == (409, "passkey_not_made")
    late = json.loads(key.registration(options["challenge"]))
    change = await api("GET", f"/changes/{change.json()['id']}")
    assert (await answered(api, change, credential=late)).status_code == 409  # signed for the version before
    change = await api("GET", f"/changes/{change.json()['id']}")
    made = json.loads(key.registration(change.json()["creation_options"]["challenge"]))
    done = await answered(api, change, credential=made, name="My phone")
    assert (done.json()["state"], done.json()["recovery_codes"]) == ("done", [])
    assert [one["name"] for one in (await api("GET", "/factors")).json()["items"]] == ["My phone"]
    assert len(await mailed(house, ANN, "passkey_added")) == 1
    assert (await by_passkey(house.walker(), key)).path == "/account"


async def test_numbers_and_codes_by_message_cost_what_they_cost_on_the_page(house):
    await settings(house, sms=SmsSettings(countries=("DE",)), email_second_factor=True)
    _, _, api = await ann_with_api(house)
    change = await api("POST", "/phones", json={"number": NUMBER})
    assert (change.json()["sent_to"][-2:], change.json()["wants"]) == (NUMBER[-2:], "code")
    path = f"/changes/{change.json()['id']}"
    sent = []
    for _ in range(5):
        house.clock.advance(1)  # so that the last message is known
        sent.append((await api("POST", f"{path}/resend")).status_code)
    assert sent == [200, 200, 200, 200, 429]
    change = await api("GET", path)
    done = await answered(api, change, code=code_of((await texts(house))[-1]))
    assert done.json()["state"] == "done", done.text
    assert [one["number"] for one in (await api("GET", "/phones")).json()["items"]] == [NUMBER]
    mailed_codes = await api("POST", "/factors", json={"kind": "email"})
    assert (mailed_codes.json()["state"], len(mailed_codes.json()["recovery_codes"])) == ("done", 10)
    for wrong in ({"kind": "phone"}, {"kind": "totp", "number": NUMBER}, {"kind": "recovery"}):
        assert (await api("POST", "/factors", json=wrong)).status_code == 422, wrong
    await settings(house, sms=SmsSettings(countries=()))
    assert (await api("POST", "/phones", json={"number": NUMBER})).json()["code"] in {
        "not_offered",
        "insufficient_user_authentication",
    }


async def test_what_is_asked_for_by_right_is_filed_once_and_seen_by_its_customer_alone(house_on):
    house = house_on
    _, app, api = await ann_with_api(house)
    bob = await api_of(house, await at_home(house, BOB), app)
    wish = {"kind": "rectification", "words": "My name is Anne."}
    made = await api("POST", "/privacy-requests", json=wish, headers={"idempotency-key": "k"})
    assert (made.status_code, made.json()["words"]) == (201, "My name is Anne.")
    again = await api("POST", "/privacy-requests", json=wish, headers={"idempotency-key": "k"})
    assert again.json()["id"] == made.json()["id"]
    assert (await api("POST", "/privacy-requests", json=wish)).status_code == 409
    assert (await api("POST", "/privacy-requests", json={"kind": "erasure", "words": "x"})).status_code == 422
    path = f"/privacy-requests/{made.json()['id']}"
    assert [(await one("GET", path)).status_code for one in (api, bob)] == [200, 404]
    [listed] = (await api("GET", "/privacy-requests")).json()["items"]
    assert (listed["kind"], listed["state"], listed["words"]) == ("rectification", "open", None)
    assert (await api("GET", "/archive")).status_code == 404
    assert (await api("PUT", "/archive")).json()["is_ready"] is False
    await house.mails(ANN)  # what waits for a job is done with what waits for a letter
    assert (await api("GET", "/archive")).json()["is_ready"] is True
    copy = await api("GET", "/archive/content")
    assert (copy.status_code, copy.content[:2]) == (200, b"PK")
    assert (await bob("GET", "/archive/content")).status_code == 404
    weak = await api("POST", "/archive/content", json={"passphrase": "passwordpasswordpassword"})
    assert (weak.status_code, weak.json()["errors"]) == (
        422,
        [{"pointer": "#/passphrase", "code": "passphrase.guessable"}],
    )
    locked = await api("POST", "/archive/content", json={"passphrase": "larks anvil mustard ferry quilt"})
    with pyzipper.AESZipFile(io.BytesIO(locked.content)) as packed:
        assert ANN.encode() in packed.read("account.json", pwd=b"larks anvil mustard ferry quilt")
    house.clock.advance(STALE)
    assert (await api("GET", "/archive/content")).status_code == 401


async def test_what_a_customer_begins_and_has_judged_through_applications_is_bounded(house, monkeypatch):
    monkeypatch.setattr(costs, "CHANGES", Limit(3, 3600, costs.CHANGES.name))
    monkeypatch.setattr(costs, "JUDGED", Limit(2, 600, costs.JUDGED.name))
    _, app, api = await ann_with_api(house)
    password = ("PUT", "/password", {"password": "passwordpassword"})
    passphrase = ("POST", "/archive/content", {"passphrase": "passwordpasswordpassword"})
    for (method, path, body), status in ((password, 422), (passphrase, 422), (passphrase, 429), (password, 429)):
        answer = await api(method, path, json=body)
        assert (answer.status_code, "retry-after" in answer.headers) == (status, status == 429), answer.text
    assert (await api("POST", "/factors", json={"kind": "totp"})).status_code == 201
    before = await house.rows()
    answer = await api("POST", "/factors", json={"kind": "totp"})
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
    assert int(answer.headers["retry-after"]) > 0
    assert await house.rows() == before
    bob = await api_of(house, await at_home(house, BOB), app)
    assert (await bob("POST", "/factors", json={"kind": "totp"})).status_code == 201


@pytest.mark.parametrize(("most", "code"), [(5, "stale"), (1, "too_many_apps")])
async def test_of_two_first_apps_confirmed_at_once_one_is_there_with_the_codes_that_were_said(
    house_on, monkeypatch, most, code
):
    house = house_on
    monkeypatch.setattr(factors, "MOST_APPS", most)
    both_decide_first(monkeypatch, factors)
    _, _, api = await ann_with_api(house)
    changes = [await api("POST", "/factors", json={"kind": "totp"}) for _ in range(2)]
    answers = await asyncio.gather(*(answered(api, one, code=now_code(house, totp_of(one))) for one in changes))
    done, refused = sorted(answers, key=lambda answer: answer.status_code)
    assert (done.status_code, len(done.json()["recovery_codes"])) == (200, 10)
    assert (refused.status_code, refused.json()["code"]) == (409, code)
    held = (await api("GET", "/factors")).json()
    assert (len(held["items"]), held["recovery_codes_left"]) == (1, 10)
    assert len(await mailed(house, ANN, "factor_added")) == 1


async def test_of_two_passkeys_confirmed_at_once_the_one_too_many_is_refused(house_on, monkeypatch):
    house = house_on
    monkeypatch.setattr(factors, "MOST_KEYS", 1)
    both_decide_first(monkeypatch, passkeys)
    _, _, api = await ann_with_api(house)
    made = []
    for _ in range(2):
        change = await api("POST", "/factors", json={"kind": "passkey"})
        options, key = change.json()["creation_options"], Authenticator()
        key.rp_id, key.user_handle = options["rp"]["id"], from_b64url(options["user"]["id"])
        made.append(answered(api, change, credential=json.loads(key.registration(options["challenge"]))))
    done, refused = sorted(await asyncio.gather(*made), key=lambda answer: answer.status_code)
    assert done.json()["state"] == "done"
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_passkeys")
    assert [one["kind"] for one in (await api("GET", "/factors")).json()["items"]] == ["passkey"]
    assert len(await mailed(house, ANN, "passkey_added")) == 1


async def test_of_two_phones_confirmed_at_once_one_takes_the_place_of_the_other(house_on, monkeypatch):
    house, numbers = house_on, (NUMBER, "+4915223456789")
    await settings(house, sms=SmsSettings(countries=("DE",)))
    ann, app, api = await ann_with_api(house)
    totp = await api("POST", "/factors", json={"kind": "totp"})  # with its codes there: a first factor meets the other
    assert (await answered(api, totp, code=now_code(house, totp_of(totp)))).status_code == 200
    house.clock.advance(30)
    page = await ann.authorize(app[0], scope=SCOPE, acr_values="urn:limen:aal:2")
    page = await ann.post(page, code=now_code(house, totp_of(totp)))
    api = Api(house, (await ann.tokens(app, page))["access_token"])
    both_decide_first(monkeypatch, phones)
    changes = [await api("POST", "/factors", json={"kind": "phone", "number": number}) for number in numbers]
    codes = [code_of((await texts(house, number))[-1]) for number in numbers]
    confirmed = zip(changes, codes, strict=True)
    answers = await asyncio.gather(*(answered(api, change, code=code) for change, code in confirmed))
    assert [answer.json()["state"] for answer in answers] == ["done", "done"]
    held = (await api("GET", "/factors")).json()
    assert sorted(one["kind"] for one in held["items"]) == ["phone", "totp"]
    assert sorted([len(await texts(house, number)) for number in numbers]) == [1, 2]  # one of them hears that it is not


def both_decide_first(monkeypatch, module):
    """Have two changes in *module* go on to their writes when both have decided."""
    both, key_of = asyncio.Barrier(2), module.code_key

    async def together(context):
        await both.wait()
        return await key_of(context)

    monkeypatch.setattr(module, "code_key", together)


async def test_behind_a_server_each_customer_counts_in_the_place_of_its_address(house):
    await settings(house, sms=SmsSettings(countries=("DE",), numbers_per_address_day=1))
    _, app, ann = await ann_with_api(house)
    bob = await api_of(house, await at_home(house, BOB), app)
    tries = ((ann, "+4915123456789"), (bob, "+4915223456789"), (ann, "+4915901234567"))
    assert [(await api("POST", "/phones", json={"number": number})).status_code for api, number in tries] == [
        *(201, 201),
        429,
    ]


def test_every_task_that_may_be_an_errand_is_done_in_steps_that_there_are():
    names = {step.name for step in STEPS}
    assert all(steps <= names for steps in STEPS_OF.values())
