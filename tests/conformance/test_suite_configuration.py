"""``deploy/conformance``: what is applied makes the clients that the suite's configurations speak of."""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from limen.access.resources.catalogue import DETAIL_TYPES, RESOURCE_SERVERS, Catalogue
from limen.app.basis import tenancy
from limen.app.cli.declaring import destinations
from limen.identity.tenants.records import Tenant
from limen.integration.declarative import Declarative, SecretSource, apply, load, plan
from limen.kernel.errors import Refusal
from tests.integration.tokens.strict import ASSERTION_TYPE
from tests.support.house import BASE, House
from tests.support.walker import CHALLENGE

pytestmark = pytest.mark.anyio
FOLDER = Path(__file__).parents[2] / "deploy" / "conformance"
SUITE = "https://suite.example:8443"


def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("prepare", FOLDER / "prepare.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    """The folder that the program writes."""
    program().prepare(BASE, SUITE, tmp_path / "out", "conformance@example.com", "plum lantern quarry sixteen")
    return tmp_path / "out"


@pytest.fixture
async def tenant(house: House, prepared: Path) -> Tenant:
    """The tenant, applied."""
    basis, database = house.basis, house.storage.database

    def catalogue(kind: Any) -> Any:
        return lambda tenant_id: Catalogue(
            kind, tenant_id, database.begin, database.read, basis.keyring, basis.clock, basis.entropy
        )

    parts = Declarative(
        tenancy(basis, house.tenant),
        lambda tenant_id: replace(house.registration(), tenant_id=tenant_id),
        catalogue(RESOURCE_SERVERS),
        catalogue(DETAIL_TYPES),
        lambda tenant: destinations(basis, tenant),
        SecretSource({}, prepared),
    )
    document = load((prepared / "tenant.yaml").read_text())
    done = await apply(document, parts)
    assert not isinstance(done, Refusal), done
    assert await plan(document, parts) == []
    made = await parts.tenancy.read("conformance")
    assert isinstance(made, Tenant)
    return made


def configurations(prepared: Path) -> dict[str, Any]:
    return {path.stem: json.loads(path.read_text()) for path in prepared.glob("*.json")}


async def test_every_configuration_names_the_issuer_that_is_served(house: House, tenant: Tenant, prepared: Path):
    assert len(configurations(prepared)) == 4
    for configuration in configurations(prepared).values():
        url = configuration["server"]["discoveryUrl"]
        async with house.client() as http:
            said = (await http.get(urlsplit(url).path)).json()
        assert said["issuer"] == tenant.issuer == url.removesuffix("/.well-known/openid-configuration")


async def test_every_client_of_a_configuration_is_registered_with_its_callback(
    house: House, tenant: Tenant, prepared: Path
):
    seen = 0
    for configuration in configurations(prepared).values():
        callback = f"{SUITE}/test/a/{configuration['alias']}/callback"
        for role in ("client", "client2", "client_secret_post"):
            if role not in configuration:
                continue
            async with house.storage.database.read(tenant.id) as unit:
                found = await unit.clients.get(configuration[role]["client_id"])
            assert found is not None
            assert found.document.redirect_uris[0].partition("?")[0] == callback
            seen += 1
    assert seen == 7


async def test_the_secrets_of_the_basic_clients_open_the_token_door(house: House, tenant: Tenant, prepared: Path):
    basic = configurations(prepared)["oidcc-basic"]
    form = {"grant_type": "authorization_code", "code": "x", "redirect_uri": "x", "code_verifier": "x" * 43}
    async with house.client() as http:
        for role in ("client", "client2"):
            auth = (basic[role]["client_id"], basic[role]["client_secret"])
            assert (await http.post(f"{tenant.prefix}/token", data=form, auth=auth)).json()["error"] == "invalid_grant"
        answer = await http.post(f"{tenant.prefix}/token", data=form | basic["client_secret_post"])
        assert answer.json()["error"] == "invalid_grant"


@pytest.mark.parametrize("name", ["fapi2-security-profile", "fapi2-message-signing"])
async def test_the_keys_of_the_fapi_clients_push_requests(house: House, tenant: Tenant, prepared: Path, name: str):
    configuration = configurations(prepared)[name]
    now = house.clock.now() // 1_000_000
    for role, query in (("client", ""), ("client2", "?dummy1=lorem&dummy2=ipsum")):
        client_id = configuration[role]["client_id"]
        key = ECKey.import_key(configuration[role]["jwks"]["keys"][0])
        said = {"iss": client_id, "aud": tenant.issuer, "exp": now + 60, "nbf": now}
        asked = {"client_id": client_id, "response_type": "code", "scope": "openid", "nonce": "n", "state": "s"}
        asked |= {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
        asked["redirect_uri"] = f"{SUITE}/test/a/{configuration['alias']}/callback{query}"
        head = {"alg": "ES256", "kid": key.kid}
        if name.endswith("signing"):
            claims = {**asked, **said, "response_mode": "jwt"}
            asked = {"client_id": client_id, "request": jwt.encode(head, claims, key)}
        proof = jwt.encode(head, said | {"sub": client_id, "jti": "one"}, key)
        form = asked | {"client_assertion_type": ASSERTION_TYPE, "client_assertion": proof}
        async with house.client() as http:
            answer = await http.post(f"{tenant.prefix}/par", data=form)
        assert answer.status_code == 201, answer.text


async def test_the_browser_finds_the_form_that_it_is_told_to_fill(house: House, tenant: Tenant, prepared: Path):
    basic = configurations(prepared)["oidcc-basic"]
    callback = f"{SUITE}/test/a/limen-basic/callback"
    walker = house.walker(prefix=tenant.prefix)
    page = await walker.authorize("conformance-basic", redirect_uri=callback, scope="openid")
    (rule,) = basic["browser"]
    task = rule["tasks"][0]
    assert f"{BASE}{page.path}".startswith(task["match"].rstrip("*"))
    assert {name for kind, _, name, *_ in task["commands"] if kind == "text"} <= set(page.fields)
    assert "button--wide" in page.text
    page = await walker.authorize("conformance-basic", redirect_uri=callback, scope="openid", prompt="none")
    assert page.answer["error"] == "login_required"


def test_what_is_written_is_for_its_owner_alone(prepared: Path):
    assert {path.stat().st_mode & 0o077 for path in prepared.iterdir()} == {0}
    assert [path.name for path in prepared.iterdir() if "$" in path.read_text()] == []
