"""RFC 9700 §2.4, Resource Owner Password Credentials Grant: it must not be used."""

import pytest

from tests.integration.tokens.kit import EMAIL, PASSWORD, Shop, error

pytestmark = pytest.mark.anyio


async def test_s2_4_the_grant_does_not_exist(shop: Shop):
    form = {"grant_type": "password", "username": EMAIL, "password": PASSWORD}
    assert error(await shop.post("/token", form, shop.auth)) == (400, "unsupported_grant_type")


async def test_s2_4_it_is_not_announced(shop: Shop):
    said = (await shop.http.get("/.well-known/openid-configuration")).json()
    assert "password" not in said["grant_types_supported"]
