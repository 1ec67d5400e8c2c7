"""RFC 9700 §2.1, Protecting Redirect-Based Flows, with §2.1.1 (authorization code) and §2.1.2 (implicit)."""

import pytest

from tests.integration.tokens.kit import Shop, claims, error
from tests.support.house import CALLBACK
from tests.support.walker import VERIFIER

pytestmark = pytest.mark.anyio
CHALLENGES = {"code_challenge": None, "code_challenge_method": None}


async def test_s2_1_redirect_uris_are_compared_by_exact_string_matching(shop: Shop):
    for uri in (CALLBACK + "/", CALLBACK + "?a=b", CALLBACK.upper(), CALLBACK.replace("callback", "callbac")):
        page = await shop.arrive(redirect_uri=uri)
        assert (page.status, page.location) == (400, ""), uri
    assert (await shop.arrive(redirect_uri=CALLBACK)).answer["code"]


async def test_s2_1_the_port_of_a_native_apps_loopback_address_may_differ_and_nothing_else(shop: Shop):
    client_id, _ = await shop.another(redirect_uris=("http://127.0.0.1/cb",), token_endpoint_auth_method="none")
    assert (await shop.arrive(client_id, redirect_uri="http://127.0.0.1:49152/cb")).answer["code"]
    for uri in ("http://localhost:49152/cb", "http://127.0.0.1:49152/cb2", "http://127.0.0.2:49152/cb"):
        assert (await shop.arrive(client_id, redirect_uri=uri)).status == 400


async def test_s2_1_no_answer_goes_over_an_unencrypted_connection(shop: Shop):
    answer = await shop.arrive(redirect_uri=CALLBACK.replace("https:", "http:"))
    assert (answer.status, answer.location) == (400, "")


async def test_s2_1_the_server_redirects_to_nothing_that_it_does_not_know(shop: Shop):
    for changes in ({"redirect_uri": "https://evil.example/"}, {"client_id": "x", "redirect_uri": CALLBACK}):
        parameters = shop.walker.request(shop.client_id) | changes
        answer = await shop.walker.http.get("/authorize", params=parameters)
        assert (answer.status_code, "location" in answer.headers) == (400, False)


async def test_s2_1_mix_up_is_prevented_by_the_issuer_in_each_answer(shop: Shop):
    assert (await shop.arrive()).answer["iss"] == shop.tenant.issuer
    assert (await shop.arrive(scope="admin")).answer["iss"] == shop.tenant.issuer


async def test_s2_1_credentials_are_not_forwarded_to_an_application(shop: Shop):
    answer = await shop.walker.http.post("/authorize", data=shop.walker.request(shop.client_id))
    assert answer.status_code == 303


async def test_s2_1_1_public_clients_must_use_pkce(shop: Shop):
    client_id, _ = await shop.another(token_endpoint_auth_method="none")
    assert (await shop.arrive(client_id, **CHALLENGES)).answer["error"] == "invalid_request"


async def test_s2_1_1_confidential_clients_use_it_too(shop: Shop):
    """Those that may rest on a nonce are in ``test_oauth2_1_code_injection.py``."""
    assert (await shop.arrive(**CHALLENGES)).answer["error"] == "invalid_request"


async def test_s2_1_1_the_challenge_does_not_give_the_verifier_away(shop: Shop):
    plain = {"code_challenge": VERIFIER, "code_challenge_method": "plain"}
    assert (await shop.arrive(**plain)).answer["error"] == "invalid_request"


async def test_s2_1_1_the_verifier_is_enforced_where_a_challenge_was_sent(shop: Shop):
    for wrong in (None, "", "x" * 43, VERIFIER + "x"):
        answer = await shop.redeem(await shop.code(), code_verifier=wrong)
        assert answer.status_code == 400, wrong


async def test_s2_1_1_support_for_pkce_can_be_detected(shop: Shop):
    for path in ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"):
        said = (await shop.http.get(path)).json()
        assert said["code_challenge_methods_supported"] == ["S256"]


async def test_s2_1_1_the_nonce_of_openid_connect_is_bound_to_the_transaction(shop: Shop):
    assert claims((await shop.tokens(nonce="one"))["id_token"])["nonce"] == "one"
    assert claims((await shop.tokens(nonce="two"))["id_token"])["nonce"] == "two"


async def test_s2_1_2_no_access_token_ever_comes_from_the_authorization_endpoint(shop: Shop):
    for kind in ("token", "id_token token", "code token", "code id_token token", "id_token", "code id_token", "none"):
        assert (await shop.arrive(response_type=kind)).answer["error"] == "unsupported_response_type", kind
    for mode in ("query", "fragment"):
        assert set((await shop.arrive(response_mode=mode)).answer) == {"code", "state", "iss"}


async def test_s2_1_2_no_client_can_register_for_the_implicit_grant(shop: Shop):
    said = (await shop.http.get("/.well-known/openid-configuration")).json()
    assert said["response_types_supported"] == ["code"]
    assert "implicit" not in said["grant_types_supported"]
    assert error(await shop.post("/token", {"grant_type": "implicit"}, shop.auth)) == (400, "unsupported_grant_type")
