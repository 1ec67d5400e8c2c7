"""Keys that a client publishes: found, kept, asked for again when the client rotates, and never too often."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

from limen.access.clients.records import AuthMethod, ClientDocument
from limen.access.clients.validation import validate
from limen.kernel.clock import SECOND

pytestmark = pytest.mark.anyio
URL = "https://client.example/jwks"


def key(kid):
    return ECKey.import_key(ec.generate_private_key(ec.SECP256R1()), {"kid": kid, "use": "sig", "alg": "ES256"})


def published(*keys):
    return {"keys": [one.as_dict(private=False) for one in keys]}


async def register(house):
    client_id, _ = await house.register_client(
        grant_types=("client_credentials",),
        redirect_uris=(),
        scopes=("orders",),
        token_endpoint_auth_method="private_key_jwt",
        jwks_uri=URL,
    )
    return client_id


async def ask(house, client_id, with_key, jti="1"):
    now = house.clock.now() // SECOND
    claims = {"iss": client_id, "sub": client_id, "aud": house.tenant.issuer, "exp": now + 60, "jti": jti}
    assertion = jwt.encode({"alg": "ES256", "kid": with_key.kid}, claims, with_key)
    async with house.client() as http:
        return await http.post(
            "/token",
            data={
                "grant_type": "client_credentials",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": assertion,
            },
        )


async def test_an_assertion_is_verified_by_a_published_key(house):
    mine = key("one")
    house.web.serve(URL, published(mine), "application/jwk-set+json")
    client_id = await register(house)
    for jti in "12":
        answer = await ask(house, client_id, mine, jti)
        assert answer.status_code == 200, answer.text
    assert house.web.asked == [URL]


async def test_a_new_key_is_found_at_once_and_an_invented_one_costs_one_question_in_half_a_minute(house):
    old, new = key("old"), key("new")
    house.web.serve(URL, published(old))
    client_id = await register(house)
    await ask(house, client_id, old)
    house.clock.advance(31)
    house.web.serve(URL, published(new))
    answer = await ask(house, client_id, new, "2")
    assert answer.status_code == 200
    assert len(house.web.asked) == 2
    for jti in "345":
        refused = await ask(house, client_id, key("invented"), jti)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert len(house.web.asked) == 2
    house.clock.advance(31)
    await ask(house, client_id, key("invented"), "6")
    assert len(house.web.asked) == 3


async def test_a_withdrawn_key_is_no_longer_good_once_the_set_is_not_fresh(house):
    old, new = key("old"), key("new")
    house.web.serve(URL, published(old))
    client_id = await register(house)
    await ask(house, client_id, old)
    house.web.serve(URL, published(new))
    house.clock.advance(301)
    assert (await ask(house, client_id, old, "2")).status_code == 401


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b'{"keys":"x"}',
        b'{"keys":[]}',
        json.dumps({"keys": [{"kty": "oct", "k": "AA"}]}).encode(),
    ],
)
async def test_a_set_that_is_none_is_a_refusal_and_no_fault(house, content):
    house.web.serve(URL, content)
    answer = await ask(house, await register(house), key("one"))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_a_client_whose_server_is_away_is_refused_until_it_is_back(house):
    mine = key("one")
    client_id = await register(house)
    assert (await ask(house, client_id, mine)).status_code == 401
    house.web.serve(URL, published(mine))
    house.clock.advance(31)
    assert (await ask(house, client_id, mine, "2")).status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"jwks_uri": URL, "jwks": published(key("one"))}, "jwks_uri"),
        ({"jwks_uri": "http://client.example/jwks"}, "jwks_uri"),
        ({"jwks_uri": "file:///etc/passwd"}, "jwks_uri"),
        ({}, "jwks"),
    ],
)
def test_jwks_xor_jwks_uri(change, field):
    document = ClientDocument(
        client_name="A machine",
        grant_types=("client_credentials",),
        token_endpoint_auth_method=AuthMethod.PRIVATE_KEY_JWT,
        **change,
    )
    assert field in validate(document).fields
