"""RFC 8414, Authorization Server Metadata, and OpenID Connect Discovery 1.0.

Deliberately not supported: signed metadata (RFC 8414 §2.1), WebFinger (Discovery §2), dynamic registration: none is
announced.
"""

import pytest

from tests.integration.tokens.kit import Shop, claims

pytestmark = pytest.mark.anyio
OAUTH = "/.well-known/oauth-authorization-server"
OPENID = "/.well-known/openid-configuration"


async def test_rfc8414_s3_both_well_known_paths_answer_alike(shop: Shop):
    answers = [await shop.http.get(path) for path in (OAUTH, OPENID)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].headers["content-type"] == "application/json"


async def test_rfc8414_s3_1_the_path_of_a_tenant_is_inserted_and_openid_appends_it(shop: Shop):
    await shop.house.add_tenant("acme")
    found = [
        (await shop.http.get(path)).json()["issuer"]
        for path in (f"{OAUTH}/t/acme", f"/t/acme{OAUTH}", f"/t/acme{OPENID}", f"{OPENID}/t/acme")
    ]
    assert found == ["https://id.example/t/acme"] * 4


async def test_rfc8414_s3_3_the_issuer_is_the_one_in_the_tokens_whatever_the_host_header_says(shop: Shop):
    document = (await shop.http.get(OPENID, headers={"host": "evil.example"})).json()
    assert document["issuer"] == claims((await shop.tokens())["access_token"])["iss"] == "https://id.example"
    assert "evil" not in str(document)


async def test_discovery_s3_every_required_member_is_there_and_every_address_is_ours(shop: Shop):
    document = (await shop.http.get(OPENID)).json()
    assert {
        "issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported",
        "subject_types_supported", "id_token_signing_alg_values_supported",
    } <= set(document)  # fmt: skip
    addresses = [value for name, value in document.items() if name.endswith(("_endpoint", "_uri"))]
    assert all(address.startswith("https://id.example/") for address in addresses)


async def test_discovery_s3_every_address_that_is_announced_answers(shop: Shop):
    document = (await shop.http.get(OPENID)).json()
    for name, value in document.items():
        if name.endswith("_endpoint") or name == "jwks_uri":
            assert (await shop.http.get(value)).status_code != 404, name


async def test_discovery_s3_nothing_is_announced_that_is_not_served(shop: Shop):
    document = (await shop.http.get(OPENID)).json()
    assert document["response_types_supported"] == ["code"]
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert set(document["grant_types_supported"]) >= {"authorization_code", "refresh_token", "client_credentials"}
    for grant in document["grant_types_supported"]:
        answer = await shop.http.post("/token", data={"grant_type": grant}, auth=shop.auth)
        assert answer.json()["error"] != "unsupported_grant_type", grant
    for absent in ("registration_endpoint", "client_id_metadata_document_supported", "check_session_iframe"):
        assert absent not in document


@pytest.mark.parametrize("grant", ["password", "implicit", "urn:ietf:params:oauth:grant-type:saml2-bearer"])
async def test_discovery_s3_what_is_not_announced_is_not_served(shop: Shop, grant: str):
    assert grant not in (await shop.http.get(OPENID)).json()["grant_types_supported"]
    answer = await shop.http.post("/token", data={"grant_type": grant}, auth=shop.auth)
    assert answer.json()["error"] == "unsupported_grant_type"


async def test_rfc8414_s2_no_member_is_empty_and_every_list_is_one_of_different_things(shop: Shop):
    document = (await shop.http.get(OAUTH)).json()
    for name, value in document.items():
        assert value not in ("", None, []), name
        if isinstance(value, list):
            assert len(set(value)) == len(value), name


async def test_discovery_s3_the_algorithms_of_the_jwks_are_announced_and_never_none(shop: Shop):
    document = (await shop.http.get(OPENID)).json()
    keys = (await shop.http.get("/jwks")).json()["keys"]
    assert {"ES256", "RS256"} <= {key["alg"] for key in keys}
    assert {key["alg"] for key in keys} <= set(document["id_token_signing_alg_values_supported"])
    assert "none" not in str(document["id_token_signing_alg_values_supported"])
    assert "none" not in str(document["token_endpoint_auth_signing_alg_values_supported"])


async def test_rfc7517_s5_the_jwks_holds_public_keys_for_signing_alone(shop: Shop):
    keys = (await shop.http.get("/jwks")).json()["keys"]
    assert keys
    assert {key["use"] for key in keys} == {"sig"}
    assert not any(set(key) & {"d", "p", "q", "dp", "dq", "qi", "k"} for key in keys)
    assert len({key["kid"] for key in keys}) == len(keys)


@pytest.mark.parametrize("path", [OPENID, "/jwks"])
async def test_rfc9110_s13_an_unchanged_document_is_not_sent_again(shop: Shop, path: str):
    first = await shop.http.get(path)
    again = await shop.http.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "public" in first.headers["cache-control"]


@pytest.mark.parametrize("path", [OPENID, OAUTH, "/jwks"])
async def test_discovery_s4_scripts_of_every_origin_may_read_it(shop: Shop, path: str):
    answer = await shop.http.get(path, headers={"origin": "https://app.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


async def test_rfc8414_s3_2_an_unknown_tenant_has_no_document(shop: Shop):
    assert (await shop.http.get("/t/nobody" + OPENID)).status_code == 404
    assert (await shop.http.get(OAUTH + "/t/nobody")).status_code == 404
