"""The tenant's keys over HTTP: seen, rotated, and replaced at once."""

import pytest

from limen.access.clients.records import ClientDocument
from limen.identity.administrators import SYSTEM
from tests.integration.api.house import House

pytestmark = pytest.mark.anyio


async def _algorithms(house: House) -> dict[str, set[str]]:
    async with house.http(await house.token()) as http:
        items = (await http.get("/keys")).json()["items"]
    return {
        state: {key["alg"] for key in items if key["state"] == state} for state in ("pending", "active", "retiring")
    }


async def test_keys_are_listed_without_their_private_halves(house: House):
    async with house.http(await house.token()) as http:
        answer = await http.get("/keys")
    assert {key["alg"] for key in answer.json()["items"]} == {"ES256", "RS256"}
    assert set(answer.json()["items"][0]) == {
        *("kid", "alg", "purpose", "state", "created_at", "activates_at", "retires_at", "removed_at")
    }


async def test_a_rotation_soon_publishes_successors_and_keeps_signing(house: House):
    before = (await house.desk()).keys.signer("ES256").kid
    async with house.http(await house.token()) as http:
        assert (await http.post("/keys/rotate", json={"urgency": "soon"})).json() == {"changes": 2}
        assert (await http.post("/keys/rotate", json={"urgency": "soon"})).json() == {"changes": 0}
    assert (await _algorithms(house))["pending"] == {"ES256", "RS256"}
    assert (await house.desk()).keys.signer("ES256").kid == before


async def test_an_emergency_replaces_every_key_at_once_and_ends_the_callers_own_token(house: House):
    before = set((await house.desk()).keys.verify_keys)
    async with house.http(await house.token()) as http:
        assert (await http.post("/keys/rotate", json={"urgency": "compromised"})).json() == {"changes": 4}
        assert (await http.get("/keys")).status_code == 401
    assert not before & set((await house.desk()).keys.verify_keys)
    assert "keys.rotated" in await house.audit()


async def test_rotating_needs_its_own_scope_and_touches_one_tenant(house: House):
    acme = (await house.desk(house.acme)).keys.etag
    async with house.http(await house.token("limen:keys:read", "limen:clients:write")) as http:
        assert (await http.post("/keys/rotate", json={"urgency": "soon"})).status_code == 403
    async with house.http(await house.token()) as http:
        assert (await http.post("/keys/rotate", json={"urgency": "now"})).status_code == 422
        await http.post("/keys/rotate", json={"urgency": "compromised"})
    assert (await house.desk(house.acme)).keys.etag == acme


async def test_an_algorithm_that_a_client_uses_is_kept_and_one_that_nobody_uses_goes(house: House):
    registration = house.registration()
    document = ClientDocument(
        client_name="x", redirect_uris=("https://x.example/",), id_token_signed_response_alg="EdDSA"
    )
    made = await registration.create(document, SYSTEM)
    assert "EdDSA" in (await house.desk()).keys.signers
    async with house.http(await house.token()) as http:
        await http.post("/keys/rotate", json={"urgency": "soon"})
        assert "EdDSA" in (await _algorithms(house))["pending"]
        await registration.delete(made.client.client_id, SYSTEM)
        await http.post("/keys/rotate", json={"urgency": "soon"})
    found = await _algorithms(house)
    assert "EdDSA" not in found["pending"] | found["active"]
    assert "EdDSA" in found["retiring"]


async def test_a_tenants_settings_name_keys_that_are_kept_for_what_is_sent_to_us(house: House):
    async with house.http(await house.token()) as http:
        sent = {
            "settings": {"keys": {"encryption": ["ECDH-ES", "RSA-OAEP-256"], "signing": ["ES256", "RS256", "ES384"]}}
        }
        changed = await http.patch("/tenants/default", json=sent, headers={"if-match": "*"})
        assert changed.status_code == 200, changed.text
        refused = await http.patch(
            "/tenants/default", json={"settings": {"keys": {"signing": []}}}, headers={"if-match": "*"}
        )
        assert refused.status_code == 422
    desk = await house.desk()
    assert "ES384" in desk.keys.signers
    assert len(desk.keys.decrypters) == 2
    assert b'"use":"enc"' in desk.keys.jwks


async def test_keys_that_seal_are_rotated_and_the_progress_is_seen(house: House):
    customer = await house.customer("ada@example.com")
    async with house.http(await house.token()) as http:
        begun = await http.post("/keys/rotations", json={"kind": "customers"})
        assert (begun.status_code, begun.json()["state"], begun.json()["total"]) == (202, "running", 1)
        assert (await http.post("/keys/rotations", json={"kind": "customers"})).status_code == 409
        await house.parts.rotations(house.default.id).advance(9)
        [done] = (await http.get("/keys/rotations")).json()["items"]
        assert (done["state"], done["seen"], done["done"]) == ("done", 1, 1)
        rotated = await http.post(f"/keys/customers/{customer.id}/rotate")
        assert rotated.json()["version"] > 1
        assert (await http.get(f"/customers/{customer.id}")).json()["email"] == "ada@example.com"
        assert (await http.post("/keys/rotations", json={"kind": "root"})).status_code == 202
    async with house.http(await house.token("limen:keys:write")) as http:
        assert (await http.post("/keys/rotations", json={"kind": "root"})).status_code == 403
        assert (await http.post("/keys/rotations", json={"kind": "signing"})).status_code == 422
    assert "customer_key.rotated" in await house.audit()
