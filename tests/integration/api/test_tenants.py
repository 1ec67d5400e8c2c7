"""Tenants over HTTP, for platform administrators."""

import pytest

from limen.identity.administrators import SYSTEM
from limen.identity.tenants.management import Tenancy
from tests.integration.api.house import BASE

pytestmark = pytest.mark.anyio


async def test_a_tenant_is_made_changed_disabled_and_enabled(house):
    async with house.http(await house.token()) as http:
        created = await http.post("/tenants", json={"slug": "globex", "name": "Globex"})
        assert created.status_code == 201, created.text
        assert created.json()["issuer"] == "https://id.example/t/globex"
        assert (await http.get("/tenants/globex")).headers["etag"] == '"1"'

        sent = {"name": "Globex AG", "settings": {"lifetimes": {"access_token": 60}}}
        changed = await http.patch("/tenants/globex", json=sent, headers={"if-match": '"1"'})
        assert changed.status_code == 200, changed.text
        assert changed.json()["name"] == "Globex AG"
        lifetimes = changed.json()["settings"]["lifetimes"]
        assert (lifetimes["access_token"], lifetimes["id_token"]) == (60, 300)
        assert (await house.desks("/t/globex")).lifetimes.access_token == 60

        assert (await http.post("/tenants/globex/disable")).json()["disabled"] is True
        assert await house.desks("/t/globex") is None
        assert (await http.post("/tenants/globex/enable")).json()["disabled"] is False
        assert await house.desks("/t/globex") is not None
    names = [name for name in await house.audit() if name.startswith("tenant.")]
    assert names[-4:] == ["tenant.created", "tenant.updated", "tenant.updated", "tenant.updated"]


async def test_the_issuer_stays_whatever_is_sent(house):
    async with house.http(await house.token()) as http:
        refused = await http.patch("/tenants/acme", json={"issuer": "https://evil"}, headers={"if-match": "*"})
    assert refused.status_code == 422


async def test_the_default_tenant_cannot_be_disabled(house):
    async with house.http(await house.token()) as http:
        assert (await http.post("/tenants/default/disable")).json()["code"] == "default_tenant"


async def test_a_disabled_tenants_api_answers_to_nobody(house):
    token = await house.token(tenant=house.acme)
    async with house.http(await house.token()) as http:
        await http.post("/tenants/acme/disable")
    async with house.http(token, house.acme) as http:
        assert (await http.get("/clients")).status_code == 404


async def test_a_taken_slug_is_a_conflict(house):
    async with house.http(await house.token()) as http:
        for slug in ("acme", "default"):
            assert (await http.post("/tenants", json={"slug": slug, "name": "x"})).status_code == 409


@pytest.mark.parametrize("slug", ["", "A", "-a", "a-", "a/b", "a.b", "a" * 64, "ä", "a\n"])
async def test_a_slug_that_cannot_stand_in_a_path_is_refused(house, slug):
    async with house.http(await house.token()) as http:
        assert (await http.post("/tenants", json={"slug": slug, "name": "x"})).status_code == 422


@pytest.mark.parametrize(
    ("settings", "pointer"),
    [
        ({"lifetimes": {"access_token": 86_401}}, "#/settings/lifetimes/access_token"),
        ({"lifetimes": {"refresh_idle": 90_000_00}}, "#/settings/lifetimes/refresh_idle"),
        ({"branding": {"accent": "red"}}, "#/settings/branding/accent"),
        ({"branding": {"logo_url": "javascript:alert(1)"}}, "#/settings/branding/logo_url"),
        ({"terms_url": "http://plain.example"}, "#/settings/terms_url"),
        ({"password_preset": "none"}, "#/settings/password_preset"),
        ({"locales": []}, "#/settings/locales"),
        ({"locales": ["en", "en"]}, "#/settings/locales"),
        ({"locales": ["en", "tlh"]}, "#/settings/locales/1"),
    ],
)
async def test_settings_out_of_bounds_are_refused_by_place(house, settings, pointer):
    async with house.http(await house.token()) as http:
        refused = await http.patch("/tenants/acme", json={"settings": settings}, headers={"if-match": "*"})
    assert refused.status_code == 422, refused.text
    assert pointer in [error["pointer"] for error in refused.json()["errors"]]


async def test_a_destroyed_tenant_is_not_enabled_again(house):
    tenancy = Tenancy(
        house.parts.begin, house.parts.reading, house.parts.keyring, BASE, house.default.id, house.clock, house.entropy
    )
    async with house.http(await house.token()) as http:
        await http.post("/tenants/acme/disable")
        assert await tenancy.destroy("acme", SYSTEM) == 0
        refused = await http.post("/tenants/acme/enable")
        assert (refused.status_code, refused.json()["code"]) == (409, "tenant_destroyed")
        assert (await http.post("/tenants", json={"slug": "acme", "name": "Acme"})).status_code == 409


async def test_words_for_scopes_are_replaced_as_a_whole_and_judged(house):
    async with house.http(await house.token()) as http:
        url, any_version = "/tenants/acme", {"if-match": "*"}
        for words in ({"orders": {"en": "Read your orders"}}, {"parcels": {"en": "Follow your parcels"}}):
            changed = await http.patch(url, json={"settings": {"scope_words": words}}, headers=any_version)
            assert changed.status_code == 200, changed.text
            assert changed.json()["settings"]["scope_words"] == words
        wrong = {"settings": {"scope_words": {"orders": {"de": "ohne Englisch"}}}}
        refused = await http.patch(url, json=wrong, headers=any_version)
        assert refused.status_code in {400, 422}
        assert "scope_words" in refused.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"level": 3},
        {"level": -1},
        {"level": "2"},
        {"max_age": -1},
        {"max_age": 366 * 86_400 + 1},
        {"max_age": "300"},
        {"offer_days": -1},
        {"offer_days": 3_651},
        {"scopes": [{"scope": "orders", "level": 4}]},
        {"scopes": [{"scope": "orders", "max_age": -1}]},
        {"scopes": [{"scope": "two words", "level": 1}]},
        {"scopes": [{"scope": "orders", "unknown": 1}]},
        {"scopes": [{"scope": "orders"}, {"scope": "orders", "level": 1}]},
    ],
)
async def test_a_policy_of_assurance_that_is_none_is_refused(house, wrong):
    async with house.http(await house.token()) as http:
        sent = {"settings": {"assurance": wrong}}
        answer = await http.patch("/tenants/acme", json=sent, headers={"if-match": "*"})
    assert answer.status_code == 422, answer.text


async def test_a_policy_of_assurance_is_kept_and_shown(house):
    scopes = [{"scope": "orders", "level": 2, "max_age": 300}]
    policy = {"level": 1, "max_age": 3_600, "scopes": scopes, "offer_days": 30}
    async with house.http(await house.token()) as http:
        sent = {"settings": {"assurance": policy}}
        answer = await http.patch("/tenants/acme", json=sent, headers={"if-match": "*"})
        assert answer.status_code == 200, answer.text
        assert (await http.get("/tenants/acme")).json()["settings"]["assurance"] == policy
