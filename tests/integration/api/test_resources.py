"""Resource servers and types of authorization details over HTTP."""

import pytest

from tests.integration.api.house import House

pytestmark = pytest.mark.anyio
SERVER = {"identifier": "https://api.example/orders", "name": "Orders", "scopes": ["orders"], "token_format": "opaque"}
KIND = {
    "type": "payment",
    "detail_schema": {"type": "object", "required": ["type", "amount"]},
    "wording": {"en": "Pay {amount}", "de": "Zahle {amount}"},
}
BOTH = pytest.mark.parametrize(
    ("path", "made", "change"),
    [
        ("/resource-servers", SERVER, {"token_lifetime": 60}),
        ("/authorization-details-types", KIND, {"wording": {"en": "Pay {amount} now"}}),
    ],
)


@BOTH
async def test_one_is_made_read_listed_changed_and_removed(house: House, path, made, change):
    async with house.http(await house.token()) as http:
        created = await http.post(path, json=made)
        assert created.status_code == 201, created.text
        assert made.items() <= created.json().items()
        at = created.headers["location"].removeprefix("/api/v1")
        assert (await http.get(at)).headers["etag"] == '"1"'
        assert [one["id"] for one in (await http.get(path)).json()["items"]] == [created.json()["id"]]
        changed = await http.patch(at, json=change, headers={"if-match": '"1"'})
        assert changed.status_code == 200, changed.text
        assert ({**made, **change, "version": 2}).items() <= changed.json().items()
        assert (await http.patch(at, json=change, headers={"if-match": '"1"'})).status_code in {200, 412}
        assert (await http.delete(at, headers={"if-match": '"2"'})).status_code == 204
        assert (await http.get(at)).status_code == 404
    noun = "resource_server" if path == "/resource-servers" else "authorization_details_type"
    assert [name for name in await house.audit() if name.startswith(noun)] == [
        f"{noun}.created",
        f"{noun}.updated",
        f"{noun}.deleted",
    ]


@BOTH
async def test_its_name_is_unique_and_never_changes(house: House, path, made, change):
    del change
    label = "identifier" if path == "/resource-servers" else "type"
    async with house.http(await house.token()) as http:
        at = (await http.post(path, json=made)).headers["location"].removeprefix("/api/v1")
        assert (await http.post(path, json=made)).status_code == 409
        refused = await http.patch(at, json={label: "https://other.example"}, headers={"if-match": "*"})
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "immutable")


@BOTH
async def test_it_belongs_to_its_tenant_alone(house: House, path, made, change):
    del change
    async with house.http(await house.token()) as http:
        at = (await http.post(path, json=made)).headers["location"].removeprefix("/api/v1")
    async with house.http(await house.token(tenant=house.acme), house.acme) as http:
        assert (await http.get(at)).status_code == 404
        assert (await http.get(path)).json()["items"] == []
        assert (await http.delete(at, headers={"if-match": "*"})).status_code == 404
        assert (await http.post(path, json=made)).status_code == 201


@BOTH
async def test_it_needs_scopes_of_its_own(house: House, path, made, change):
    del change
    async with house.http(await house.token("limen:clients:write", "limen:resources:read")) as http:
        assert (await http.post(path, json=made)).status_code == 403
        assert (await http.get(path)).status_code == 200


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"identifier": "orders"}, "audience.not_absolute"),
        ({"identifier": "https://a.example/#x"}, "audience.not_absolute"),
        ({"token_lifetime": 10}, "lifetime.out_of_bounds"),
        ({"token_signing_alg": "ES256"}, "algorithm.unused"),
        ({"scopes": ["a", "a"]}, "list.repeated"),
        ({"name": " "}, "name.invalid"),
    ],
)
async def test_a_resource_server_that_cannot_be_is_refused_by_field(house: House, change, code):
    async with house.http(await house.token()) as http:
        refused = await http.post("/resource-servers", json={**SERVER, **change})
    assert refused.status_code == 422, refused.text
    assert {"pointer": f"#/{next(iter(change))}", "code": code} in refused.json()["errors"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"detail_schema": {"type": "nonsense"}}, "#/detail_schema"),
        ({"detail_schema": {"$ref": "http://127.0.0.1:9/schema"}}, "#/detail_schema"),
        ({"detail_schema": {"pattern": "(?=x)y"}}, "#/detail_schema"),
        ({"detail_schema": {"description": "x" * 40_000}}, "#/detail_schema"),
        ({"wording": {"de": "Zahle"}}, "#/wording/en"),
        ({"wording": {"en": "Pay {amount"}}, "#/wording/en"),
        ({"wording": {"en": "Pay", "xx": "?"}}, "#/wording/xx"),
        ({"type": "two words"}, "#/type"),
    ],
)
async def test_a_type_that_cannot_be_is_refused_by_field(house: House, change, pointer):
    async with house.http(await house.token()) as http:
        refused = await http.post("/authorization-details-types", json={**KIND, **change})
    assert refused.status_code == 422, refused.text
    assert pointer in {error["pointer"] for error in refused.json()["errors"]}
