"""The account through the API: with the customer's own token, and nobody else's."""

import asyncio
import re

import pytest

from limen.app.jobs.deletion import carry_out_deletions
from limen.identity.administrators import SYSTEM
from limen.identity.consents.purposes import Basis
from limen.identity.tenants.preferences import PreferenceSettings
from limen.kernel.event_data import misfit
from tests.integration.account.people import ANN, BOB, PASSWORD, STALE, at_home, pressing
from tests.integration.consents.test_portal import answered, decisions, publish, register
from tests.integration.journeys.test_lost_factors import owner_of, say_lost
from tests.integration.journeys.test_passkey import add
from tests.integration.journeys.test_safe_changes import mailed
from tests.integration.journeys.test_second_factor import enrolled, now_code, settings
from tests.integration.tokens.proofs import Prover
from tests.support.authenticator import Authenticator
from tests.support.house import CALLBACK, says
from tests.support.walker import SAFARI, VERIFIER

pytestmark = pytest.mark.anyio
API = "https://id.example/api/v1/account"
BOTH = "openid offline_access account:read account:write"
NOBODY = "fac_00000000000000000000000000"


async def app_of(house, **more):
    """An application for customers' own accounts."""
    scopes = ("openid", "email", "offline_access", "account:read", "account:write")
    return await house.register_client(client_name="My App", scopes=scopes, require_consent=False, **more)


class Api:
    """The API, called with one token."""

    def __init__(self, house, token):
        self._house, self.token = house, token

    async def __call__(self, method, path="", **more):
        headers = {"authorization": f"Bearer {self.token}", "user-agent": "MyApp/1.0", **more.pop("headers", {})}
        async with self._house.client() as http:
            return await http.request(method, f"{API}{path}", headers=headers, **more)


async def signed_in(house, walker, app, scope=BOTH, **more):
    """The API with a token that *walker* gets for *app*."""
    page = await walker.authorize(app[0], scope=scope, **more)
    assert "code" in page.answer, page
    return Api(house, (await walker.tokens(app, page))["access_token"])


async def ann_with_api(house, **more):
    ann = await at_home(house)
    app = await app_of(house)
    return ann, app, await signed_in(house, ann, app, **more)


# ------------------------------------------------------------------------------------------------------ who may


async def test_without_a_token_with_a_broken_one_and_with_one_for_something_else_it_is_refused(house):
    ann, app, _ = await ann_with_api(house)
    own = await ann.token(await house.register_client(grant_types=("client_credentials",), scopes=("reports",)),
                          grant_type="client_credentials")  # fmt: skip
    other = await signed_in(house, ann, app, scope="openid email")
    for token, status, error in (
        ("", 401, ""),
        ("nonsense", 401, "invalid_token"),
        (own["access_token"], 401, "invalid_token"),
        (other.token, 403, "insufficient_scope"),
    ):
        answer = await Api(house, token)("GET")
        challenge = answer.headers["www-authenticate"]
        assert (answer.status_code, 'resource_metadata="https://id.example' in challenge) == (status, True), token
        assert (f'error="{error}"' in challenge) == bool(error)
        assert answer.headers["content-type"] == "application/problem+json"


async def test_reading_is_not_changing(house):
    ann, app, _ = await ann_with_api(house)
    reader = await signed_in(house, ann, app, scope="openid account:read")
    assert (await reader("GET")).status_code == 200
    for method, path in (
        ("PATCH", ""),
        ("DELETE", "/sessions"),
        ("PUT", "/deletion"),
        ("DELETE", f"/factors/{NOBODY}"),
    ):
        answer = await reader(method, path, json={} if method == "PATCH" else None)
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope"), path


async def test_a_request_that_was_held_back_until_its_token_was_revoked_changes_nothing(house):
    _, _, api = await ann_with_api(house)
    other = await at_home(house, is_new=False)

    async def body():
        yield b'{"name": '
        await pressing(other, "/account/devices", "end_others")
        await house.storage.feed.poll()
        yield b'"Mallory"}'

    answer = await api("PATCH", content=body(), headers={"content-type": "application/json", "if-match": "*"})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    assert "Mallory" not in (await other.get("/account/profile")).text


async def test_a_token_that_is_bound_to_a_key_is_shown_with_it_and_not_without(house):
    ann = await at_home(house)
    app, key, path = await app_of(house), Prover(house.clock), "/api/v1/account"
    page = await ann.authorize(app[0], scope=BOTH)
    form = {"grant_type": "authorization_code", "code": page.answer["code"]}
    form |= {"redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    async with house.client() as http:
        token = (await http.post("/token", data=form, auth=app, headers=key.header())).json()["access_token"]
        for headers, status in (
            ({"authorization": f"Bearer {token}"}, 401),
            ({"authorization": f"DPoP {token}"}, 401),
            (key.call(token, f"{path}/sessions"), 401),
            (Prover(house.clock).call(token, path), 401),
            (key.call(token, path), 200),
        ):
            answer = await http.get(API, headers=headers)
            assert answer.status_code == status, headers
            assert status == 200 or answer.headers["www-authenticate"].startswith("DPoP algs=")


async def test_a_customer_who_was_disabled_or_signed_out_has_no_account_here(house):
    ann, _, api = await ann_with_api(house)
    assert (await api("GET")).status_code == 200
    await pressing(ann, "/account", "sign_out")
    answer = await api("GET")
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


# ------------------------------------------------------------------------------------------------------ profile


async def test_the_profile_is_read_and_changed_at_the_version_that_was_read(house_on):
    house = house_on
    _, _, api = await ann_with_api(house)
    seen = await api("GET")
    assert (seen.json()["email"], seen.json()["name"]) == (ANN, "Ann Lee")
    patch = {"given_name": "Ann", "locale": "de"}
    assert (await api("PATCH", json=patch)).status_code == 428
    done = await api("PATCH", json=patch, headers={"if-match": seen.headers["etag"]})
    assert (done.status_code, done.json()["locale"], done.json()["name"]) == (200, "de", "Ann Lee")
    assert done.headers["etag"] != seen.headers["etag"]
    assert (await api("PATCH", json=patch, headers={"if-match": seen.headers["etag"]})).status_code == 412
    for wrong in ({"email": BOB}, {"name": 7}, {"locale": "not a language"}, {"name": "a\u0007"}):
        answer = await api("PATCH", json=wrong, headers={"if-match": "*"})
        assert (answer.status_code, bool(answer.json()["errors"])) == (422, True), wrong


# --------------------------------------------------------------------------------- sessions, applications, history


async def test_sessions_are_listed_and_ended_but_never_anybody_elses(house_on):
    house = house_on
    _, app, api = await ann_with_api(house)
    telephone = await at_home(house, is_new=False, user_agent=SAFARI)
    third = await at_home(house, is_new=False)
    bob = await signed_in(house, await at_home(house, BOB), app)
    mine = (await api("GET", "/sessions")).json()["items"]
    assert (len(mine), [one["is_current"] for one in mine].count(True)) == (3, True)
    [theirs] = (await bob("GET", "/sessions")).json()["items"]
    assert (await api("DELETE", f"/sessions/{theirs['id']}")).status_code == 404
    safari = next(one for one in mine if one["user_agent"] == SAFARI)
    assert (await api("DELETE", f"/sessions/{safari['id']}")).status_code == 204
    assert (await api("DELETE", f"/sessions/{safari['id']}")).status_code == 404
    assert (await telephone.get("/account")).h1 == says("sign_in.title")
    assert (await api("DELETE", "/sessions")).json() == {"ended": 1}
    assert (await third.get("/account")).h1 == says("sign_in.title")
    assert (await bob("GET")).status_code == 200
    assert (await api("DELETE", f"/sessions/{next(one for one in mine if one['is_current'])['id']}")).status_code == 204
    assert (await api("GET")).status_code == 401
    assert [misfit(*event) for event in house.announced if misfit(*event)] == []


async def test_applications_are_listed_and_revoked_and_their_tokens_are_dead_at_once(house):
    ann, _, api = await ann_with_api(house)
    shop = await house.register_client()
    held = await ann.tokens(shop, await ann.allow(await ann.authorize(shop[0])))
    found = {one["name"]: one for one in (await api("GET", "/applications")).json()["items"]}
    assert set(found) == {"My App", "The Shop"}
    assert "email" in found["The Shop"]["scopes"]
    path = f"/applications/{found['The Shop']['id']}"
    assert ((await api("DELETE", path)).status_code, (await api("DELETE", path)).status_code) == (204, 404)
    refused = await ann.token(shop, grant_type="refresh_token", refresh_token=held["refresh_token"])
    assert refused["error"] == "invalid_grant"


async def test_the_history_comes_a_page_at_a_time_and_says_through_which_application(house):
    _, _, api = await ann_with_api(house)
    await at_home(house, is_new=False, user_agent=SAFARI)
    house.clock.advance(1)
    await api("DELETE", "/sessions")
    seen, path = [], "/activity?limit=1"
    while path:
        page = (await api("GET", path)).json()
        seen += page["items"]
        path = (page["next"] or "").removeprefix("/api/v1/account")
    assert [one["event"] for one in seen] == ["session.ended", "session.started", "session.started"]
    assert seen[0]["application"] == "My App"
    for wrong in ("after=x", "after=" + "A" * 201, "limit=0", "limit=x", "before=1"):
        assert (await api("GET", f"/activity?{wrong}")).status_code == 422, wrong


# ------------------------------------------------------------------------------------------ what is sensitive


async def test_a_stale_sign_in_is_told_what_to_ask_for_and_asking_for_that_is_enough(house):
    ann, app, api = await ann_with_api(house)
    house.clock.advance(STALE)
    api = await signed_in(house, ann, app)  # a fresh token of a stale sign-in
    for method, path in (("GET", "/data"), ("PUT", "/deletion"), ("DELETE", f"/factors/{NOBODY}")):
        answer = await api(method, path)
        challenge = answer.headers["www-authenticate"]
        assert (answer.status_code, answer.json()["code"]) == (401, "insufficient_user_authentication")
        assert 'error="insufficient_user_authentication", max_age="600"' in challenge
    page = await ann.authorize(app[0], scope=BOTH, max_age="600")
    page = await ann.sign_in(ANN, PASSWORD, page)
    held = Api(house, (await ann.tokens(app, page))["access_token"])
    assert (await held("GET", "/data")).status_code == 200
    assert (await api("GET", "/data")).status_code == 401  # the old token has not become younger


async def test_whoever_has_a_second_factor_is_asked_for_it_by_acr_values(house):
    ann, app, _ = await ann_with_api(house)
    totp, _, _ = await enrolled(house, ann)
    house.clock.advance(STALE)
    other = house.walker()
    page = await other.sign_in(ANN, PASSWORD, await other.authorize(app[0], scope=BOTH))
    page = await other.post(page, code=now_code(house, totp))
    api = Api(house, (await other.tokens(app, page))["access_token"])
    assert (await api("GET", "/data")).status_code == 200
    house.clock.advance(STALE)
    api = await signed_in(house, other, app)
    challenge = (await api("GET", "/data")).headers["www-authenticate"]
    asked = dict(re.findall(r'(acr_values|max_age)="([^"]+)"', challenge))
    assert asked == {"acr_values": "urn:limen:aal:2", "max_age": "600"}
    page = await other.sign_in(ANN, PASSWORD, await other.authorize(app[0], scope=BOTH, **asked))
    page = await other.post(page, code=now_code(house, totp))
    api = Api(house, (await other.tokens(app, page))["access_token"])
    assert (await api("GET", "/data")).json()["profile"]["email"] == ANN


async def test_keys_are_named_and_removed_and_their_owner_is_told(house_on):
    house = house_on
    ann, app, api = await ann_with_api(house)
    await add(ann, Authenticator())
    [key] = (await api("GET", "/factors")).json()["items"]
    path = f"/factors/{key['id']}"
    renamed = await api("PATCH", path, json={"name": "  My   laptop "})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "My laptop")
    for wrong in ({"name": "x" * 61}, {"name": "a\u0007"}, {"name": " "}, {}):
        assert (await api("PATCH", path, json=wrong)).status_code == 422, wrong
    assert (await api("PATCH", f"/factors/{NOBODY}", json={"name": "x"})).status_code == 404
    bob = await signed_in(house, await at_home(house, BOB), app)
    assert (await bob("DELETE", path)).status_code == 404
    assert (await api("DELETE", path)).status_code == 204
    assert (await api("DELETE", path)).status_code == 404
    assert says("mail.passkey_removed.subject", brand="Limen") in [mail.subject for mail in await house.mails(ANN)]
    assert [misfit(*event) for event in house.announced if misfit(*event)] == []


async def test_with_the_last_app_go_the_recovery_codes(house):
    ann, app, _ = await ann_with_api(house)
    await enrolled(house, ann, "Telephone")
    api = await signed_in(house, ann, app)
    seen = (await api("GET", "/factors")).json()
    assert ([one["name"] for one in seen["items"]], seen["recovery_codes_left"]) == (["Telephone"], 10)
    assert (await api("PATCH", f"/factors/{seen['items'][0]['id']}", json={"name": "x"})).status_code == 409
    assert (await api("DELETE", f"/factors/{seen['items'][0]['id']}")).status_code == 204
    assert (await house.rows())["factors"] == 0
    mail = (await house.mails(ANN))[-1]
    assert "/secure/" in mail.text


async def test_deletion_is_asked_for_seen_cancelled_and_carried_out(house_on):
    house = house_on
    _, _, api = await ann_with_api(house)
    assert (await api("GET", "/deletion")).status_code == 404
    asked = await api("PUT", "/deletion")
    assert asked.status_code == 200
    again = await api("PUT", "/deletion")
    assert again.json() == asked.json() == (await api("GET", "/deletion")).json()
    assert len([mail for mail in await house.mails(ANN) if "/keep-account/" in mail.text]) == 1
    assert (await api("DELETE", "/deletion")).status_code == 204
    assert (await api("DELETE", "/deletion")).status_code == 404
    await api("PUT", "/deletion")
    house.clock.advance(15 * 86_400)
    assert sum(await asyncio.gather(*(carry_out_deletions(house.basis) for _ in range(2)))) == 1
    assert (await api("GET")).status_code == 401


async def test_trusted_devices_and_a_recovery_under_way_are_seen_and_ended_by_their_owner_alone(house):
    ann = await owner_of(house)
    app = await app_of(house)
    api = await signed_in(house, ann, app)
    bob = await signed_in(house, await at_home(house, BOB), app)
    telephone = house.walker(user_agent=SAFARI)
    page = await telephone.sign_in(ANN, PASSWORD)
    await telephone.post(page, code=now_code(house, ann.totp), trust="yes")
    [device] = (await api("GET", "/trusted-devices")).json()["items"]
    assert (device["user_agent"], (await bob("GET", "/trusted-devices")).json()) == (SAFARI, {"items": []})
    path = f"/trusted-devices/{device['id']}"
    assert [(await one("DELETE", path)).status_code for one in (bob, api, api)] == [404, 204, 404]
    assert (await api("GET", "/recovery")).status_code == 404
    await say_lost(house, house.walker())
    seen = (await api("GET", "/recovery")).json()
    assert (seen["state"], seen["closed_at"]) == ("waiting", None)
    assert [(await one("DELETE", "/recovery")).status_code for one in (bob, api, api)] == [404, 204, 404]
    assert len(await mailed(house, ANN, "recovery_cancelled")) == 1
    assert {"device.forgotten", "recovery.cancelled"} <= set(await house.events())


async def test_what_is_allowed_and_wanted_is_seen_taken_back_and_chosen_and_nothing_is_allowed_here(house):
    letter = await publish(house)
    await publish(house, "orders", basis=Basis.CONTRACT)
    await settings(house, preferences=PreferenceSettings(channels=("email", "sms"), frequencies=("weekly",)))
    ann, _, api = await ann_with_api(house)
    await answered(ann, "give", purpose="newsletter", version="1")
    given, orders = (await api("GET", "/consents")).json()["items"]
    assert (given["title"], given["allowed"], given["may_withdraw"]) == ("Our newsletter", True, True)
    assert (orders["allowed"], orders["reason"], orders["may_withdraw"]) == (True, "legal_basis", False)
    await register(house).retire(letter.id, SYSTEM)
    retired, _ = (await api("GET", "/consents")).json()["items"]
    assert (retired["allowed"], retired["reason"], retired["may_withdraw"]) == (False, "purpose_retired", True)
    assert (await api("DELETE", "/consents/newsletter")).status_code == 204
    [last] = [one.decision for one in await decisions(house)][-1:]
    assert (last.decision, last.method) == ("withdrawn", "api")
    assert [one["reason"] for one in (await api("GET", "/consents")).json()["items"]] == ["withdrawn", "legal_basis"]
    refused = [await api("DELETE", f"/consents/{name}") for name in ("orders", "unknown", "NOT-A-NAME")]
    assert [one.status_code for one in refused] == [409, 404, 422]
    assert (await api("PUT", "/consents/newsletter", json={})).status_code == 405
    wanted = {"channels": ["sms"], "frequency": "weekly"}
    assert (await api("PUT", "/preferences", json=wanted)).status_code == 200
    seen = (await api("GET", "/preferences")).json()
    assert (seen["channels"], seen["frequency"], seen["offered_channels"]) == (["sms"], "weekly", ["email", "sms"])
    for wrong in ({"channels": ["post"]}, {"channels": "sms"}, {"colour": "red"}):
        assert (await api("PUT", "/preferences", json=wrong)).status_code == 422, wrong
