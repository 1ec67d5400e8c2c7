"""RFC 9700 §4.15, Client Impersonating Resource Owner."""

import pytest

from limen.identity.tenants.records import TenantSettings
from limen.identity.tenants.registration import RegistrationSettings
from tests.integration.tokens.kit import Shop, claims

pytestmark = pytest.mark.anyio


async def test_s4_15_1_a_client_that_registers_itself_does_not_choose_its_name(shop: Shop):
    settings = TenantSettings(registration=RegistrationSettings(mode="open"))
    tenant = await shop.house.add_tenant("open", settings)
    wishes = {"client_id": shop.customer.subject, "client_name": "Ann", "redirect_uris": ["https://ann.example/cb"]}
    made = (await shop.http.post(f"{tenant.prefix}/register", json=wishes)).json()
    assert made.get("client_id") != shop.customer.subject


async def test_s4_15_1_a_clients_token_passes_for_no_customers(shop: Shop):
    machine = await shop.machine()
    token = (await shop.own_token(machine))["access_token"]
    said = claims(token)
    assert said["sub"] == said["client_id"] == machine[0]
    assert "auth_time" not in said
    assert (await shop.userinfo(token)).status_code == 403


async def test_s4_15_1_openid_is_no_scope_for_a_client_in_its_own_name(shop: Shop):
    machine = await shop.machine("orders", "openid")
    answer = await shop.post("/token", {"grant_type": "client_credentials", "scope": "openid"}, machine)
    assert answer.status_code == 400 or "openid" not in answer.json().get("scope", "")
