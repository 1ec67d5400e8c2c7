"""RFC 9700 §2.5, Client Authentication."""

import pytest

from tests.integration.tokens.kit import Shop, error
from tests.integration.tokens.strict import Strict

pytestmark = pytest.mark.anyio


async def test_s2_5_confidential_clients_are_authenticated_at_every_door_of_theirs(shop: Shop):
    refresh = (await shop.tokens())["refresh_token"]
    for path, form in {
        "/token": {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": shop.client_id},
        "/par": shop.walker.request(shop.client_id),
        "/revoke": {"token": refresh, "client_id": shop.client_id},
        "/introspect": {"token": refresh, "client_id": shop.client_id},
    }.items():
        assert error(await shop.post(path, form)) == (401, "invalid_client"), path
    assert (await shop.refresh(refresh)).status_code == 200


async def test_s2_5_asymmetric_methods_are_there_so_that_no_secret_is_shared(shop: Shop):
    said = (await shop.http.get("/.well-known/openid-configuration")).json()
    assert "private_key_jwt" in said["token_endpoint_auth_methods_supported"]
    assert (await (await Strict.register(shop)).push()).status_code == 201


async def test_s2_5_a_client_proves_itself_in_its_registered_way_and_no_other(shop: Shop):
    auth = await shop.another(token_endpoint_auth_method="client_secret_post")
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    assert error(await shop.post("/token", form, auth)) == (401, "invalid_client")
    posted = form | {"client_id": auth[0], "client_secret": auth[1]}
    assert error(await shop.post("/token", posted)) == (400, "invalid_grant")
