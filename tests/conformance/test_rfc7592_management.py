"""RFC 7592: OAuth 2.0 Dynamic Client Registration Management Protocol, clause by clause."""

import pytest

from limen.identity.tenants.records import TenantSettings
from limen.identity.tenants.registration import RegistrationSettings

pytestmark = pytest.mark.anyio
CALLBACK = "https://client.example/callback"
PLAIN = {"redirect_uris": [CALLBACK], "client_name": "A client"}


@pytest.fixture
async def tenant(house):
    return await house.add_tenant("acme", TenantSettings(registration=RegistrationSettings(mode="open")))


@pytest.fixture
async def mine(house, tenant):
    async with house.client() as http:
        return (await http.post(f"{tenant.prefix}/register", json=PLAIN)).json()


async def ask(house, mine, method="GET", token=None, **options):
    token = mine["registration_access_token"] if token is None else token
    headers = {"authorization": f"Bearer {token}"} if token else {}
    async with house.client() as http:
        return await http.request(method, mine["registration_client_uri"], headers=headers, **options)


def changed(mine, **members):
    return {"client_id": mine["client_id"], **PLAIN, **members}


async def test_section_3_address_and_token_are_given_with_the_registration(mine, tenant):
    assert mine["registration_client_uri"] == f"{tenant.issuer}/register/{mine['client_id']}"
    assert len(mine["registration_access_token"]) >= 32


async def test_section_2_1_a_client_reads_what_is_registered_and_no_secret(house, mine):
    answer = await ask(house, mine)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert {"client_secret", "registration_access_token"} & told.keys() == set()
    for name, value in told.items():
        assert mine[name] == value


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_section_2_without_its_token_a_client_reaches_nothing(house, tenant, mine, method):
    async with house.client() as http:
        other = (await http.post(f"{tenant.prefix}/register", json=PLAIN)).json()
    for token in ("", "wrong", other["registration_access_token"], mine["client_secret"]):
        refused = await ask(house, mine, method, token, json=changed(mine) if method == "PUT" else None)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")
        assert "Bearer" in refused.headers["www-authenticate"]


async def test_section_2_1_a_client_that_is_gone_and_one_that_never_was_look_the_same(house, mine):
    gone = await ask(house, mine, "DELETE")
    assert gone.status_code == 204
    never = {**mine, "registration_client_uri": mine["registration_client_uri"][:-3] + "xyz"}
    first, second = await ask(house, mine), await ask(house, never)
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert first.status_code == 401


async def test_section_2_2_an_update_replaces_everything_the_client_says_of_itself(house, mine):
    answer = await ask(house, mine, "PUT", json=changed(mine, client_uri="https://client.example/"))
    assert answer.json()["client_uri"] == "https://client.example/"
    told = (await ask(house, mine, "PUT", json=changed(mine))).json()
    assert "client_uri" not in told
    assert told["client_id"] == mine["client_id"]


async def test_section_2_2_an_update_gives_another_token_and_the_one_before_counts_until_the_next(house, mine):
    first = mine["registration_access_token"]
    second = (await ask(house, mine, "PUT", json=changed(mine))).json()["registration_access_token"]
    assert second != first
    assert (await ask(house, mine, token=first)).status_code == 200  # the answer may have been lost
    third = (await ask(house, mine, "PUT", second, json=changed(mine))).json()["registration_access_token"]
    assert (await ask(house, mine, token=first)).status_code == 401
    assert (await ask(house, mine, token=third)).status_code == 200


@pytest.mark.parametrize(
    "member",
    [
        {"registration_access_token": "x"},
        {"registration_client_uri": "https://x.example"},
        {"client_secret_expires_at": 0},
        {"client_id_issued_at": 1},
        {"client_id": "another"},
        {"client_secret": "not the one that was given to the client"},
        {"client_secret": 1},
        {"redirect_uris": ["http://client.example/"]},
        {"grant_types": ["client_credentials"]},
        {"response_types": ["token"]},
    ],
)
async def test_section_2_2_what_must_not_be_sent_or_is_not_allowed_is_refused_and_changes_nothing(house, mine, member):
    before = (await ask(house, mine)).json()
    refused = await ask(house, mine, "PUT", json=changed(mine, **member))
    assert refused.status_code == 400
    assert refused.json()["error"] in {"invalid_client_metadata", "invalid_redirect_uri"}
    assert (await ask(house, mine)).json() == before


async def test_section_2_2_the_secret_may_be_sent_if_it_is_the_right_one_and_stays(house, mine):
    answer = await ask(house, mine, "PUT", json=changed(mine, client_secret=mine["client_secret"]))
    assert answer.status_code == 200
    assert "client_secret" not in answer.json()


async def test_section_2_2_a_client_that_comes_to_need_a_secret_is_given_one(house, mine):
    none = await ask(house, mine, "PUT", json=changed(mine, token_endpoint_auth_method="none"))
    assert "client_secret" not in none.json()
    again = await ask(house, mine, "PUT", json=changed(mine))
    assert again.status_code == 200
    assert again.json()["client_secret"] != mine["client_secret"]


async def test_section_2_2_what_an_administrator_gave_stays_though_the_client_changes_itself(house, tenant, mine):
    await house.change_client(
        mine["client_id"],
        tenant,
        audiences=("https://api.example",),
        scopes=("openid", "orders"),
        require_consent=False,
    )
    told = (await ask(house, mine, "PUT", json=changed(mine, scope="openid orders"))).json()
    document = (await house.registration(tenant).read(mine["client_id"])).document
    assert (document.audiences, document.require_consent) == (("https://api.example",), False)
    assert set(told["scope"].split()) == {"openid", "orders"}


async def test_section_2_3_a_client_removes_itself_with_its_tokens(house, tenant, mine):
    answer = await ask(house, mine, "DELETE")
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await house.registration(tenant).read(mine["client_id"])).code == "client_not_found"
    async with house.client() as http:
        refused = await http.post(
            f"{tenant.prefix}/token",
            data={"grant_type": "client_credentials"},
            auth=(mine["client_id"], mine["client_secret"]),
        )
    assert refused.json()["error"] == "invalid_client"


async def test_a_disabled_client_cannot_manage_itself(house, tenant, mine):
    await house.change_client(mine["client_id"], tenant, disabled=True)
    assert (await ask(house, mine)).status_code == 401


async def test_a_client_that_an_administrator_registered_has_no_such_token(house, tenant):
    client_id, secret = await house.register_client(tenant)
    made = {"registration_client_uri": f"{tenant.issuer}/register/{client_id}", "client_id": client_id}
    for token in ("x", secret):
        assert (await ask(house, made, token=token)).status_code == 401


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_section_2_other_methods_are_not_allowed(house, mine, method):
    assert (await ask(house, mine, method, json={})).status_code == 405


async def test_discovery_names_the_endpoint_where_the_tenant_allows_it(house, tenant):
    async with house.client() as http:
        open_ = (await http.get(f"{tenant.prefix}/.well-known/openid-configuration")).json()
        closed = (await http.get("/.well-known/openid-configuration")).json()
    assert open_["registration_endpoint"] == f"{tenant.issuer}/register"
    assert "registration_endpoint" not in closed
