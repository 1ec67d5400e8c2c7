"""RFC 6749, The OAuth 2.0 Authorization Framework. One test a clause; its number is in the name.

Deliberately not supported, and refused: the implicit grant (§4.2) and the resource owner password credentials grant
(§4.3), both withdrawn by RFC 9700; extension grants (§4.5) that are not registered; ``token`` as a response type.
Stricter than asked: ``redirect_uri`` is always required (§3.1.2.3 lets it be left out), and ``scope`` has no default at
the authorization endpoint (§3.3).
"""

from base64 import b64encode

import pytest

from limen.access.clients.redirect_uris import check_redirect_uri
from tests.integration.tokens.kit import Shop, claims, error

pytestmark = pytest.mark.anyio


# ---------------------------------------------------------------------------------------- §2 and §3: parts in common


async def test_rfc6749_s2_3_1_basic_credentials_are_form_urlencoded_before_they_are_joined(shop: Shop):
    client_id, secret = await shop.machine()
    encoded = "".join(f"%{byte:02X}" for byte in client_id.encode())
    value = "Basic " + b64encode(f"{encoded}:{secret}".encode()).decode()
    answer = await shop.post("/token", {"grant_type": "client_credentials"}, headers={"authorization": value})
    assert answer.status_code == 200


async def test_rfc6749_s2_3_1_credentials_in_the_query_are_not_looked_at(shop: Shop):
    client_id, secret = await shop.machine(token_endpoint_auth_method="client_secret_post")
    answer = await shop.http.post(
        "/token", params={"client_id": client_id, "client_secret": secret}, data={"grant_type": "client_credentials"}
    )
    assert error(answer) == (401, "invalid_client")


async def test_rfc6749_s2_3_more_than_one_method_in_a_request_is_refused(shop: Shop):
    form = {"grant_type": "client_credentials", "client_secret": shop.auth[1]}
    assert error(await shop.post("/token", form, shop.auth)) == (400, "invalid_request")


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_rfc6749_s3_1_the_authorization_endpoint_answers_get_and_post(shop: Shop, method: str):
    parameters = shop.walker.request(shop.client_id)
    if method == "GET":
        answer = await shop.walker.http.get("/authorize", params=parameters)
    else:
        answer = await shop.walker.http.post("/authorize", data=parameters)
    assert (answer.status_code, "code=" in answer.headers["location"]) == (303, True)


async def test_rfc6749_s3_1_an_unknown_parameter_is_ignored_and_an_empty_one_counts_as_left_out(shop: Shop):
    page = await shop.arrive(unknown="x", response_mode="")
    assert "code" in page.answer


async def test_rfc6749_s3_1_a_parameter_that_comes_twice_is_refused(shop: Shop):
    parameters = [*shop.walker.request(shop.client_id).items(), ("scope", "openid")]
    answer = await shop.walker.http.get("/authorize", params=parameters)
    assert (answer.status_code, "location" in answer.headers) == (400, False)


@pytest.mark.parametrize("uri", ["https://shop.example/cb#x", "/cb", "shop.example/cb", "https://shop.example/#"])
def test_rfc6749_s3_1_2_a_redirect_uri_is_absolute_and_has_no_fragment(uri: str):
    assert check_redirect_uri(uri) is not None


@pytest.mark.parametrize("uri", ["https://shop.example/callback/", "https://evil.example/", None])
async def test_rfc6749_s3_1_2_4_an_unregistered_redirect_uri_is_told_to_the_person_and_never_redirected_to(
    shop: Shop, uri: str | None
):
    page = await shop.arrive(redirect_uri=uri)
    assert (page.status, page.location) == (400, "")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_rfc6749_s3_2_the_token_endpoint_answers_only_post(shop: Shop, method: str):
    answer = await shop.http.request(method, "/token", auth=shop.auth)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST, OPTIONS")


async def test_rfc6749_s3_2_a_token_request_with_a_repeated_parameter_is_refused(shop: Shop):
    body = "grant_type=client_credentials&grant_type=client_credentials"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = await shop.http.post("/token", content=body, headers=headers, auth=shop.auth)
    assert error(answer) == (400, "invalid_request")


async def test_rfc6749_s3_2_unknown_parameters_of_a_token_request_are_ignored_and_empty_ones_count_as_left_out(
    shop: Shop,
):
    assert (await shop.own_token(await shop.machine(), unknown="x", scope=""))["scope"] == "orders"


async def test_rfc6749_s3_2_1_a_client_with_credentials_must_use_them(shop: Shop):
    assert error(await shop.redeem_publicly(await shop.code(), shop.client_id)) == (401, "invalid_client")


async def test_rfc6749_s3_3_the_scope_of_the_answer_says_what_was_granted(shop: Shop):
    assert (await shop.tokens(scope="orders openid orders"))["scope"] == "orders openid"
    assert (await shop.own_token(await shop.machine("a", "b"), scope="b"))["scope"] == "b"


async def test_rfc6749_s3_3_a_scope_that_is_not_allowed_fails_with_invalid_scope(shop: Shop):
    assert (await shop.arrive(scope="openid payments")).answer["error"] == "invalid_scope"


# --------------------------------------------------------------------------------------- §4.1: the authorization code


async def test_rfc6749_s4_1_2_the_answer_carries_code_and_state_and_the_query_of_the_redirect_uri_stays(shop: Shop):
    uri = "https://shop.example/callback?tenant=7"
    auth = await shop.another(redirect_uris=(uri,))
    page = await shop.arrive(auth[0], redirect_uri=uri, state="a b&c=d")
    assert page.location.startswith(uri + "&")
    assert page.answer["state"] == "a b&c=d"
    assert page.answer["code"]


async def test_rfc6749_s4_1_2_a_code_is_bound_to_its_client_and_its_redirect_uri(shop: Shop):
    code = await shop.code()
    assert error(await shop.redeem(code, await shop.another())) == (400, "invalid_grant")
    assert error(await shop.redeem(code, redirect_uri="https://shop.example/else")) == (400, "invalid_grant")


async def test_rfc6749_s4_1_2_a_code_that_is_used_twice_is_denied_and_what_it_gave_is_revoked(shop: Shop):
    code = await shop.code()
    tokens = (await shop.redeem(code)).json()
    assert error(await shop.redeem(code)) == (400, "invalid_grant")
    assert not await shop.is_active(tokens["access_token"])


async def test_rfc6749_s4_1_2_a_code_lives_at_most_ten_minutes(shop: Shop):
    code = await shop.code()
    shop.house.clock.advance(600)
    assert error(await shop.redeem(code)) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"scope": "unknown"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
    ],
)
async def test_rfc6749_s4_1_2_1_an_error_is_redirected_with_its_code_and_the_state(shop: Shop, changes, code: str):
    page = await shop.arrive(**changes)
    assert (page.answer["error"], page.answer["state"]) == (code, "the-state")


async def test_rfc6749_s4_1_2_1_a_client_that_may_not_use_the_flow_is_unauthorized(shop: Shop):
    auth = await shop.another(grant_types=("client_credentials",))
    assert (await shop.arrive(auth[0])).answer["error"] == "unauthorized_client"


async def test_rfc6749_s4_1_2_1_an_unknown_client_is_told_to_the_person(shop: Shop):
    page = await shop.arrive("unknown")
    assert (page.status, page.location) == (400, "")


async def test_rfc6749_s4_1_2_1_a_customer_who_denies_is_access_denied(shop: Shop):
    auth = await shop.another(require_consent=True)
    page = await shop.walker.post(await shop.arrive(auth[0]), decision="deny")
    assert (page.answer["error"], page.answer["state"]) == ("access_denied", "the-state")


async def test_rfc6749_s4_2_the_implicit_grant_is_refused(shop: Shop):
    page = await shop.arrive(response_type="token")
    assert page.answer["error"] == "unsupported_response_type"
    assert "#error=" in page.location  # §4.2.2.1: where such a client looks for it
    assert "token=" not in page.location


async def test_rfc6749_s4_3_the_password_grant_is_refused_and_the_password_not_looked_at(shop: Shop):
    form = {"grant_type": "password", "username": "ann@example.com", "password": "correct horse battery staple"}
    with shop.house.watching() as trace:
        answer = await shop.post("/token", form, shop.auth)
    assert error(answer) == (400, "unsupported_grant_type")
    assert trace.hashes == 0


# ------------------------------------------------------------------------------------ §4.4 to §6: machines and answers


async def test_rfc6749_s4_4_client_credentials_give_an_access_token_in_the_clients_own_name(shop: Shop):
    auth = await shop.machine()
    said = claims((await shop.own_token(auth))["access_token"])
    assert (said["sub"], said["client_id"]) == auth[:1] * 2


async def test_rfc6749_s4_4_3_client_credentials_give_no_refresh_token(shop: Shop):
    auth = await shop.machine("orders", grant_types=("client_credentials", "authorization_code", "refresh_token"),
                              redirect_uris=("https://shop.example/callback",))  # fmt: skip
    assert set(await shop.own_token(auth)) == {"access_token", "token_type", "expires_in", "scope"}


async def test_rfc6749_s4_4_a_client_in_its_own_name_gets_no_scope_that_speaks_of_a_person(shop: Shop):
    auth = await shop.machine("openid", "email", "orders")
    assert (await shop.own_token(auth))["scope"] == "orders"
    answer = await shop.post("/token", {"grant_type": "client_credentials", "scope": "openid"}, auth)
    assert error(answer) == (400, "invalid_scope")


async def test_rfc6749_s4_5_an_extension_grant_that_is_not_known_is_refused(shop: Shop):
    form = {"grant_type": "urn:example:grant-type:unheard-of"}
    assert error(await shop.post("/token", form, shop.auth)) == (400, "unsupported_grant_type")


async def test_rfc6749_s5_1_an_answer_with_tokens_is_json_that_no_cache_keeps(shop: Shop):
    answer = await shop.redeem(await shop.code())
    assert answer.headers["content-type"] == "application/json"
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 300)


async def test_rfc6749_s5_2_invalid_client_answers_401_with_www_authenticate(shop: Shop):
    answer = await shop.post("/token", {"grant_type": "client_credentials"}, (shop.client_id, "wrong"))
    assert error(answer) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "unknown"}, "invalid_grant"),
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
        ({"grant_type": "unknown"}, "unsupported_grant_type"),
    ],
)
async def test_rfc6749_s5_2_each_error_has_its_code_and_status_400(shop: Shop, form: dict[str, str], code: str):
    answer = await shop.post("/token", form, shop.auth)
    assert error(answer) == (400, code)
    assert answer.headers["cache-control"] == "no-store"
    assert set(answer.json()) <= {"error", "error_description", "error_uri"}


async def test_rfc6749_s6_a_refresh_token_is_bound_to_its_client_and_the_scope_may_only_narrow(shop: Shop):
    token = (await shop.tokens(scope="openid orders offline_access"))["refresh_token"]
    assert error(await shop.refresh(token, scope="openid email")) == (400, "invalid_scope")
    assert (await shop.refresh(token, scope="orders")).json()["scope"] == "orders"
    assert error(await shop.refresh((await shop.tokens())["refresh_token"], await shop.another()))[1] == "invalid_grant"


async def test_rfc6749_s10_5_and_s10_10_codes_and_tokens_cannot_be_guessed(shop: Shop):
    codes = {await shop.code() for _ in range(5)}
    assert len(codes) == 5
    assert {len(code) for code in codes} == {43}  # 256 random bits


async def test_rfc6749_s10_12_a_journey_is_bound_to_the_browser_that_began_it(shop: Shop):
    auth = await shop.another(require_consent=True)
    page = await shop.arrive(auth[0])
    stranger = shop.house.walker()
    assert (await stranger.get(page.where)).status == 404
    assert (await stranger.post(page, decision="allow")).status in {403, 404}
    await stranger.http.aclose()


async def test_rfc6749_s10_13_no_page_may_be_framed(shop: Shop):
    auth = await shop.another(require_consent=True)
    page = await shop.arrive(auth[0])
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
