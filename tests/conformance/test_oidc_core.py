"""OpenID Connect Core 1.0.

Deliberately not supported: implicit and hybrid flows (§3.2, §3.3), aggregated and distributed claims (§5.6),
self-issued providers (§7) and ``registration`` (§7.2.1). What a request could believe to have got is refused, not
ignored. Request objects (§6) have their tests with RFC 9101, single claims (§5.5) and languages with the requests.
"""

import hashlib
import json

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from msgspec.structs import replace

from limen.identity.customers.directory import seal
from limen.identity.customers.records import Address
from limen.kernel.clock import SECOND
from limen.kernel.encoding import b64url
from tests.integration.tokens.kit import EMAIL, Shop, claims, error, header
from tests.support.house import PASSWORD

pytestmark = pytest.mark.anyio


# ------------------------------------------------------------------------------------------------ §2: the ID token


async def test_oidc_core_s2_the_id_token_says_who_for_whom_by_whom_and_when(shop: Shop):
    said = claims((await shop.tokens())["id_token"])
    assert (said["iss"], said["sub"], said["aud"]) == ("https://id.example", shop.customer.subject, shop.client_id)
    assert said["exp"] > said["iat"] >= said["auth_time"]
    assert (said["nonce"], said["amr"], said["acr"]) == ("the-nonce", ["pwd"], "urn:limen:aal:1")


async def test_oidc_core_s2_the_subject_is_short_ascii_and_always_the_same(shop: Shop):
    subjects = [claims((await shop.tokens())["id_token"])["sub"] for _ in range(2)]
    assert subjects[0] == subjects[1]
    assert len(subjects[0]) <= 255
    assert subjects[0].isascii()


async def test_oidc_core_s3_1_3_7_an_id_token_verifies_with_the_published_keys(shop: Shop):
    token = (await shop.tokens())["id_token"]
    keys = KeySet.import_key_set((await shop.http.get("/jwks")).json())
    assert jwt.decode(token, keys, algorithms=["ES256"]).claims["aud"] == shop.client_id
    assert header(token)["kid"] in {key.kid for key in keys.keys}


async def test_oidc_core_s3_1_3_6_at_hash_is_the_left_half_of_the_access_tokens_hash(shop: Shop):
    tokens = await shop.tokens()
    digest = hashlib.sha256(tokens["access_token"].encode()).digest()
    assert claims(tokens["id_token"])["at_hash"] == b64url(digest[:16])


async def test_oidc_core_s15_1_a_client_may_have_its_id_token_signed_with_rs256(shop: Shop):
    auth = await shop.another(id_token_signed_response_alg="RS256")
    assert header((await shop.tokens(auth))["id_token"])["alg"] == "RS256"


async def test_oidc_core_s3_1_2_1_without_openid_there_is_no_id_token(shop: Shop):
    assert "id_token" not in await shop.tokens(scope="orders")


# ------------------------------------------------------------------------------ §3.1.2: the authorization request


async def test_oidc_core_s3_1_2_1_a_nonce_comes_back_unchanged_and_none_where_none_was(shop: Shop):
    odd = "n \u00e9 +&=%"
    assert claims((await shop.tokens(nonce=odd))["id_token"])["nonce"] == odd
    assert "nonce" not in claims((await shop.tokens(nonce=None))["id_token"])


async def test_oidc_core_s3_1_2_1_prompt_none_answers_at_once_or_says_why_not(shop: Shop):
    assert (await shop.arrive(prompt="none")).answer["code"]
    stranger = shop.house.walker()
    page = await stranger.authorize(shop.client_id, prompt="none")
    assert (page.answer["error"], page.answer["state"]) == ("login_required", "the-state")
    consenting = await shop.another(require_consent=True)
    assert (await shop.arrive(consenting[0], prompt="none")).answer["error"] == "consent_required"
    await stranger.http.aclose()


async def test_oidc_core_s3_1_2_1_prompt_none_stands_alone(shop: Shop):
    assert (await shop.arrive(prompt="none login")).answer["error"] == "invalid_request"


async def test_oidc_core_s3_1_2_1_prompt_login_asks_again_and_moves_auth_time(shop: Shop):
    before = claims((await shop.tokens())["id_token"])["auth_time"]
    shop.house.clock.advance(60)
    page = await shop.arrive(prompt="login")
    assert page.location == ""
    page = await shop.walker.sign_in(EMAIL, PASSWORD, page)
    said = claims((await shop.redeem(page.answer["code"])).json()["id_token"])
    assert said["auth_time"] >= before + 60


async def test_oidc_core_s3_1_2_1_prompt_consent_asks_for_what_was_given_already(shop: Shop):
    auth = await shop.another(require_consent=True)
    await shop.walker.allow(await shop.arrive(auth[0]))
    assert (await shop.arrive(auth[0])).answer["code"]
    assert (await shop.arrive(auth[0], prompt="consent")).location == ""


async def test_oidc_core_s3_1_2_1_prompt_select_account_asks_which(shop: Shop):
    assert (await shop.arrive(prompt="select_account")).location == ""


async def test_oidc_core_s3_1_2_1_an_unknown_prompt_is_refused(shop: Shop):
    assert (await shop.arrive(prompt="dance")).answer["error"] == "invalid_request"


async def test_oidc_core_s3_1_2_1_max_age_asks_whoever_signed_in_too_long_ago(shop: Shop):
    shop.house.clock.advance(100)
    assert (await shop.arrive(max_age="1000")).answer["code"]
    page = await shop.arrive(max_age="50")
    assert page.location == ""
    page = await shop.walker.sign_in(EMAIL, PASSWORD, page)
    said = claims((await shop.redeem(page.answer["code"])).json()["id_token"])
    assert shop.house.clock.now() // 1_000_000 - said["auth_time"] <= 50


async def test_oidc_core_s3_1_2_1_max_age_with_prompt_none_is_login_required(shop: Shop):
    shop.house.clock.advance(100)
    assert (await shop.arrive(max_age="50", prompt="none")).answer["error"] == "login_required"


@pytest.mark.parametrize("max_age", ["-1", "x", "1.5", "99999999999"])
async def test_oidc_core_s3_1_2_1_a_malformed_max_age_is_refused(shop: Shop, max_age: str):
    assert (await shop.arrive(max_age=max_age)).answer["error"] == "invalid_request"


async def test_oidc_core_s3_1_2_1_an_id_token_hint_of_the_signed_in_customer_is_answered(shop: Shop):
    hint = (await shop.tokens())["id_token"]
    assert (await shop.arrive(prompt="none", id_token_hint=hint)).answer["code"]
    shop.house.clock.advance(3_600)  # an expired hint is a hint
    assert (await shop.arrive(prompt="none", id_token_hint=hint)).answer["code"]


async def test_oidc_core_s3_1_2_1_an_id_token_hint_of_somebody_else_is_login_required(shop: Shop):
    await shop.house.customer("bob@example.com")
    other = shop.house.walker()
    await other.sign_in("bob@example.com", PASSWORD)
    hint = (await shop.tokens())["id_token"]
    page = await other.authorize(shop.client_id, prompt="none", id_token_hint=hint)
    assert page.answer["error"] == "login_required"
    await other.http.aclose()


@pytest.mark.parametrize("hint", ["nonsense", "eyJhbGciOiJub25lIn0.e30."])
async def test_oidc_core_s3_1_2_1_a_hint_that_is_not_ours_is_refused(shop: Shop, hint: str):
    assert (await shop.arrive(id_token_hint=hint)).answer["error"] == "invalid_request"


async def test_oidc_core_s3_1_2_1_a_language_that_nobody_speaks_is_no_error(shop: Shop):
    assert (await shop.arrive(ui_locales="tlh de")).answer["code"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("request", "invalid_request_object"),
        ("request_uri", "invalid_request_uri"),
        ("registration", "registration_not_supported"),
        ("claims", "invalid_request"),
    ],
)
async def test_oidc_core_s3_1_2_6_what_is_unreadable_or_not_served_is_refused_by_name(shop: Shop, name: str, code: str):
    assert (await shop.arrive(**{name: "x"})).answer["error"] == code


@pytest.mark.parametrize("response_type", ["id_token", "code id_token", "code id_token token", "none"])
async def test_oidc_core_s3_2_and_s3_3_other_flows_are_refused(shop: Shop, response_type: str):
    assert (await shop.arrive(response_type=response_type)).answer["error"] == "unsupported_response_type"


# ---------------------------------------------------------------------------------------- §5: claims; §11, §12: refresh


async def test_oidc_core_s5_1_every_standard_claim_is_told_as_it_is_written_there(shop: Shop):
    said = {
        "name": "Ann Lee", "given_name": "Ann", "family_name": "Lee", "middle_name": "Bo", "nickname": "Annie",
        "profile": "https://ann.example/me", "picture": "https://ann.example/me.png", "website": "https://ann.example",
        "gender": "female", "birthdate": "0000-05-17", "zoneinfo": "Europe/Vienna", "locale": "de-AT",
    }  # fmt: skip
    address = {"formatted": "Weg 1\n1010 Wien", "street_address": "Weg 1", "locality": "Wien", "postal_code": "1010"}
    house, directory = shop.house, shop.house.directory(shop.tenant)
    async with house.storage.database.begin(shop.tenant.id) as unit:
        found = await directory.open(await unit.customers.get(shop.customer.id))
        profile = replace(found.profile, **said, username="ann", address=Address(**address))
        vault = await directory.vault_of(found.id)
        assert await unit.customers.update(seal(found.with_profile(profile, house.clock.now()), vault), found.version)
    auth = await shop.another(scopes=("openid", "profile", "address"))
    told = (await shop.userinfo((await shop.tokens(auth, scope="openid profile"))["access_token"])).json()
    updated_at = house.clock.now() // SECOND
    assert told == {"sub": found.subject, **said, "preferred_username": "ann", "updated_at": updated_at}
    asked = json.dumps({"userinfo": {"address": None}, "id_token": {"birthdate": None, "preferred_username": None}})
    for params in ({"scope": "openid address"}, {"scope": "openid", "claims": asked}):
        tokens = await shop.tokens(auth, **params)
        told = (await shop.userinfo(tokens["access_token"])).json()
        assert told == {"sub": found.subject, "address": address}
    named = claims(tokens["id_token"])
    assert (named["birthdate"], named["preferred_username"]) == ("0000-05-17", "ann")
    document = (await shop.http.get("/.well-known/openid-configuration")).json()
    assert {*said, "preferred_username", "updated_at", "address"} <= set(document["claims_supported"])
    assert "address" in document["scopes_supported"]


async def test_oidc_core_s5_3_userinfo_and_id_token_name_the_same_subject(shop: Shop):
    tokens = await shop.tokens()
    assert (await shop.userinfo(tokens["access_token"])).json()["sub"] == claims(tokens["id_token"])["sub"]


async def test_oidc_core_s5_3_userinfo_answers_get_and_post_and_lets_scripts_call(shop: Shop):
    token = (await shop.tokens())["access_token"]
    for method in ("GET", "POST"):
        answer = await shop.http.request(method, "/userinfo", headers={"authorization": f"Bearer {token}"})
        assert answer.json()["sub"] == shop.customer.subject
        assert answer.headers["access-control-allow-origin"] == "*"


async def test_oidc_core_s5_4_scopes_that_ask_for_claims_are_answered_at_userinfo_and_not_in_the_id_token(shop: Shop):
    tokens = await shop.tokens()
    assert not {"email", "name"} & set(claims(tokens["id_token"]))
    said = (await shop.userinfo(tokens["access_token"])).json()
    assert (said["email"], said["email_verified"]) == (EMAIL, True)


async def test_oidc_core_s5_3_2_a_claim_that_is_not_known_is_left_out_and_never_empty(shop: Shop):
    said = (await shop.userinfo((await shop.tokens())["access_token"])).json()
    assert None not in said.values()
    assert "" not in said.values()


async def test_oidc_core_s11_offline_access_is_asked_for_like_any_scope_and_gives_a_refresh_token(shop: Shop):
    auth = await shop.another(require_consent=True)
    page = await shop.arrive(auth[0], scope="openid offline_access")
    assert page.location == ""
    tokens = (await shop.redeem((await shop.walker.allow(page)).answer["code"], auth)).json()
    assert tokens["refresh_token"]
    assert "refresh_token" not in await shop.tokens(auth, scope="openid")


async def test_oidc_core_s12_2_a_refreshed_id_token_is_about_the_same_sign_in(shop: Shop):
    tokens = await shop.tokens()
    shop.house.clock.advance(60)
    first = claims(tokens["id_token"])
    again = claims((await shop.refresh(tokens["refresh_token"])).json()["id_token"])
    for same in ("iss", "sub", "aud", "auth_time", "sid", "amr"):
        assert again[same] == first[same]
    assert again["iat"] == first["iat"] + 60
    assert "nonce" not in again


async def test_oidc_core_s3_1_3_4_errors_of_the_token_endpoint_are_those_of_oauth(shop: Shop):
    assert error(await shop.redeem("unknown")) == (400, "invalid_grant")


async def test_oidc_core_s3_1_2_5_form_post_carries_the_answer_in_a_form_to_the_redirect_uri_alone(shop: Shop):
    page = await shop.arrive(response_mode="form_post")
    assert (page.form.method, page.form.action) == ("post", "https://shop.example/callback")
    assert set(page.fields) == {"code", "state", "iss"}
    assert "form-action" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
