"""The annotations of attributes over HTTP: who may write them, how they change, what does not fit."""

import pytest

from limen.identity.customers.schema_changes import SchemaChanges

pytestmark = pytest.mark.anyio
SIZE = {"type": "string"}
NOTE = {"type": "string", "limen": {"administrator": "read"}}
SECRET = {"type": "string", "limen": {"administrator": "nothing"}}


async def declare(house, http, **attributes) -> None:
    """Change the schema, and bring every customer up to it as the job does."""
    settings = {"profile": {"attributes": attributes}}
    changed = await http.patch("/tenants/default", json={"settings": settings}, headers={"if-match": "*"})
    assert changed.status_code == 200, changed.text


async def walk(house) -> None:
    async with house.storage.database.read(house.default.id) as unit:
        profile = (await unit.tenants.get(house.default.id)).settings.profile
    begin, reading = house.parts.begin, house.parts.reading
    await SchemaChanges(house.default.id, begin, reading, house.directory(), house.clock, profile).walk(9)


async def test_administrators_keep_to_what_is_theirs_and_are_told_field_by_field(house):
    async with house.http(await house.token()) as http:
        box = {"type": "object", "properties": {"a/b": {"type": "integer"}, "c": {"maxLength": 2, "pattern": "^x"}}}
        await declare(house, http, size={"type": "integer"}, note=NOTE, secret=SECRET, box=box)
        wrong = {"size": "x", "box": {"a/b": "one", "c": "long"}, "note": 1, "secret": "s", "odd": 1}
        sent = {"email": "ann@example.com", "attributes": wrong}
        refused = await http.post("/customers", json=sent)
        assert refused.status_code == 422
        assert sorted((one["pointer"], one["code"], one.get("rule")) for one in refused.json()["errors"]) == [
            ("#/attributes/box/a~1b", "attribute.invalid", "type"),
            ("#/attributes/box/c", "attribute.invalid", "maxLength"),
            ("#/attributes/box/c", "attribute.invalid", "pattern"),
            ("#/attributes/note", "attribute.not_yours", None),
            ("#/attributes/odd", "attribute.unknown", None),
            ("#/attributes/secret", "attribute.not_yours", None),
            ("#/attributes/size", "attribute.invalid", "type"),
        ]
        made = await http.post("/customers", json={"email": "ann@example.com", "attributes": {"size": 42}})
        assert made.json()["attributes"] == {"size": 42}


async def test_administrators_keep_to_what_a_tenant_says_of_standard_claims(house):
    claims = {"name": {"administrator": "read"}, "birthdate": {"administrator": "nothing"}}
    ann = await house.customer("ann@example.com", name="Ann", birthdate="1990-05-17", gender="f")
    bob = await house.customer("bob@example.com")
    async with house.http(await house.token()) as http:
        settings = {"settings": {"profile": {"claims": claims}}}
        assert (await http.patch("/tenants/default", json=settings, headers={"if-match": "*"})).status_code == 200
    async with house.http(await house.token()) as http:
        seen = (await http.get(f"/customers/{ann.id}")).json()
        assert (seen["name"], seen["birthdate"], seen["gender"]) == ("Ann", "", "f")
        refused = await http.patch(
            f"/customers/{ann.id}", json={"name": "Eve", "birthdate": "1991", "gender": "x"}, headers={"if-match": "*"}
        )
        found = sorted((one["pointer"], one["code"]) for one in refused.json()["errors"])
        assert found == [("#/birthdate", "claim.not_yours"), ("#/name", "claim.not_yours")]
        guesses = [
            await http.patch(f"/customers/{ann.id}", json={"birthdate": day}, headers={"if-match": "*"})
            for day in ("1990-05-17", "1991-05-17")
        ]
        assert {(one.status_code, one.json()["errors"][0]["code"]) for one in guesses} == {(422, "claim.not_yours")}
        kept = await http.patch(f"/customers/{ann.id}", json={"locale": "de"}, headers={"if-match": "*"})
        assert (kept.status_code, kept.json()["locale"]) == (200, "de")
        merged = await http.post(f"/customers/{bob.id}/merge", json={"from": ann.id, "preview": True})
        assert (set(merged.json()["filled"]) & {"name", "birthdate", "gender"}) == {"gender"}
    assert (await house.customers().read(ann.id)).profile.birthdate == "1990-05-17"


async def test_a_changed_schema_shows_at_once_is_made_lasting_and_reports_what_does_not_fit(house):
    async with house.http(await house.token()) as http:
        await declare(house, http, shoes=SIZE)
        ids = {}
        for name, shoes in (("ann", "42"), ("bob", "large")):
            body = {"email": f"{name}@example.com", "attributes": {"shoes": shoes}}
            ids[name] = (await http.post("/customers", json=body)).json()["id"]
        await walk(house)
        await declare(house, http, shoes=None, size={"type": "integer", "limen": {"was": ["shoes"]}})
    async with house.http(await house.token()) as http:
        read = await http.get(f"/customers/{ids['ann']}")
        assert (read.json()["attributes"], read.headers["etag"]) == ({"size": 42}, '"1"')
        await walk(house)
        read = await http.get(f"/customers/{ids['ann']}")
        assert (read.json()["attributes"], read.headers["etag"]) == ({"size": 42}, '"2"')
        versions = (await http.get("/profile-schema/versions")).json()["items"]
        assert [(one["number"], one["walked"], list(one["attributes"])) for one in versions] == [
            (2, 2, ["size"]),
            (1, 2, ["shoes"]),
        ]
        faults = (await http.get("/profile-schema/faults")).json()
        assert (faults["items"], faults["customers"], faults["next"]) == (
            [
                {
                    "customer_id": ids["bob"],
                    "schema_version": 2,
                    "errors": [{"attribute": "size", "code": "attribute.invalid"}],
                }
            ],
            1,
            None,
        )
        path = f"/customers/{ids['bob']}"
        named = await http.patch(path, json={"name": "Bob"}, headers={"if-match": "*"})
        assert (named.status_code, named.json()["attributes"]) == (200, {"size": "large"})
        still = await http.patch(path, json={"attributes": {"size": "small"}}, headers={"if-match": "*"})
        assert still.status_code == 422
        mended = await http.patch(path, json={"attributes": {"size": 45}}, headers={"if-match": "*"})
        assert mended.json()["attributes"] == {"size": 45}
