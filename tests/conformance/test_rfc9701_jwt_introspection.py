"""RFC 9701, JWT Response for OAuth Token Introspection."""

import json
from typing import Any

import httpx2
import pytest
from joserfc import jwe, jwt
from joserfc.jwk import ECKey, KeySet

from tests.integration.tokens.kit import Auth, Shop, claims, header

pytestmark = pytest.mark.anyio
JWT = "application/token-introspection+jwt"
API = "https://api.example"


async def _asked(shop: Shop, token: str, auth: Auth, accept: str = JWT) -> httpx2.Response:
    answer = await shop.post("/introspect", {"token": token}, auth, headers={"accept": accept})
    assert answer.status_code == 200
    return answer


async def _read(shop: Shop, text: str, alg: str = "ES256") -> dict[str, Any]:
    keys = KeySet.import_key_set((await shop.http.get("/jwks")).json())
    return jwt.decode(text, keys, algorithms=[alg]).claims


@pytest.fixture
async def api(shop: Shop) -> tuple[str, str]:
    """A resource server's own client."""
    auth = await shop.machine()
    await shop.resource_server(API, introspection_clients=(auth[0],))
    return auth


async def _token(shop: Shop) -> str:
    return (await shop.own_token(await shop.machine(audiences=(API,))))["access_token"]


async def test_rfc9701_s4_only_who_asks_for_the_jwt_gets_it(shop: Shop, api: tuple[str, str]):
    token = await _token(shop)
    for accept in ("application/json", "*/*", f"{JWT};q=0, application/json", "text/html"):
        assert (await _asked(shop, token, api, accept)).headers["content-type"] == "application/json"
    for accept in (JWT, JWT.upper(), f"application/json;q=0.5, {JWT};q=0.9"):
        assert (await _asked(shop, token, api, accept)).headers["content-type"] == JWT


async def test_rfc9701_s5_the_header_and_the_claims_are_as_they_must_be(shop: Shop, api: tuple[str, str]):
    token = await _token(shop)
    text = (await _asked(shop, token, api)).text
    assert header(text)["typ"] == "token-introspection+jwt"
    said = await _read(shop, text)
    assert said.keys() == {"iss", "aud", "iat", "token_introspection"}  # no sub, no exp: it passes for no token
    assert (said["iss"], said["aud"]) == ("https://id.example", api[0])
    inner = said["token_introspection"]
    assert (inner["active"], inner["aud"], inner["jti"]) == (True, API, claims(token)["jti"])


async def test_rfc9701_s5_a_token_that_is_not_for_the_asking_one_is_inactive_and_says_nothing(
    shop: Shop, api: tuple[str, str]
):
    token = (await shop.own_token(await shop.machine(audiences=("https://other.example",))))["access_token"]
    for text in (token, "rubbish"):
        said = await _read(shop, (await _asked(shop, text, api)).text)
        assert said["token_introspection"] == {"active": False}


async def test_rfc9701_s5_the_answer_is_kept_by_no_cache(shop: Shop, api: tuple[str, str]):
    assert (await _asked(shop, await _token(shop), api)).headers["cache-control"] == "no-store"


async def test_rfc9701_s6_the_client_chooses_the_algorithm(shop: Shop):
    api = await shop.machine(introspection_signed_response_alg="PS256")
    await shop.resource_server(API, introspection_clients=(api[0],))
    said = await _read(shop, (await _asked(shop, await _token(shop), api)).text, "PS256")
    assert said["token_introspection"]["active"]


async def test_rfc9701_s6_and_may_have_it_encrypted(shop: Shop):
    key = ECKey.generate_key("P-256", {"use": "enc", "kid": "one"})
    api = await shop.machine(
        jwks={"keys": [key.as_dict(private=False)]},
        introspection_encrypted_response_alg="ECDH-ES+A256KW",
        introspection_encrypted_response_enc="A256GCM",
    )
    await shop.resource_server(API, introspection_clients=(api[0],))
    text = (await _asked(shop, await _token(shop), api)).text
    opened = jwe.decrypt_compact(text, key, algorithms=["ECDH-ES+A256KW", "A256GCM"])
    assert opened.headers()["cty"] == "JWT"
    assert (await _read(shop, opened.plaintext.decode()))["token_introspection"]["active"]


async def test_rfc9701_s8_1_the_answer_is_no_access_token_and_no_id_token(shop: Shop, api: tuple[str, str]):
    text = (await _asked(shop, await _token(shop), api)).text
    assert (await shop.userinfo(text)).status_code == 401
    assert not await shop.is_active(text, api)
    page = await shop.arrive(id_token_hint=text)
    assert page.answer["error"] == "invalid_request"


async def test_rfc9701_s7_metadata_names_the_algorithms(shop: Shop):
    metadata = (await shop.http.get("/.well-known/oauth-authorization-server")).json()
    assert "PS256" in metadata["introspection_signing_alg_values_supported"]
    assert "ECDH-ES" in metadata["introspection_encryption_alg_values_supported"]
    assert "A256GCM" in metadata["introspection_encryption_enc_values_supported"]


async def test_details_of_an_opaque_token_are_in_the_jwt_too(shop: Shop):
    api = await shop.machine()
    await shop.detail_type("diary", {"type": "object"}, "Read your diary")
    await shop.resource_server(API, token_format="opaque", introspection_clients=(api[0],))
    machine = await shop.machine(audiences=(API,), authorization_details_types=("diary",))
    asked = json.dumps([{"type": "diary", "deep": {"er": ["x"]}}])
    token = (await shop.own_token(machine, authorization_details=asked))["access_token"]
    said = await _read(shop, (await _asked(shop, token, api)).text)
    assert said["token_introspection"]["authorization_details"] == json.loads(asked)
