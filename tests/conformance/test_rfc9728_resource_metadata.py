"""RFC 9728: OAuth 2.0 Protected Resource Metadata, clause by clause."""

import re

import msgspec
import pytest

from limen.access.resources.catalogue import RESOURCE_SERVERS, Catalogue
from limen.access.resources.records import ResourceDocument
from limen.identity.administrators import SYSTEM
from limen.kernel.errors import Refusal

pytestmark = pytest.mark.anyio
WELL_KNOWN = "/.well-known/oauth-protected-resource"


async def get(house, path):
    async with house.client() as http:
        return await http.get(path)


async def register(house, tenant, **document):
    basis, database = house.basis, house.storage.database
    catalogue = Catalogue(
        RESOURCE_SERVERS, tenant.id, database.begin, database.read, basis.keyring, basis.clock, basis.entropy
    )
    made = await catalogue.create(ResourceDocument(**document), SYSTEM)
    assert not isinstance(made, Refusal), made


@pytest.mark.parametrize("path", ["/userinfo", "/api/v1"])
async def test_section_3_1_the_well_known_path_is_inserted_before_the_resources_own(house, path):
    tenant = await house.add_tenant("acme")
    for one, prefix in ((house.tenant, ""), (tenant, "/t/acme")):
        answer = await get(house, f"{WELL_KNOWN}{prefix}{path}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"].startswith("public")
        assert answer.headers["access-control-allow-origin"] == "*"
        said = answer.json()
        assert said["resource"] == one.issuer + path  # §3.3: the very address
        assert said["authorization_servers"] == [one.issuer]
        assert said["scopes_supported"]
        assert "header" in said["bearer_methods_supported"]


@pytest.mark.parametrize(
    "path", ["", "/", "/nothing", "/t/acme/userinfo", "/t", "/t/", "/userinfo/", "/../userinfo", "/t/%2e/userinfo"]
)
async def test_section_3_2_what_is_no_resource_has_no_metadata(house, path):
    assert (await get(house, WELL_KNOWN + path)).status_code == 404


@pytest.mark.parametrize("path", ["/userinfo", "/api/v1/clients"])
async def test_section_5_1_a_challenge_says_where_the_metadata_is(house, path):
    await house.add_tenant("acme")
    for prefix in ("", "/t/acme"):
        answer = await get(house, prefix + path)
        assert answer.status_code == 401
        address = re.search(r'resource_metadata="([^"]+)"', answer.headers["www-authenticate"])[1]
        said = (await get(house, address.removeprefix("https://id.example"))).json()
        assert (f"https://id.example{prefix}{path}").startswith(said["resource"])


async def test_section_2_a_registered_resource_server_is_described_for_whoever_points_here(house):
    await register(house, house.tenant, identifier="https://orders.example/api", name="Orders", scopes=("orders:read",))
    said = (await get(house, "/resource-metadata?resource=https%3A%2F%2Forders.example%2Fapi")).json()
    assert said == {
        "resource": "https://orders.example/api",
        "authorization_servers": ["https://id.example"],
        "resource_name": "Orders",
        "scopes_supported": ["orders:read"],
        "bearer_methods_supported": ["header"],
    }


async def test_section_3_1_a_registered_one_at_our_own_host_has_the_well_known_path_too(house):
    await register(house, house.tenant, identifier="https://id.example/mcp", name="Tools")
    assert (await get(house, f"{WELL_KNOWN}/mcp")).json()["resource"] == "https://id.example/mcp"


async def test_section_2_another_tenants_resource_servers_are_not_told(house):
    await register(house, house.tenant, identifier="https://orders.example/api", name="Orders")
    await house.add_tenant("acme")
    answer = await get(house, "/t/acme/resource-metadata?resource=https%3A%2F%2Forders.example%2Fapi")
    assert answer.status_code == 404


@pytest.mark.parametrize("query", ["", "resource=", "resource=x&resource=y", "resource=%", "other=1"])
async def test_section_3_a_malformed_question_is_no_fault(house, query):
    assert (await get(house, f"/resource-metadata?{query}")).status_code in {400, 404}


async def test_section_4_the_authorization_server_names_its_resources(house):
    said = msgspec.json.decode((await get(house, "/.well-known/oauth-authorization-server")).content)
    assert said["protected_resources"] == ["https://id.example/userinfo", "https://id.example/api/v1"]
    for resource in said["protected_resources"]:
        path = resource.removeprefix("https://id.example")
        assert (await get(house, WELL_KNOWN + path)).json()["resource"] == resource
