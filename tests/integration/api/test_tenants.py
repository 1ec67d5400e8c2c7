"""Tenants over HTTP, for platform administrators."""

import dataclasses

import pytest

from limen.identity.administrators import SYSTEM
from limen.identity.audit.checkpoints import next_checkpoint
from limen.identity.keyring import FileKeyring, Keyring, KeyringSettings
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


def _ask(slug: str, confirm: str | None = None) -> str:
    return f"/tenants/{slug}?confirm={slug if confirm is None else confirm}"


async def test_a_tenant_is_destroyed_with_its_keys_and_its_tokens_and_asking_again_is_no_harm(house, tmp_path):
    await house.customer("ann@example.com", house.acme)
    theirs = await house.token(tenant=house.acme)
    file = FileKeyring.ensure(KeyringSettings(tmp_path / "keyring"), house.clock, house.entropy)
    elsewhere = Keyring(house.storage.keystore, file, file, house.clock, house.entropy)
    assert await elsewhere.held_tenant(house.acme.id) is not None
    async with house.http(await house.token()) as http, house.http(theirs, house.acme) as acme:
        assert (await acme.get("/clients")).status_code == 200
        tag = {"if-match": (await http.get("/tenants/acme")).headers["etag"]}
        gone = await http.delete(_ask("acme"), headers=tag)
        assert (gone.status_code, gone.content) == (204, b"")
        assert (await acme.get("/clients")).status_code == 404
        assert await house.keyring.held_tenant(house.acme.id) is None
        assert await house.storage.keystore.subject_keys_created(0, house.clock.now() + 1, None, 10) == []
        again = await http.delete(_ask("acme"), headers=tag)
        assert again.status_code == 204
        assert (await http.get("/tenants/acme")).json()["disabled"] is True
    names = [name for name in await house.audit() if name.startswith("tenant.")]
    assert names[-2:] == ["tenant.updated", "tenant.destroyed"]
    assert names.count("tenant.destroyed") == 1
    async with house.storage.database.read(house.acme.id) as unit:
        heads, last = await unit.audit_log.heads(), await unit.audit_log.last_checkpoint()
    assert heads
    assert last is not None
    assert last.heads == next_checkpoint(house.acme.id, last, heads, last.at).heads
    house.parts = dataclasses.replace(house.parts, keyring=elsewhere)
    async with house.http(await house.token()) as http:
        refused = await http.post("/tenants/acme/enable")
    assert (refused.status_code, refused.json()["code"]) == (409, "tenant_destroyed")


@pytest.mark.parametrize(
    ("path", "sent", "status", "code"),
    [
        (_ask("acme"), {}, 428, "precondition_required"),
        (_ask("acme"), {"if-match": '"9"'}, 412, "version_changed"),
        (_ask("acme", "globex"), {"if-match": "*"}, 422, "not_confirmed"),
        (_ask("acme", ""), {"if-match": "*"}, 422, "not_confirmed"),
        ("/tenants/acme", {"if-match": "*"}, 422, "invalid_request"),
        (_ask("default"), {"if-match": "*"}, 422, "default_tenant"),
        (_ask("nobody"), {"if-match": "*"}, 404, "tenant_not_found"),
    ],
)
async def test_nothing_is_destroyed_by_accident(house, path, sent, status, code):
    async with house.http(await house.token()) as http:
        refused = await http.delete(path, headers=sent)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
        assert (await http.get("/tenants/acme")).json()["disabled"] is False
    assert await house.keyring.held_tenant(house.acme.id) is not None


async def test_none_but_the_platforms_administrators_destroy_a_tenant(house):
    any_version = {"if-match": "*"}
    refused = {
        "reader": (await house.token("limen:tenants:read"), None),
        "tenant": ((await house.person("tenant"))[1], None),
        "nobody": ((await house.person(None))[1], None),
        "itself": ((await house.person("tenant", tenant=house.acme))[1], house.acme),
        "its platform": ((await house.person("platform", tenant=house.acme))[1], house.acme),
    }
    for who, (token, tenant) in refused.items():
        async with house.http(token, tenant) as http:
            assert (await http.delete(_ask("acme"), headers=any_version)).status_code == 403, who
    assert await house.keyring.held_tenant(house.acme.id) is not None
    async with house.http((await house.person("platform"))[1]) as http:
        assert (await http.delete(_ask("acme"), headers=any_version)).status_code == 204


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


@pytest.mark.parametrize(
    "wrong",
    [
        {"profile": "fapi1"},
        {"audiences": ["tools"]},
        {"audiences": ["https://tools.example/#top"]},
        {"audiences": ["https://me@tools.example"]},
        {"audiences": ["https://tools.example"] * 21},
        {"audiences": [""]},
    ],
)
async def test_a_policy_for_clients_that_register_themselves_that_is_none_is_refused(house, wrong):
    async with house.http(await house.token()) as http:
        sent = {"settings": {"registration": wrong}}
        answer = await http.patch("/tenants/acme", json=sent, headers={"if-match": "*"})
        assert answer.status_code == 422, answer.text
        good = {"profile": "mcp", "audiences": ["https://tools.example/mcp", "urn:example:tools"]}
        sent = {"settings": {"registration": good}}
        answer = await http.patch("/tenants/acme", json=sent, headers={"if-match": "*"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["settings"]["registration"].items() >= good.items()


async def test_a_policy_of_assurance_is_kept_and_shown(house):
    scopes = [{"scope": "orders", "level": 2, "max_age": 300}]
    policy = {"level": 1, "max_age": 3_600, "scopes": scopes, "offer_days": 30}
    async with house.http(await house.token()) as http:
        sent = {"settings": {"assurance": policy}}
        answer = await http.patch("/tenants/acme", json=sent, headers={"if-match": "*"})
        assert answer.status_code == 200, answer.text
        assert (await http.get("/tenants/acme")).json()["settings"]["assurance"] == policy
