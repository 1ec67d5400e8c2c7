"""RFC 7523, JWT client authentication (``private_key_jwt``, OpenID Connect Core §9).

Deliberately not supported: JWTs as authorization grants (§2.1) and ``client_secret_jwt`` (an HMAC under the secret).
"""

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from tests.integration.tokens.kit import Shop, error

pytestmark = pytest.mark.anyio
KEY = ECKey.generate_key("P-256")
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


async def signer(shop: Shop) -> str:
    jwks = {"keys": [KEY.as_dict(private=False)]}
    return (await shop.machine(token_endpoint_auth_method="private_key_jwt", jwks=jwks))[0]


def made(shop: Shop, client_id: str, **changes: Any) -> str:
    now = shop.house.clock.now() // 1_000_000
    claims = {"iss": client_id, "sub": client_id, "aud": "https://id.example", "jti": "one", "exp": now + 60, **changes}
    return jwt.encode({"alg": "ES256"}, {n: v for n, v in claims.items() if v is not ...}, KEY)


async def prove(shop: Shop, text: str, path: str = "/token", **changes: str):
    form = {"grant_type": "client_credentials", "token": "t", "client_assertion_type": TYPE, "client_assertion": text}
    return await shop.post(path, form | changes)


@pytest.mark.parametrize("path", ["/token", "/introspect", "/revoke"])
async def test_rfc7523_s2_2_an_assertion_authenticates_at_every_door_of_clients(shop: Shop, path: str):
    assert (await prove(shop, made(shop, await signer(shop)), path)).status_code == 200


async def test_rfc7523_s2_2_client_id_is_not_needed_and_must_fit_if_it_is_there(shop: Shop):
    client_id = await signer(shop)
    assert (await prove(shop, made(shop, client_id, jti="a"), client_id=client_id)).status_code == 200
    assert error(await prove(shop, made(shop, client_id, jti="b"), client_id="else")) == (401, "invalid_client")


@pytest.mark.parametrize("claim", ["iss", "sub", "aud", "exp"])
async def test_rfc7523_s3_a_required_claim_cannot_be_left_out(shop: Shop, claim: str):
    assert error(await prove(shop, made(shop, await signer(shop), **{claim: ...}))) == (401, "invalid_client")


async def test_rfc7523_s3_4_an_expired_assertion_is_refused(shop: Shop):
    text = made(shop, await signer(shop))
    shop.house.clock.advance(120)
    assert error(await prove(shop, text)) == (401, "invalid_client")


async def test_rfc7523_s3_7_an_assertion_is_accepted_once(shop: Shop):
    text = made(shop, await signer(shop))
    assert [(await prove(shop, text)).status_code for _ in range(2)] == [200, 401]


async def test_rfc7523_s3_an_assertion_for_another_server_is_refused(shop: Shop):
    text = made(shop, await signer(shop), aud="https://id.example/t/acme")
    assert error(await prove(shop, text)) == (401, "invalid_client")


async def test_rfc7523_s2_1_a_jwt_as_a_grant_is_refused(shop: Shop):
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "x"}
    assert error(await shop.post("/token", form, shop.auth)) == (400, "unsupported_grant_type")


async def test_oidc_core_s9_client_secret_jwt_is_refused(shop: Shop):
    client_id, secret = shop.auth
    now = shop.house.clock.now() // 1_000_000
    claims = {"iss": client_id, "sub": client_id, "aud": "https://id.example", "jti": "x", "exp": now + 60}
    text = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(secret))
    assert error(await prove(shop, text)) == (401, "invalid_client")
