"""Searching customers over HTTP."""

import msgspec
import pytest

from limen.identity.customers.indexing import SETTLE, Indexing
from limen.identity.profiles.schema import searched
from limen.identity.tenants.records import TenantSettings
from limen.identity.tenants.validation import validate

pytestmark = pytest.mark.anyio
PROFILE = {
    "claims": {"family_name": {"searchable": "prefix"}},
    "attributes": {"member": {"type": "integer", "limen": {"searchable": "exact"}}},
}


async def walked(house) -> None:
    """What the job does: follow the settings, settle, walk."""
    async with house.storage.database.read(house.default.id) as unit:
        settings = (await unit.tenants.get(house.default.id)).settings
    begin, reading = house.parts.begin, house.parts.reading
    wanted = searched(settings.profile)
    indexing = Indexing(house.default.id, begin, reading, house.directory(), house.clock, wanted)
    await indexing.follow()
    house.clock.advance(SETTLE / 1_000_000)
    await indexing.walk(99)


async def test_a_field_is_made_searchable_and_its_customers_are_found(house):
    async with house.http(await house.token()) as http:
        for n, name in enumerate(("Berger", "Bergmann", "Croft")):
            made = await http.post("/customers", json={"email": f"p{n}@example.com", "family_name": name})
            assert made.status_code == 201
        unknown = await http.get("/customers", params={"field": "family_name", "value": "berg", "match": "prefix"})
        assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (422, "search.not_searchable")

        path = "/tenants/default"
        changed = await http.patch(path, json={"settings": {"profile": PROFILE}}, headers={"if-match": "*"})
        assert changed.status_code == 200, changed.text
        await walked(house)

    async with house.http(await house.token()) as http:
        member = {"email": "m@example.com", "family_name": "Bergström", "attributes": {"member": 4711}}
        assert (await http.post("/customers", json=member)).status_code == 201
        indexes = (await http.get("/search-indexes")).json()["items"]
        assert {(one["field"], one["match"], one["state"]) for one in indexes} == {
            ("family_name", "prefix", "ready"),
            ("member", "exact", "ready"),
        }
        query = {"field": "family_name", "value": "BERG", "match": "prefix", "limit": 2}
        first = (await http.get("/customers", params=query)).json()
        assert "berg" not in first["next"].lower()
        rest = (await http.get(first["next"].removeprefix("/api/v1"))).json()
        names = sorted(one["family_name"] for one in first["items"] + rest["items"])
        assert (names, rest["next"]) == (["Berger", "Bergmann", "Bergström"], None)

        sent = await http.post("/customers/search", json={"field": "member", "value": "4711", "state": "active"})
        assert [one["email"] for one in sent.json()["items"]] == ["m@example.com"]
        by_mail = await http.get("/customers", params={"field": "email", "value": "P2@example.com"})
        assert [one["family_name"] for one in by_mail.json()["items"]] == ["Croft"]
        assert (await http.get("/customers", params={"state": "disabled"})).json()["items"] == []

        rebuilt = await http.post("/search-indexes/member/rebuild")
        assert (rebuilt.status_code, rebuilt.json()["state"]) == (202, "building")
        assert (await http.post("/search-indexes/member/rebuild")).status_code == 409
    searches = [name for name in await house.audit() if name == "customers.searched"]
    assert len(searches) == 5


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"field": "email"}, "search.incomplete"),
        ({"value": "ann"}, "search.incomplete"),
        ({"field": "email", "value": "not an address"}, "email.invalid"),
        ({"after": "A" * 200}, ""),
        ({"after": "AAAA", "state": "active"}, "cursor.alone"),
        ({"created_from": "2026-01-01T00:00:00"}, "timezone_aware"),
        ({"created_from": "0001-01-01T00:00:00Z", "created_before": "9999-12-31T23:59:59Z"}, None),
    ],
)
async def test_a_query_that_cannot_be_answered_is_refused_by_name(house, query, code):
    async with house.http(await house.token("limen:customers:read")) as http:
        answer = await http.get("/customers", params=query)
    assert answer.status_code == (200 if code is None else 422)
    if code:
        assert answer.json()["errors"][0]["code"] == code


async def test_a_cursor_of_one_tenant_is_none_of_anothers(house):
    async with house.http(await house.token()) as http:
        for n in range(2):
            await http.post("/customers", json={"email": f"p{n}@example.com"})
        link = (await http.get("/customers", params={"state": "active", "limit": 1})).json()["next"]
        assert len((await http.get(link.removeprefix("/api/v1"))).json()["items"]) == 1
    token = await house.token("limen:customers:read", tenant=house.acme)
    async with house.http(token, house.acme) as http:
        assert (await http.get(link.removeprefix("/api/v1"))).json()["code"] == "invalid_cursor"


def test_only_texts_and_whole_numbers_are_searchable_and_not_too_many():
    def problems(profile: dict) -> set[str]:
        settings = msgspec.convert({"profile": profile}, TenantSettings)
        refused = validate("Home", settings)
        return set(refused.fields.items()) if refused else set()

    assert problems(PROFILE) == set()
    flag = {"type": "boolean", "limen": {"searchable": "exact"}}
    assert problems({"attributes": {"flag": flag}}) == {
        ("settings.profile.attributes.flag", "attribute.not_searchable")
    }
    assert problems({"claims": {"locale": {"searchable": "exact"}}}) == {
        ("settings.profile.claims.locale", "claim.not_searchable")
    }
    many = {f"a{n}": {"type": "string", "limen": {"searchable": "exact"}} for n in range(11)}
    assert problems({"attributes": many}) == {("settings.profile", "search.too_many")}
