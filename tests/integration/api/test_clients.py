"""Clients over HTTP: created, read, changed, rotated, removed."""

import pytest

from limen.access.clients.secrets import hash_secret
from limen.access.jose.algorithms import generate_private_key
from limen.access.jose.jwk import public_jwk

pytestmark = pytest.mark.anyio
WEB = {"client_name": "Shop", "redirect_uris": ["https://shop.example/callback"]}


async def test_a_client_lives_from_registration_to_removal(house):
    async with house.http(await house.token()) as http:
        created = await http.post("/clients", json=WEB)
        assert created.status_code == 201, created.text
        client = created.json()
        assert len(client["client_secret"]) == 43
        assert created.headers["location"] == f"/api/v1/clients/{client['client_id']}"

        read = await http.get(created.headers["location"].removeprefix("/api/v1"))
        assert read.headers["etag"] == created.headers["etag"] == '"1"'
        assert "client_secret" not in read.json()
        assert read.json()["secret_count"] == 1

        path = f"/clients/{client['client_id']}"
        changed = await http.patch(path, json={"client_name": "Store"}, headers={"if-match": '"1"'})
        assert changed.status_code == 200, changed.text
        assert changed.json()["client_name"] == "Store"
        assert changed.json()["redirect_uris"] == WEB["redirect_uris"]

        gone = await http.delete(path, headers={"if-match": changed.headers["etag"]})
        assert gone.status_code == 204
        assert (await http.get(path)).status_code == 404
    assert [name for name in await house.audit() if name.startswith("client.")][-3:] == [
        "client.created",
        "client.updated",
        "client.deleted",
    ]


async def test_the_secret_is_stored_as_a_hash_that_the_token_doors_know(house):
    async with house.http(await house.token()) as http:
        client = (await http.post("/clients", json=WEB)).json()
    desk = await house.desk()
    loaded = await desk.clients(client["client_id"])
    assert loaded.client.document.secret_hashes == (hash_secret(desk.secret_key, client["client_secret"]),)


async def test_a_rotation_lets_the_last_secret_count_beside_the_new_one(house):
    async with house.http(await house.token()) as http:
        client = (await http.post("/clients", json=WEB)).json()
        path = f"/clients/{client['client_id']}/secret"
        second = (await http.post(path, json={})).json()
        third = (await http.post(path)).json()
        desk = await house.desk()
        hashes = (await desk.clients(client["client_id"])).client.document.secret_hashes
        assert hashes == (desk.secret_hash(third["client_secret"]), desk.secret_hash(second["client_secret"]))
        alone = (await http.post(path, json={"overlap": False})).json()
    assert alone["secret_count"] == 1


async def test_a_client_without_use_for_a_secret_is_given_none(house):
    jwks = {"keys": [public_jwk(generate_private_key("ES256"))]}
    async with house.http(await house.token()) as http:
        public = await http.post("/clients", json={**WEB, "token_endpoint_auth_method": "none"})
        signing = await http.post(
            "/clients", json={**WEB, "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks}
        )
        assert [answer.json()["client_secret"] for answer in (public, signing)] == [None, None]
        refused = await http.post(f"/clients/{public.json()['client_id']}/secret")
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"pointer": "#/token_endpoint_auth_method", "code": "secret.unused"}]


async def test_two_changes_of_one_version_are_told_apart(house):
    async with house.http(await house.token()) as http:
        client = (await http.post("/clients", json=WEB)).json()
        path = f"/clients/{client['client_id']}"
        first = await http.patch(path, json={"client_name": "A"}, headers={"if-match": '"1"'})
        second = await http.patch(path, json={"client_name": "B"}, headers={"if-match": '"1"'})
        third = await http.patch(path, json={"client_name": "C"}, headers={"if-match": "*"})
        none = await http.patch(path, json={"client_name": "D"})
        weak = await http.patch(path, json={"client_name": "E"}, headers={"if-match": 'W/"3"'})
        wrong = await http.patch(path, json={"client_name": "F"}, headers={"if-match": '"3", "4"'})
    statuses = [answer.status_code for answer in (first, second, third, none, weak, wrong)]
    assert statuses == [200, 412, 200, 428, 412, 400]


async def test_a_change_that_changes_nothing_makes_no_version(house):
    async with house.http(await house.token()) as http:
        client = (await http.post("/clients", json=WEB)).json()
        again = await http.patch(
            f"/clients/{client['client_id']}", json={"client_name": "Shop"}, headers={"if-match": '"1"'}
        )
    assert again.headers["etag"] == '"1"'


async def test_pages_follow_one_another_without_gap_or_repetition(house):
    async with house.http(await house.token()) as http:
        for number in range(5):
            await http.post("/clients", json={**WEB, "client_id": f"shop-{number}"})
            house.clock.advance(1)
        seen, link = [], "/clients?limit=2"
        while link:
            page = (await http.get(link.removeprefix("/api/v1"))).json()
            assert len(page["items"]) <= 2
            seen += [item["client_id"] for item in page["items"]]
            link = page["next"]
    assert [name for name in seen if name.startswith("shop-")] == [f"shop-{n}" for n in range(5)]
    assert len(seen) == len(set(seen)) == 6


async def test_a_taken_client_id_is_a_conflict(house):
    async with house.http(await house.token()) as http:
        assert (await http.post("/clients", json={**WEB, "client_id": "shop"})).status_code == 201
        assert (await http.post("/clients", json={**WEB, "client_id": "shop"})).status_code == 409


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"redirect_uris": ["https://shop.example/*"]}, "#/redirect_uris/0"),
        ({"redirect_uris": []}, "#/redirect_uris"),
        ({"grant_types": ["refresh_token"]}, "#/grant_types"),
        ({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "none"}, "#/grant_types"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "#/jwks"),
        ({"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}}, "#/jwks"),
        ({"audiences": ["not-a-uri"]}, "#/audiences/0"),
        ({"scopes": ["openid", "openid"]}, "#/scopes"),
        ({"scopes": ["a b"]}, "#/scopes/0"),
        ({"client_name": ""}, "#/client_name"),
        ({"colour": "red"}, "#/colour"),
        ({"disabled": "yes"}, "#/disabled"),
        ({"logo_uri": "javascript:alert(1)"}, "#/logo_uri"),
        ({"require_pkce": False, "token_endpoint_auth_method": "none"}, "#/require_pkce"),
        ({"require_pkce": None}, "#/require_pkce"),
    ],
)
async def test_what_may_not_be_registered_is_refused_by_place(house, change, pointer):
    async with house.http(await house.token()) as http:
        refused = await http.post("/clients", json={**WEB, **change})
    assert refused.status_code == 422, refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    assert pointer in [error["pointer"] for error in refused.json()["errors"]]
