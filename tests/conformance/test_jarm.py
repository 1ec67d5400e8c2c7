"""JWT Secured Authorization Response Mode for OAuth 2.0 (JARM)."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from joserfc import jwe, jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from tests.integration.tokens.kit import EMAIL, Shop, header
from tests.support.house import CALLBACK
from tests.support.walker import Page

pytestmark = pytest.mark.anyio

MODES = ("query.jwt", "fragment.jwt", "form_post.jwt", "jwt")


def parameters(page: Page) -> dict[str, str]:
    """What an application receives, by whichever way."""
    if page.location:
        parts = urlsplit(page.location)
        return dict(parse_qsl(parts.fragment or parts.query, strict_parsing=True))
    return page.form.fields


async def opened(shop: Shop, text: str, client_id: str = "", alg: str = "ES256") -> dict[str, Any]:
    """The claims of a signed answer, verified by the published keys."""
    keys = KeySet.import_key_set((await shop.http.get("/jwks")).json())
    said = jwt.decode(text, keys, algorithms=[alg]).claims
    assert said["aud"] == (client_id or shop.client_id)
    return said


# ------------------------------------------------------------------------------------- §2.1: the JWT


@pytest.mark.parametrize("mode", MODES)
async def test_jarm_s2_1_an_answer_is_one_signed_jwt_that_holds_all_of_it(shop: Shop, mode):
    given = parameters(await shop.arrive(response_mode=mode))
    assert set(given) == {"response"}
    said = await opened(shop, given["response"])
    assert (said["iss"], said["state"]) == ("https://id.example", "the-state")
    assert set(said) == {"iss", "aud", "exp", "code", "state"}
    assert (await shop.redeem(said["code"])).status_code == 200


async def test_jarm_s2_1_it_is_good_for_less_than_ten_minutes(shop: Shop):
    said = await opened(shop, parameters(await shop.arrive(response_mode="jwt"))["response"])
    assert 0 < said["exp"] - shop.house.clock.now() // 1_000_000 <= 600


@pytest.mark.parametrize("mode", MODES)
async def test_jarm_s2_1_an_error_is_one_signed_jwt_too(shop: Shop, mode):
    said = await opened(shop, parameters(await shop.arrive(response_mode=mode, scope="admin"))["response"])
    assert (said["error"], said["state"]) == ("invalid_scope", "the-state")
    assert "code" not in said


async def test_jarm_s2_1_errors_at_the_end_of_a_journey_are_signed(shop: Shop):
    auth = await shop.another(require_consent=True)
    page = await shop.arrive(auth[0], response_mode="jwt")
    page = await shop.walker.post(page, decision="deny")
    assert (await opened(shop, parameters(page)["response"], auth[0]))["error"] == "access_denied"


async def test_jarm_s2_1_no_id_token_hint_is_made_of_an_answer(shop: Shop):
    response = parameters(await shop.arrive(response_mode="jwt"))["response"]
    assert header(response)["typ"] == "oauth-authz-resp+jwt"
    assert (await shop.arrive(id_token_hint=response)).answer["error"] == "invalid_request"


# --------------------------------------------------------------------------- §2.2: signed, and encrypted


async def test_jarm_s2_2_it_is_encrypted_to_the_client_where_that_registered_so(shop: Shop):
    for alg, enc, key in (
        ("RSA-OAEP-256", "A256GCM", RSAKey.generate_key(2048, {"use": "enc", "kid": "one"})),
        ("ECDH-ES+A128KW", "", ECKey.generate_key("P-256", {"use": "enc", "kid": "one"})),
    ):
        auth = await shop.another(
            jwks={"keys": [key.as_dict(private=False)]},
            authorization_encrypted_response_alg=alg,
            authorization_encrypted_response_enc=enc,
        )
        response = parameters(await shop.arrive(auth[0], response_mode="jwt"))["response"]
        outer = header(response)
        assert (outer["alg"], outer["enc"], outer["cty"], outer["kid"]) == (alg, enc or "A128CBC-HS256", "JWT", "one")
        inner = jwe.decrypt_compact(response, key, algorithms=[alg, outer["enc"]]).plaintext
        assert inner is not None
        assert "code" in await opened(shop, inner.decode(), auth[0])


# ------------------------------------------------------------------------------------- §2.3: the modes


async def test_jarm_s2_3_1_query_jwt_is_in_the_query(shop: Shop):
    page = await shop.arrive(response_mode="query.jwt")
    assert page.location.startswith(f"{CALLBACK}?response=ey")


async def test_jarm_s2_3_2_fragment_jwt_is_in_the_fragment(shop: Shop):
    page = await shop.arrive(response_mode="fragment.jwt")
    assert page.location.startswith(f"{CALLBACK}#response=ey")


async def test_jarm_s2_3_3_form_post_jwt_is_posted(shop: Shop):
    page = await shop.arrive(response_mode="form_post.jwt")
    assert (page.form.action, page.form.method, set(page.fields)) == (CALLBACK, "post", {"response"})


async def test_jarm_s2_3_4_jwt_alone_is_the_usual_mode_of_the_response_type(shop: Shop):
    assert (await shop.arrive(response_mode="jwt")).location.startswith(f"{CALLBACK}?response=")
    refused = await shop.arrive(response_mode="jwt", response_type="id_token")
    assert refused.location.startswith(f"{CALLBACK}#response=")
    said = await opened(shop, parameters(refused)["response"])
    assert said["error"] == "unsupported_response_type"


async def test_jarm_s2_3_it_works_through_a_sign_in(shop: Shop):
    walker = shop.house.walker()
    page = await walker.authorize(shop.client_id, response_mode="fragment.jwt")
    page = await walker.sign_in(EMAIL, "correct horse battery staple", page)
    assert "code" in await opened(shop, parameters(page)["response"])


# ------------------------------------------------------------------------------- §3, §4: metadata


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
async def test_jarm_s3_the_client_chooses_the_algorithm(shop: Shop, alg):
    auth = await shop.another(authorization_signed_response_alg=alg)
    response = parameters(await shop.arrive(auth[0], response_mode="jwt"))["response"]
    assert header(response)["alg"] == alg
    assert "code" in await opened(shop, response, auth[0], alg)


async def test_jarm_s4_modes_and_algorithms_are_announced(shop: Shop):
    document = (await shop.http.get("/.well-known/openid-configuration")).json()
    assert {"jwt", "query.jwt", "fragment.jwt", "form_post.jwt"} <= set(document["response_modes_supported"])
    assert {"ES256", "RS256"} <= set(document["authorization_signing_alg_values_supported"])
    assert "RSA-OAEP-256" in document["authorization_encryption_alg_values_supported"]
    assert "A128CBC-HS256" in document["authorization_encryption_enc_values_supported"]
