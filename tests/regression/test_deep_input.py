"""Input nested so deep that only those who read it first notice: every depth is refused, none is a fault."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc import jws as plain
from joserfc.jwk import ECKey

from limen.kernel.clock import SECOND
from tests.integration.tokens.kit import Shop, open_shop

pytestmark = pytest.mark.anyio

KEY = ECKey.generate_key("P-256", {"kid": "one"})
DEPTHS = (20, 600, 900)


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.fixture
async def shop(house):
    async with open_shop(house) as shop:
        yield shop


async def test_no_depth_of_authorization_details_is_a_fault(shop: Shop):
    await shop.detail_type("payment", {"type": "object"}, "Pay")
    auth = await shop.machine("orders", authorization_details_types=("payment",))
    for depth in DEPTHS:
        details = f'[{{"type":"payment","a":{nested(depth)}}}]'
        form = {"grant_type": "client_credentials", "authorization_details": details}
        assert (await shop.post("/token", form, auth)).status_code == 400, depth


async def test_no_depth_of_claims_is_a_fault(shop: Shop):
    for depth in DEPTHS:
        claims = f'{{"userinfo":{{"sub":{{"values":["a",{nested(depth)}]}}}}}}'
        form = {**shop.walker.request(shop.client_id), "claims": claims}
        assert (await shop.post("/par", form, shop.auth)).status_code == 400, depth


@pytest.mark.parametrize("name", ["claims", "authorization_details", "anything"])
async def test_no_depth_of_a_request_object_is_a_fault(shop: Shop, name: str):
    auth = await shop.another(jwks={"keys": [KEY.as_dict(private=False)]})
    now = shop.house.clock.now() // SECOND
    says: dict[str, Any] = {"iss": auth[0], "aud": shop.tenant.issuer, "exp": now + 300, **shop.walker.request(auth[0])}
    for depth in DEPTHS:
        payload = json.dumps({**says, name: "@"}).replace('"@"', '{"a":' + nested(depth) + "}")
        text = jws(payload.encode())
        answer = await shop.http.get(f"/authorize?{urlencode({'client_id': auth[0], 'request': text})}")
        is_asked = answer.status_code == 200 and 'action="/journey/' in answer.text
        assert is_asked or answer.status_code in {303, 400}, depth


async def test_no_depth_of_a_registration_is_a_fault(shop: Shop):
    for depth in DEPTHS:
        body = f'{{"redirect_uris":["https://a.example/"],"jwks":{{"keys":{nested(depth)}}}}}'
        answer = await shop.http.post("/register", content=body, headers={"content-type": "application/json"})
        assert answer.status_code in {400, 404}, depth


def jws(payload: bytes) -> str:
    return plain.serialize_compact({"alg": "ES256", "kid": "one"}, payload, KEY)
