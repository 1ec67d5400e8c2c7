"""RFC 9700, Best Current Practice for OAuth 2.0 Security: the clauses that apply to what is served now.

Not yet: sender-constrained tokens (§2.2.1: DPoP, mutual TLS); until then public clients' refresh tokens rotate
(§2.2.2). A token with a ``cnf`` that we did not issue is not one of ours.
"""

import pytest

from tests.integration.tokens.kit import Shop, claims, error, open_shop
from tests.support.house import CALLBACK

pytestmark = pytest.mark.anyio

LOOKALIKES = [
    CALLBACK + "/",
    CALLBACK + "?x=1",
    CALLBACK + "#x",
    CALLBACK + "/../callback",
    CALLBACK + "%2f",
    CALLBACK.replace("https", "http"),
    CALLBACK.replace("https", "HTTPS"),
    CALLBACK.replace("shop.example", "shop.example.evil.example"),
    CALLBACK.replace("shop.example", "SHOP.example"),
    CALLBACK.replace("shop.example", "shop.example:443"),
    CALLBACK.replace("shop.example", "shop.example@evil.example"),
    CALLBACK.replace("shop.example", "evil.example\\@shop.example"),
    CALLBACK.replace("//", "///"),
    CALLBACK + "\r\nlocation: https://evil.example",
    " " + CALLBACK,
    "https://evil.example/?" + CALLBACK,
    "javascript:alert(1)//" + CALLBACK,
    "data:text/html," + CALLBACK,
    "https://shop.\u0435xample/callback",
]


@pytest.mark.parametrize("uri", LOOKALIKES, ids=range(len(LOOKALIKES)))
async def test_rfc9700_s2_1_and_s4_1_3_redirect_uris_are_compared_exactly(shop: Shop, uri: str):
    page = await shop.arrive(redirect_uri=uri)
    assert (page.status, page.location) == (400, "")


async def test_rfc9700_s2_1_a_native_apps_loopback_port_may_differ_and_nothing_else_of_it(shop: Shop):
    client_id, _ = await shop.another(redirect_uris=("http://127.0.0.1/cb",), token_endpoint_auth_method="none")
    assert (await shop.arrive(client_id, redirect_uri="http://127.0.0.1:49152/cb")).answer["code"]
    for uri in ("http://localhost:49152/cb", "http://127.0.0.1:49152/cb2", "http://127.0.0.2:49152/cb"):
        assert (await shop.arrive(client_id, redirect_uri=uri)).status == 400


async def test_rfc9700_s4_11_a_refused_request_never_redirects_to_what_it_brought(shop: Shop):
    for changes in (
        {"redirect_uri": "https://evil.example/"},
        {"client_id": "x", "redirect_uri": "https://evil.example/"},
    ):
        parameters = shop.walker.request(shop.client_id) | changes
        answer = await shop.walker.http.get("/authorize", params=parameters)
        assert (answer.status_code, "location" in answer.headers) == (400, False)
    gone = await shop.http.get("/logout", params={"post_logout_redirect_uri": "https://evil.example/"})
    assert "evil.example" not in gone.headers.get("location", "")


async def test_rfc9700_s4_12_an_answer_after_a_form_is_a_303_so_that_no_password_travels_on(shop: Shop):
    parameters = shop.walker.request(shop.client_id)
    assert (await shop.walker.http.post("/authorize", data=parameters)).status_code == 303


async def test_rfc9700_s2_1_1_and_s4_8_2_pkce_cannot_be_downgraded(shop: Shop):
    assert (await shop.arrive(code_challenge=None, code_challenge_method=None)).answer["error"] == "invalid_request"
    assert (await shop.arrive(code_challenge_method="plain")).answer["error"] == "invalid_request"
    assert error(await shop.redeem(await shop.code(), code_verifier=None)) == (400, "invalid_request")


async def test_rfc9700_s2_1_2_no_token_ever_comes_from_the_authorization_endpoint(shop: Shop):
    for response_type in ("token", "id_token", "id_token token", "code token", "code id_token", "none"):
        page = await shop.arrive(response_type=response_type, response_mode="form_post")
        assert page.fields["error"] == "unsupported_response_type"
    for mode in ("query", "fragment"):
        assert set((await shop.arrive(response_mode=mode)).answer) == {"code", "state", "iss"}


async def test_rfc9700_s2_1_3_and_s4_2_4_a_code_is_good_once_and_burns_what_it_gave(shop: Shop):
    code = await shop.code()
    tokens = (await shop.redeem(code)).json()
    await shop.redeem(code)
    assert error(await shop.refresh(tokens["refresh_token"])) == (400, "invalid_grant")


async def test_rfc9700_s2_2_2_refresh_tokens_of_public_clients_rotate_and_a_reuse_burns_the_family(shop: Shop):
    client_id, _ = await shop.another(token_endpoint_auth_method="none", rotate_refresh_tokens=False)
    auth = (client_id, "")
    oldest = (await shop.tokens(auth))["refresh_token"]
    newest = (await shop.refresh(oldest, auth)).json()["refresh_token"]
    assert newest != oldest
    shop.house.clock.advance(60)
    assert error(await shop.refresh(oldest, auth)) == (400, "invalid_grant")
    assert error(await shop.refresh(newest, auth)) == (400, "invalid_grant")


async def test_rfc9700_s2_3_access_tokens_are_for_named_audiences(shop: Shop):
    assert claims((await shop.tokens())["access_token"])["aud"]


async def test_rfc9700_s2_4_the_password_grant_does_not_exist(shop: Shop):
    form = {"grant_type": "password", "username": "a", "password": "b"}
    assert error(await shop.post("/token", form, shop.auth)) == (400, "unsupported_grant_type")


async def test_rfc9700_s4_2_4_pages_that_hold_codes_tell_no_other_site_their_address(shop: Shop):
    auth = await shop.another(require_consent=True)
    page = await shop.arrive(auth[0])
    assert page.headers["referrer-policy"] in {"no-referrer", "same-origin"}


async def test_rfc9700_s4_3_2_no_token_is_ever_in_a_url(shop: Shop):
    page = await shop.arrive()
    assert set(page.answer) == {"code", "state", "iss"}
    token = (await shop.tokens())["access_token"]
    assert (await shop.http.get(f"/userinfo?access_token={token}")).status_code == 401


async def test_rfc9700_s4_4_two_tenants_of_one_origin_cannot_be_mixed_up(shop: Shop):
    acme = await shop.house.add_tenant("acme")
    async with open_shop(shop.house, acme, email="bob@example.com") as other:
        ours, theirs = await shop.arrive(), await other.arrive()
        assert ours.answer["iss"] != theirs.answer["iss"]
        assert error(await other.redeem(ours.answer["code"])) == (400, "invalid_grant")


async def test_rfc9700_s4_7_a_form_of_another_site_ends_nothing_and_allows_nothing(shop: Shop):
    auth = await shop.another(require_consent=True)
    page = await shop.arrive(auth[0])
    assert (await shop.walker.post(page, decision="allow", csrf="0" * 40)).status == 403
    assert (await shop.walker.post(page, decision="allow", csrf=None)).status == 403


async def test_rfc9700_s4_14_a_stolen_refresh_token_is_worth_nothing_without_its_client(shop: Shop):
    token = (await shop.tokens())["refresh_token"]
    assert error(await shop.post("/token", {"grant_type": "refresh_token", "refresh_token": token})) == (
        401,
        "invalid_client",
    )


async def test_rfc9700_s4_15_a_client_cannot_name_itself_as_a_customers_subject(shop: Shop):
    machine = await shop.machine()
    token = (await shop.own_token(machine))["access_token"]
    assert (await shop.userinfo(token)).status_code == 403


async def test_rfc9700_s4_16_pages_cannot_be_framed(shop: Shop):
    auth = await shop.another(require_consent=True)
    headers = (await shop.arrive(auth[0])).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
