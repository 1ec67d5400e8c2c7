"""draft-ietf-oauth-client-id-metadata-document: clients that are named by the address of their metadata."""

import json
import re

import pytest

from limen.access.clients.dynamic.documents import is_document_id
from limen.identity.tenants.records import TenantSettings
from limen.identity.tenants.registration import RegistrationSettings
from tests.support.walker import VERIFIER

pytestmark = pytest.mark.anyio
URL = "https://client.example/app.json"
CALLBACK = "https://shop.example/callback"
DOCUMENT = {
    "client_id": URL,
    "client_name": "An assistant",
    "redirect_uris": [CALLBACK],
    "grant_types": ["authorization_code", "refresh_token", "urn:example:something"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "none",
    "logo_uri": "https://client.example/logo.png",
    "client_uri": "https://bank.example/",
}


async def tenant_with(house, slug="acme", **policy):
    settings = RegistrationSettings(client_id_documents=True, **policy)
    return await house.add_tenant(slug, TenantSettings(registration=settings))


@pytest.fixture
async def tenant(house):
    return await tenant_with(house)


async def begin(house, tenant, client_id=URL):
    """What the authorization endpoint says of a client: the page it leads to, or the refusal."""
    async with house.client() as http:
        return await http.get(
            f"{tenant.prefix}/authorize",
            params={
                "client_id": client_id,
                "response_type": "code",
                "redirect_uri": CALLBACK,
                "scope": "openid",
                "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
                "code_challenge_method": "S256",
            },
        )


def is_let_in(answer):
    return answer.status_code == 200 and re.search(r'action="[^"]*/journey/jou_', answer.text) is not None


@pytest.mark.parametrize(
    "client_id",
    [
        "http://client.example/app.json",
        "https://client.example",
        "https://client.example/",
        "https://client.example/../app.json",
        "https://client.example/./app.json",
        "https://client.example/a/..",
        "https://client.example/%2e%2e/app",
        "https://client.example/app.json#top",
        "https://me:secret@client.example/app.json",
        "https://me@client.example/app.json",
        "https://client.example/" + "a" * 300,
        "client.example/app.json",
        "",
    ],
)
def test_section_3_what_is_no_such_address(client_id):
    assert not is_document_id(client_id)


async def test_the_tenants_profile_binds_whoever_comes_by_a_document_and_an_administrators_word_stays(house):
    tenant = await tenant_with(house, profile="mcp", audiences=("https://tools.example",))
    house.web.serve(URL, DOCUMENT)
    refused = await begin(house, tenant)
    assert "RFC%208707" in refused.headers["location"]
    made = (await house.registration(tenant).read(URL)).document
    assert (made.profile, made.audiences) == ("mcp", ("https://tools.example",))
    await house.change_client(URL, tenant, profile="oauth2.1")
    house.clock.advance(100_000)
    house.web.serve(URL, DOCUMENT | {"client_name": "Another name"})
    assert is_let_in(await begin(house, tenant))


def test_section_3_a_port_and_a_query_are_allowed():
    assert is_document_id("https://client.example:8443/app.json?v=1")


async def test_it_is_off_unless_the_tenant_allows_it(house):
    house.web.serve(URL, DOCUMENT)
    assert not is_let_in(await begin(house, house.tenant))
    assert house.web.asked == []


async def test_section_4_a_client_that_nobody_registered_signs_a_customer_in(house, tenant):
    house.web.serve(URL, DOCUMENT)
    await house.customer("ann@example.com", tenant=tenant)
    walker = house.walker(prefix=tenant.prefix)
    page = await walker.authorize(URL)
    consent = await walker.sign_in("ann@example.com", "correct horse battery staple", page)
    assert "client.example" in consent.text
    assert "bank.example" not in consent.text  # what it says of itself is no proof
    assert "logo.png" not in consent.text
    allowed = await walker.allow(consent)
    async with house.client() as http:
        answer = await http.post(
            f"{tenant.prefix}/token",
            data={
                "grant_type": "authorization_code",
                "client_id": URL,
                "code": allowed.answer["code"],
                "redirect_uri": CALLBACK,
                "code_verifier": VERIFIER,
            },
        )
    assert answer.status_code == 200, answer.text
    assert not [url for url in house.web.asked if "logo" in url]


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "https://client.example/other.json"},
        {"client_id": None},
        {"client_id": URL.upper()},
        {"client_secret": "x"},
        {"client_secret_expires_at": 0},
        {"token_endpoint_auth_method": "client_secret_basic"},
        {"token_endpoint_auth_method": "client_secret_post"},
        {"token_endpoint_auth_method": "client_secret_jwt"},
        {"token_endpoint_auth_method": ["none"]},
        {"redirect_uris": ["http://shop.example/"]},
        {"redirect_uris": []},
        {"redirect_uris": None},
        {"redirect_uris": ["https://evil.example/callback"]},
        {"grant_types": ["urn:example:something"]},
        {"client_name": 7},
    ],
)
async def test_section_4_1_a_document_that_will_not_do_is_no_client(house, tenant, wrong):
    house.web.serve(URL, {**DOCUMENT, **wrong})
    assert not is_let_in(await begin(house, tenant))


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"client_id":1,"client_id":2}', b"\xff", b"<html>"])
async def test_section_4_1_what_is_no_json_object_is_no_client_and_no_fault(house, tenant, body):
    house.web.serve(URL, body)
    answer = await begin(house, tenant)
    assert not is_let_in(answer)
    assert answer.status_code < 500


async def test_section_6_6_a_document_of_more_than_five_kilobytes_is_not_read(house, tenant):
    house.web.serve(URL, {**DOCUMENT, "filling": "x" * 6_000})
    assert not is_let_in(await begin(house, tenant))


async def test_section_4_an_unreachable_document_is_no_client_and_is_asked_for_again(house, tenant):
    assert not is_let_in(await begin(house, tenant))
    house.web.serve(URL, DOCUMENT)
    assert is_let_in(await begin(house, tenant))


async def test_section_4_4_a_document_is_kept_while_fresh_and_then_read_again(house, tenant):
    house.web.serve(URL, DOCUMENT)
    assert is_let_in(await begin(house, tenant))
    await begin(house, tenant)
    house.web.asked.clear()
    await begin(house, tenant)
    assert house.web.asked == []
    house.web.serve(URL, {**DOCUMENT, "redirect_uris": ["https://moved.example/callback"]})
    house.clock.advance(301)
    assert not is_let_in(await begin(house, tenant))
    assert house.web.asked[0] == URL


async def test_what_an_administrator_decided_stays_when_the_document_changes(house, tenant):
    house.web.serve(URL, DOCUMENT)
    await begin(house, tenant)
    await house.change_client(URL, tenant, audiences=("https://api.example",))
    house.web.serve(URL, {**DOCUMENT, "client_name": "Another name"})
    house.clock.advance(301)
    await begin(house, tenant)
    document = (await house.registration(tenant).read(URL)).document
    assert (document.client_name, document.audiences) == ("Another name", ("https://api.example",))


async def test_a_disabled_one_stays_disabled_and_is_not_asked_for(house, tenant):
    house.web.serve(URL, DOCUMENT)
    await begin(house, tenant)
    await house.change_client(URL, tenant, disabled=True)
    house.web.asked.clear()
    assert not is_let_in(await begin(house, tenant))
    assert house.web.asked == []


async def test_a_tenant_may_take_documents_from_some_hosts_alone(house):
    tenant = await tenant_with(house, document_hosts=("trusted.example", ".apps.example"))
    house.web.serve(URL, DOCUMENT)
    assert not is_let_in(await begin(house, tenant))
    assert house.web.asked == []
    other = "https://one.apps.example/app.json"
    house.web.serve(other, {**DOCUMENT, "client_id": other})
    assert is_let_in(await begin(house, tenant, other))


async def test_a_tenant_has_a_quota(house):
    tenant = await tenant_with(house, most_clients=1)
    for url in (URL, URL + "2"):
        house.web.serve(url, {**DOCUMENT, "client_id": url})
    assert is_let_in(await begin(house, tenant))
    assert not is_let_in(await begin(house, tenant, URL + "2"))


async def test_no_administrative_scope_is_ever_given(house, tenant):
    house.web.serve(URL, {**DOCUMENT, "scope": "openid limen:clients:write"})
    await begin(house, tenant)
    assert (await house.registration(tenant).read(URL)).document.scopes == ("openid",)


async def test_section_5_discovery_says_so(house, tenant):
    async with house.client() as http:
        told = json.loads((await http.get(f"{tenant.prefix}/.well-known/oauth-authorization-server")).content)
        other = json.loads((await http.get("/.well-known/oauth-authorization-server")).content)
    assert told["client_id_metadata_document_supported"] is True
    assert "client_id_metadata_document_supported" not in other
