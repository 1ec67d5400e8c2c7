"""Discovery says what is served, and says it from memory."""

import dataclasses
from typing import get_args

import msgspec
import pytest

from limen.access.clients.records import ClientDocument
from limen.access.http import HotRequest
from limen.access.jose.rotation import RotationPolicy
from limen.access.oauth.discovery import (
    JWKS_SECONDS,
    OAUTH_METADATA,
    OPENID_CONFIGURATION,
    discovery_document,
    discovery_door,
    inserted_prefix,
    jwks_door,
)
from limen.access.tokens.grants import GRANTS
from limen.identity.tenants.records import SigningAlgorithm, TenantSettings
from tests.unit.access.jose.doubles import ISSUER
from tests.unit.access.oauth.doubles import desk

pytestmark = pytest.mark.anyio

ACME = desk(issuer="https://id.example/t/acme", slug="acme")


class Given(dict):
    def get_all(self, key):
        return [self[key]] if key in self else []


def get(path=OPENID_CONFIGURATION, prefix="", **headers):
    named = Given({name.replace("_", "-"): value for name, value in headers.items()})
    return HotRequest("GET", path, "", named, b"", "192.0.2.1", "req_1", prefix)


def desks(**by_prefix):
    known = {"": desk(), "/t/acme": ACME} | by_prefix

    async def find(prefix):
        return known.get(prefix)

    find.known = known
    return find


async def test_the_document_names_the_issuer_and_its_doors():
    answer = await discovery_door(desks())(get())
    document = msgspec.json.decode(answer.body)
    assert answer.status == 200
    assert dict(answer.headers)["content-type"] == "application/json"
    assert document["issuer"] == ISSUER
    assert document["jwks_uri"] == ISSUER + "/jwks"
    assert document["authorization_endpoint"] == ISSUER + "/authorize"
    assert all(document[name].startswith(ISSUER + "/") for name in document if name.endswith(("_endpoint", "_uri")))


def test_it_has_all_that_the_standards_require():
    required = {  # OpenID Connect Discovery §3, RFC 8414 §2
        "issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported",
        "subject_types_supported", "id_token_signing_alg_values_supported",
    }  # fmt: skip
    assert required <= set(discovery_document(desk()))


def test_it_promises_nothing_that_is_refused():
    document = discovery_document(desk())
    assert document["response_types_supported"] == ["code"]
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert "none" not in document["introspection_endpoint_auth_methods_supported"]
    for name in ("claims", "request", "request_uri"):
        assert document[f"{name}_parameter_supported"] is True
    assert document["authorization_response_iss_parameter_supported"] is True
    assert set(document["grant_types_supported"]) == set(GRANTS)


def test_it_names_the_algorithms_that_a_client_may_choose():
    document = discovery_document(desk())
    for answer in ("id_token", "userinfo", "introspection", "authorization"):
        assert set(document[f"{answer}_signing_alg_values_supported"]) == set(get_args(SigningAlgorithm))


def test_the_default_scopes_of_a_client_are_all_named():
    assert set(ClientDocument(client_name="x").scopes) <= set(discovery_document(desk())["scopes_supported"])


def test_policies_are_named_where_the_tenant_has_them():
    settings = TenantSettings(terms_url="https://shop.example/terms")
    with_terms = desk(tenant=dataclasses.replace(desk().tenant, settings=settings))
    assert discovery_document(with_terms)["op_tos_uri"] == "https://shop.example/terms"
    assert "op_tos_uri" not in discovery_document(desk())


@pytest.mark.parametrize(
    ("path", "prefix"),
    [
        (OPENID_CONFIGURATION, "/t/acme"),
        (OAUTH_METADATA, "/t/acme"),
        (OAUTH_METADATA + "/t/acme", ""),
        (OPENID_CONFIGURATION + "/t/acme", ""),
    ],
)
async def test_a_tenant_below_a_path_is_found_whether_the_path_is_in_front_or_behind(path, prefix):
    answer = await discovery_door(desks())(get(path, prefix))
    assert msgspec.json.decode(answer.body)["issuer"] == "https://id.example/t/acme"


@pytest.mark.parametrize(
    "path",
    [
        OAUTH_METADATA,
        OAUTH_METADATA + "/",
        OAUTH_METADATA + "/t/",
        OAUTH_METADATA + "/t/acme/",
        OAUTH_METADATA + "/t/acme/x",
        OAUTH_METADATA + "/t/Acme",
        OAUTH_METADATA + "/t/acme\n",
        "/x" + OAUTH_METADATA + "/t/acme",
    ],
)
def test_no_other_path_carries_a_tenant_behind(path):
    assert inserted_prefix(path) is None


async def test_an_unknown_tenant_is_not_found():
    for door in (discovery_door(desks()), jwks_door(desks())):
        assert (await door(get(prefix="/t/nobody"))).status == 404


async def test_the_key_set_is_served_and_kept_shorter_than_a_key_waits():
    answer = await jwks_door(desks())(get("/jwks"))
    headers = dict(answer.headers)
    assert answer.body == desk().keys.jwks
    assert headers["cache-control"] == f"public, max-age={JWKS_SECONDS}"
    assert RotationPolicy().publish_before.total_seconds() >= 2 * JWKS_SECONDS
    assert b'"d"' not in answer.body


@pytest.mark.parametrize("make", [discovery_door, jwks_door])
@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
async def test_who_has_it_already_is_told_so(make, form):
    door = make(desks())
    tag = dict((await door(get())).headers)["etag"]
    answer = await door(get(if_none_match=form.format(tag)))
    assert (answer.status, answer.body) == (304, b"")
    assert {"etag", "cache-control"} <= set(dict(answer.headers))  # RFC 9110 §15.4.5


@pytest.mark.parametrize("value", ['"other"', "", "rubbish", 'W/"x", '])
async def test_who_has_something_else_gets_it_whole(value):
    assert (await discovery_door(desks())(get(if_none_match=value))).status == 200


async def test_it_is_made_once_and_again_when_the_desk_is_another():
    find = desks()
    door = discovery_door(find)
    first = await door(get())
    assert await door(get()) is first
    find.known[""] = desk(issuer="https://new.example")
    assert msgspec.json.decode((await door(get())).body)["issuer"] == "https://new.example"
    del find.known[""]
    assert (await door(get())).status == 404


async def test_tenants_do_not_get_each_others_document():
    door = discovery_door(desks())
    issuers = [msgspec.json.decode((await door(get(prefix=one))).body)["issuer"] for one in ("", "/t/acme", "")]
    assert issuers == [ISSUER, "https://id.example/t/acme", ISSUER]


@pytest.mark.parametrize("make", [discovery_door, jwks_door])
@pytest.mark.parametrize("prefix", ["", "/t/acme"])
async def test_what_is_answered_at_once_is_what_the_whole_way_answers(make, prefix):
    find = desks()
    door = make(find, find.known.get)
    whole = await door(get(prefix=prefix))
    tag = dict(whole.headers)["etag"]
    assert door.at_once(prefix, OPENID_CONFIGURATION, None) == whole
    assert door.at_once(prefix, OPENID_CONFIGURATION, tag).status == 304
    assert door.at_once("", OPENID_CONFIGURATION + "/t/acme", None) == await door(get(prefix="/t/acme"))


async def test_nothing_is_answered_at_once_where_a_desk_would_have_to_be_loaded():
    find = desks()
    door = jwks_door(find, find.known.get)
    first = door.at_once("", "/jwks", None)
    find.known[""] = desk(issuer="https://new.example")
    assert door.at_once("", "/jwks", None) is not first
    del find.known[""]
    assert door.at_once("", "/jwks", None) is None
