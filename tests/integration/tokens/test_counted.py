"""What ``/metrics`` tells of tokens and of clients that register themselves: words of ours, whatever was sent."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from limen.identity.tenants.records import Lifetimes, TenantSettings
from limen.identity.tenants.registration import RegistrationSettings
from tests.integration.tokens.kit import Shop
from tests.integration.tokens.proofs import Prover

pytestmark = pytest.mark.anyio
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


async def counted(shop: Shop, name: str) -> dict[tuple[str, ...], float]:
    """What is above zero, by its labels."""
    async with shop.house.client("127.0.0.1") as here:
        text = (await here.get("/metrics")).text
    families = text_string_to_metric_families(text)
    samples = [sample for family in families for sample in family.samples if sample.name == f"{name}_total"]
    assert samples
    return {tuple(sample.labels.values()): sample.value for sample in samples if sample.value}


async def test_answers_of_the_token_endpoint_are_counted_by_grant_and_what_came_of_them(shop: Shop):
    assert await counted(shop, "limen_token_requests") == {}
    auth = await shop.machine()
    machine, once = {"grant_type": "client_credentials"}, Prover(shop.house.clock).header()
    for headers in ({}, once, once):
        await shop.post("/token", machine, auth, headers=headers)
    await shop.post("/token", machine, (auth[0], "wrong"))
    for grant_type in ("password", "client_credentials\n", ""):
        await shop.post("/token", {"grant_type": grant_type}, auth)
    await shop.post("/token", {"grant_type": "urn:openid:params:grant-type:ciba"}, auth)
    code = await shop.code()
    token = (await shop.redeem(code)).json()["refresh_token"]
    await shop.redeem(code)
    token = (await shop.tokens())["refresh_token"]
    await shop.refresh(token)
    shop.house.clock.advance(Lifetimes().refresh_grace + 1)
    await shop.refresh(token)
    await shop.refresh("nonsense")
    device = await shop.another(grant_types=(DEVICE,), redirect_uris=())
    begun = (await shop.post("/device_authorization", {"scope": "openid"}, device)).json()
    for _ in range(2):
        await shop.post("/token", {"grant_type": DEVICE, "device_code": begun["device_code"]}, device)
    assert await counted(shop, "limen_token_requests") == {
        ("client_credentials", "issued"): 2,
        ("client_credentials", "invalid_dpop_proof"): 1,
        ("client_credentials", "invalid_client"): 1,
        ("other", "unsupported_grant_type"): 2,
        ("other", "invalid_request"): 1,
        ("ciba", "unauthorized_client"): 1,
        ("authorization_code", "issued"): 2,
        ("authorization_code", "replayed"): 1,
        ("refresh_token", "issued"): 1,
        ("refresh_token", "reused"): 1,
        ("refresh_token", "invalid_grant"): 1,
        ("device_code", "authorization_pending"): 1,
        ("device_code", "slow_down"): 1,
    }


async def test_what_clients_do_with_their_own_registration_is_counted(shop: Shop):
    tenant = await shop.house.add_tenant("open", TenantSettings(registration=RegistrationSettings(mode="open")))
    url, sent = f"{tenant.prefix}/register", {"redirect_uris": ["https://client.example/callback"]}
    told = (await shop.http.post(url, json=sent)).json()
    path = told["registration_client_uri"].removeprefix("https://id.example")
    mine = {"authorization": f"Bearer {told['registration_access_token']}"}
    await shop.http.post(url, json={"redirect_uris": ["no address"]})
    await shop.http.post("/register", json=sent)
    await shop.http.get(path)
    await shop.http.get(path, headers=mine)
    await shop.http.delete(path, headers=mine)
    assert await counted(shop, "limen_client_registrations") == {
        ("register", "done"): 1,
        ("register", "invalid_redirect_uri"): 1,
        ("register", "registration_is_off"): 1,
        ("read", "invalid_token"): 1,
        ("read", "done"): 1,
        ("remove", "done"): 1,
    }
