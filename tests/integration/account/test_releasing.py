"""What an application may read and write of a profile by the scopes that its customer granted: that, and no more."""

import pytest

from limen.identity.profiles.records import ClaimAnnotation, ProfileSettings
from limen.identity.tenants.records import TenantSettings
from limen.identity.tenants.validation import validate
from tests.integration.account.people import at_home, pressing
from tests.integration.account.test_api import Api, signed_in
from tests.integration.account.test_claims import profile_of
from tests.integration.journeys.test_second_factor import settings
from tests.support.house import says

pytestmark = pytest.mark.anyio
ANY = {"if-match": "*"}
TIER = {"type": "integer", "maximum": 3, "limen": {"customer": "read", "scope": "tier", "write_scope": "tier:write"}}
NOTE = {"type": "string", "limen": {"scope": "note"}}
PROFILE = ProfileSettings(
    attributes={"tier": TIER, "note": NOTE, "size": {"type": "integer"}},
    claims={
        "nickname": ClaimAnnotation(customer="nothing", write_scope="names:write"),
        "birthdate": ClaimAnnotation(scope="age"),
        "name": ClaimAnnotation(customer="read", administrator="read"),
        "gender": ClaimAnnotation(administrator="nothing"),
    },
)
WORDS = {scope: {"en": f"Do {scope}"} for scope in ("tier:write", "names:write")}
SCOPES = ("openid", "profile", "age", "tier", "tier:write", "note", "names:write", "account:write")


async def club(house, walker, scope):
    app = await house.register_client(client_name="The Club", scopes=SCOPES, require_consent=False)
    return await signed_in(house, walker, app, scope), app


def told(answer):
    return [(one["pointer"], one["code"], one.get("rule")) for one in answer.json()["errors"]]


async def test_an_application_writes_what_its_scopes_say_and_nothing_else(house):
    ann = await at_home(house)
    await settings(house, profile=PROFILE, scope_words=WORDS)
    await profile_of(house, birthdate="1990-05-17", attributes={"note": "seen", "size": 42})
    api, app = await club(house, ann, "openid tier:write note")
    read = await api("GET", "/profile")
    assert read.json() == {"attributes": {"note": "seen"}, "writable": ["attributes.tier"]}
    etag = read.headers["etag"]
    for body, place in (
        ({"attributes": {"tier": 9}}, ("#/attributes/tier", "attribute.invalid", "maximum")),
        ({"attributes": {"note": "mine"}}, ("#/attributes/note", "attribute.not_yours", None)),
        ({"attributes": {"size": None}}, ("#/attributes/size", "attribute.not_yours", None)),
        ({"attributes": {"odd": 1}}, ("#/attributes/odd", "attribute.not_yours", None)),
        ({"birthdate": "1991"}, ("#/birthdate", "claim.not_yours", None)),
        ({"locale": "de"}, ("#/locale", "claim.not_yours", None)),
        ({"email": "eve@example.com"}, ("#/email", "extra_forbidden", None)),
    ):
        refused = await api("PATCH", "/profile", json={**body}, headers={"if-match": etag})
        assert (refused.status_code, told(refused)) == (422, [place]), body
    assert (await api("PATCH", "/profile", json={"attributes": {"tier": 1}})).status_code == 428
    done = await api("PATCH", "/profile", json={"attributes": {"tier": 2}}, headers={"if-match": etag})
    assert (done.status_code, done.json()["attributes"]) == (200, {"note": "seen", "tier": 2})
    assert done.headers["etag"] != etag
    stale = await api("PATCH", "/profile", json={"attributes": {"tier": 3}}, headers={"if-match": etag})
    assert stale.status_code == 412
    kept = await profile_of(house)
    assert (kept.attributes, kept.birthdate) == ({"note": "seen", "size": 42, "tier": 2}, "1990-05-17")
    async with house.storage.database.read(house.tenant.id) as unit:
        heads = await unit.audit_log.heads()
        records = [one for head in heads for one in await unit.audit_log.segment(head.segment_id)]
    told_of = [one.open_part for one in records if one.event == "customer.updated"]
    assert len([one for one in told_of if f'"client:{app[0]}"'.encode() in one and b'["attributes"]' in one]) == 1


async def test_what_it_may_not_read_is_not_guessed_by_writing(house):
    ann = await at_home(house)
    await settings(house, profile=PROFILE, scope_words=WORDS)
    await profile_of(house, birthdate="1990-05-17", gender="f", attributes={"size": 42})
    api, _ = await club(house, ann, "openid tier:write")
    for right, wrong in (
        ({"birthdate": "1990-05-17"}, {"birthdate": "1991-05-17"}),
        ({"gender": "f", "attributes": {"tier": 1}}, {"gender": "", "attributes": {"tier": 1}}),
        ({"attributes": {"size": 42}}, {"attributes": {"size": "x"}}),
        ({"attributes": {"note": None}}, {"attributes": {"note": "seen"}}),
        ({"address": None}, {"address": {"locality": "a\tb"}}),
    ):
        first, second = [await api("PATCH", "/profile", json=body, headers=ANY) for body in (right, wrong)]
        assert first.status_code == second.status_code == 422, right
        assert first.json()["errors"] == second.json()["errors"], right
    await settings(house, profile=ProfileSettings(claims={"gender": ClaimAnnotation(customer="nothing")}))
    own, _ = await club(house, ann, "openid account:write")
    for gender in ("f", "m"):
        assert told(await own("PATCH", json={"gender": gender}, headers=ANY)) == [("#/gender", "claim.not_yours", None)]


async def test_without_such_a_scope_nothing_is_written_not_even_by_one_for_the_whole_account(house):
    ann = await at_home(house)
    await settings(house, profile=PROFILE, scope_words=WORDS)
    api, app = await club(house, ann, "openid profile account:write")
    refused = await api("PATCH", "/profile", json={"attributes": {"tier": 3}}, headers=ANY)
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    assert 'scope="names:write tier:write"' in refused.headers["www-authenticate"]
    blind = await signed_in(house, ann, app, "tier:write")
    assert (await blind("GET", "/profile")).status_code == 403
    machine = await house.register_client(
        client_name="Machine", grant_types=("client_credentials",), scopes=("tier:write",), redirect_uris=()
    )
    async with house.client() as http:
        form = {"grant_type": "client_credentials"}
        token = await http.post("https://id.example/token", data=form, auth=machine)
    alone = Api(house, token.json()["access_token"])
    assert (await alone("PATCH", "/profile", json={"attributes": {"tier": 3}}, headers=ANY)).status_code == 401
    assert "tier" not in (await profile_of(house)).attributes


async def test_a_claim_goes_with_the_scope_that_the_tenant_gives_it(house):
    ann = await at_home(house)
    await settings(house, profile=PROFILE, scope_words=WORDS)
    await profile_of(house, birthdate="1990-05-17", website="https://ann.example")
    seen = {}
    for scope in ("openid profile", "openid age", "openid names:write"):
        api, app = await club(house, ann, scope)
        async with house.client() as http:
            answer = await http.get("https://id.example/userinfo", headers={"authorization": f"Bearer {api.token}"})
        seen[scope] = answer.json().keys() & {"birthdate", "website", "nickname"}
        assert ("birthdate" in (await api("GET", "/profile")).json()) == (scope == "openid age")
    assert seen == {"openid profile": {"website"}, "openid age": {"birthdate"}, "openid names:write": set()}
    named = await api("PATCH", "/profile", json={"nickname": "Annie"}, headers=ANY)
    assert (named.json()["nickname"], named.json()["writable"]) == ("Annie", ["nickname"])
    asked = '{"userinfo": {"birthdate": null}}'
    page = await ann.authorize(app[0], scope="openid", claims=asked)
    token = (await ann.tokens(app, page))["access_token"]
    async with house.client() as http:
        answer = await http.get("https://id.example/userinfo", headers={"authorization": f"Bearer {token}"})
    assert answer.json()["birthdate"] == "1990-05-17"
    await house.change_client(app[0], scopes=("openid", "profile"))
    async with house.client() as http:
        answer = await http.get("https://id.example/userinfo", headers={"authorization": f"Bearer {token}"})
    assert "birthdate" not in answer.json()


async def test_a_name_that_is_only_theirs_to_read_is_not_asked_for_and_not_written(house):
    page = await house.walker().get("/sign-up")
    assert "name" in page.forms[0].fields
    ann = await at_home(house)
    await profile_of(house, name="Ann Lee")
    await settings(house, profile=PROFILE, scope_words=WORDS)
    page = await house.walker().get("/sign-up")
    assert "name" not in page.forms[0].fields
    page = await ann.get("/account/profile")
    form = next(one for one in page.forms if ("intent", "save_profile") in one.buttons)
    assert ("name" in form.fields, "given_name" in form.fields, "Ann Lee" in page.text) == (False, True, True)
    saved = await pressing(ann, "/account/profile", "save_profile", name="Eve", given_name="Ann")
    assert says("notice.profile_saved") in saved.text
    assert ((await profile_of(house)).name, (await profile_of(house)).given_name) == ("Ann Lee", "Ann")


def test_a_scope_that_means_something_else_or_that_nobody_has_words_for_lets_nobody_write():
    def places(scope, **words):
        claims, tier = {"nickname": ClaimAnnotation(write_scope=scope)}, {"limen": {"write_scope": scope}}
        profile = ProfileSettings(claims=claims, attributes={"tier": tier})
        wrong = validate("Home", TenantSettings(profile=profile, scope_words=words))
        return set(wrong.fields.items()) if wrong else set()

    for scope in ("profile", "openid", "offline_access", "account:write", "limen:customers:write"):
        assert places(scope) == {
            ("settings.profile.claims.nickname.write_scope", "scope.reserved"),
            ("settings.profile.attributes.tier.write_scope", "scope.reserved"),
        }
    assert places("tier:write") == {
        ("settings.profile.claims.nickname.write_scope", "scope.without_words"),
        ("settings.profile.attributes.tier.write_scope", "scope.without_words"),
    }
    assert places("tier:write", **{"tier:write": {"en": "Keep your tier"}}) == set()
    assert places("") == set()
