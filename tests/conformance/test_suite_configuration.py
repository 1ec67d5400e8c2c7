"""``deploy/conformance``: what is applied makes the clients that the suite's configurations speak of.

The suite's own names (plans, variants, where its tests listen) are those of its public source, as its README says.
"""

import importlib.util
import json
import re
from base64 import b64encode
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from joserfc import jwt
from joserfc.jwk import ECKey

from limen.access.clients.records import ClientDocument
from limen.access.resources.catalogue import DETAIL_TYPES, RESOURCE_SERVERS, Catalogue
from limen.app.basis import tenancy
from limen.app.cli.declaring import destinations
from limen.identity.tenants.records import Tenant
from limen.integration.declarative import Declarative, SecretSource, apply, load, plan
from limen.kernel.errors import Refusal
from tests.conformance.conftest import EDGE, MTLS
from tests.integration.tokens.strict import ASSERTION_TYPE
from tests.support.house import BASE, House
from tests.support.walker import CHALLENGE

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("edge")]
FOLDER = Path(__file__).parents[2] / "deploy" / "conformance"
SUITE = "https://suite.example:8443"
CUSTOMER = ("conformance@example.com", "plum lantern quarry sixteen")
ROLES = ("client", "client2", "client_secret_post")
NAMES = {
    "oidcc-config-certification-test-plan", "oidcc-basic-certification-test-plan",
    "oidcc-formpost-basic-certification-test-plan", "oidcc-dynamic-certification-test-plan",
    "oidcc-rp-initiated-logout-certification-test-plan",
    "oidcc-backchannel-rp-initiated-logout-certification-test-plan",
    "oidcc-frontchannel-rp-initiated-logout-certification-test-plan",
    "fapi2-security-profile-final-test-plan", "fapi2-message-signing-final-test-plan", "fapi-ciba-id1-test-plan",
}  # fmt: skip
"""``testPlanName`` of each, in the suite's source."""
OFFERED = {
    "server_metadata=discovery": ("issuer", ""),
    "client_registration=static_client": ("issuer", ""),
    "response_type=code": ("response_types_supported", "code"),
    "client_auth_type=private_key_jwt": ("token_endpoint_auth_methods_supported", "private_key_jwt"),
    "client_auth_type=mtls": ("token_endpoint_auth_methods_supported", "self_signed_tls_client_auth"),
    "sender_constrain=dpop": ("dpop_signing_alg_values_supported", "ES256"),
    "sender_constrain=mtls": ("tls_client_certificate_bound_access_tokens", True),
    "fapi_profile=plain_fapi": ("pushed_authorization_request_endpoint", ""),
    "openid=openid_connect": ("scopes_supported", "openid"),
    "authorization_request_type=simple": ("scopes_supported", "email"),
    "fapi_request_method=signed_non_repudiation": ("request_object_signing_alg_values_supported", "ES256"),
    "fapi_response_mode=jarm": ("response_modes_supported", "jwt"),
    "ciba_mode=poll": ("backchannel_token_delivery_modes_supported", "poll"),
    "ciba_mode=ping": ("backchannel_token_delivery_modes_supported", "ping"),
    "fapi_ciba_profile=plain_fapi": ("backchannel_authentication_request_signing_alg_values_supported", "ES256"),
    "plan=oidcc-formpost-basic-certification-test-plan": ("response_modes_supported", "form_post"),
    "plan=oidcc-dynamic-certification-test-plan": ("registration_endpoint", ""),
    "plan=oidcc-rp-initiated-logout-certification-test-plan": ("end_session_endpoint", ""),
    "plan=oidcc-backchannel-rp-initiated-logout-certification-test-plan": (
        "backchannel_logout_session_supported", True,
    ),
    "plan=oidcc-frontchannel-rp-initiated-logout-certification-test-plan": (
        "frontchannel_logout_session_supported", True,
    ),
}  # fmt: skip
"""What the metadata has to say for a variant, or a plan, to make sense: a member, and what is in it."""


def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("prepare", FOLDER / "prepare.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Suite:
    """What the program wrote, and the tenant that it made."""

    folder: Path
    tenant: Tenant
    metadata: dict[str, Any]

    def configuration(self, name: str) -> dict[str, Any]:
        """Return the configuration of a plan."""
        read: dict[str, Any] = json.loads((self.folder / f"{name}.json").read_text())
        return read


def plans() -> list[dict[str, Any]]:
    read: dict[str, Any] = yaml.safe_load((FOLDER / "plans.yaml").read_text())
    listed: list[dict[str, Any]] = read["plans"]
    return listed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder that the program writes."""
    program().prepare(BASE, SUITE, tmp_path / "out", CUSTOMER, MTLS)
    return tmp_path / "out"


@pytest.fixture
async def suite(house: House, folder: Path) -> Suite:
    """The tenant, applied to a fresh house."""
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
        SecretSource({}, folder),
    )
    document = load((folder / "tenant.yaml").read_text())
    done = await apply(document, parts)
    assert not isinstance(done, Refusal), done
    assert await plan(document, parts) == []
    tenant = await parts.tenancy.read("conformance")
    assert isinstance(tenant, Tenant)
    async with house.client() as http:
        metadata = (await http.get(f"{tenant.prefix}/.well-known/openid-configuration")).json()
    return Suite(folder, tenant, metadata)


async def test_every_plan_and_variant_is_the_suites_and_the_metadata_offers_it(suite: Suite):
    assert {row["plan"] for row in plans()} == NAMES
    for row in plans():
        url = suite.configuration(row["name"])["server"]["discoveryUrl"]
        assert url.removesuffix("/.well-known/openid-configuration") == suite.metadata["issuer"] == suite.tenant.issuer
        chosen = [f"{key}={value}" for key, value in row.get("variant", {}).items()]
        for one in [*chosen, f"plan={row['plan']}"]:
            if one.startswith("plan=") and one not in OFFERED:
                continue
            member, value = OFFERED[one]
            assert member in suite.metadata, one
            said = suite.metadata[member]
            assert not value or said == value or (isinstance(said, list) and value in said), one


def test_every_plan_is_in_the_readme_and_the_runners_list_with_its_variant(folder: Path):
    readme, lines = (FOLDER / "README.md").read_text(), (folder / "plans.txt").read_text().splitlines()
    assert len(lines) == len(plans())
    for row, line in zip(plans(), lines, strict=True):
        variant = row.get("variant", {})
        assert line == row["plan"] + "".join(f"[{name}={value}]" for name, value in variant.items()) + (
            f" {row['name']}.json"
        )
        rows = [cells for cells in readme.splitlines() if f"| `{row['name']}` |" in cells]
        assert len(rows) == 1, row["name"]
        assert f"`{row['plan']}`" in rows[0]
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \|", readme, re.MULTILINE)) == {row["name"] for row in plans()}


async def test_every_client_of_a_configuration_is_registered_as_its_plan_needs(house: House, suite: Suite):
    seen: set[str] = set()
    for row in plans():
        configuration, variant = suite.configuration(row["name"]), row.get("variant", {})
        base = f"{SUITE}/test/a/{configuration['alias']}"
        for role in [role for role in ROLES if "client_id" in configuration.get(role, {})]:
            async with house.storage.database.read(suite.tenant.id) as unit:
                found = await unit.clients.get(configuration[role]["client_id"])
            assert found is not None, role
            assert found.client_id not in seen
            seen.add(found.client_id)
            _fits_its_plan(found.document, row, role, base)
            _proves_itself_with(found.document, configuration, role, variant)
    async with house.storage.database.read(suite.tenant.id) as unit:
        registered = {client.client_id for client in await unit.clients.list(after="", limit=200)}
    assert {one for one in registered if one.startswith("conformance-")} == seen
    assert len(seen) == 33


def _fits_its_plan(document: ClientDocument, row: dict[str, Any], role: str, base: str) -> None:
    variant, plan_name = row.get("variant", {}), row["plan"]
    if mode := variant.get("ciba_mode"):
        assert document.backchannel_token_delivery_mode == mode
        notified = f"{base}/ciba-notification-endpoint" if mode == "ping" else ""
        assert document.backchannel_client_notification_endpoint == notified
        assert document.redirect_uris == ()
        return
    query = "?dummy1=lorem&dummy2=ipsum" if plan_name.startswith("fapi2") and role == "client2" else ""
    assert document.redirect_uris == (f"{base}/callback{query}",)
    after = (f"{base}/post_logout_redirect",) if "logout" in plan_name else ()
    assert document.post_logout_redirect_uris == after
    is_back, is_front = "backchannel" in plan_name, "frontchannel" in plan_name
    assert document.backchannel_logout_uri == (f"{base}/backchannel_logout" if is_back else "")
    assert document.frontchannel_logout_uri == (f"{base}/frontchannel_logout" if is_front else "")
    assert (document.backchannel_logout_session_required, document.frontchannel_logout_session_required) == (
        is_back,
        is_front,
    )
    is_signed = "message-signing" in plan_name
    profile = (
        "fapi2_message_signing" if is_signed else "fapi2_security" if plan_name.startswith("fapi2") else "oauth2.1"
    )
    assert document.profile == profile
    assert document.require_pkce == (not plan_name.startswith("oidcc"))


def _proves_itself_with(
    document: ClientDocument, configuration: dict[str, Any], role: str, variant: dict[str, str]
) -> None:
    method, own = document.token_endpoint_auth_method.value, configuration[role]
    bound = variant.get("sender_constrain", "mtls" if "ciba_mode" in variant else "")
    assert document.dpop_bound_access_tokens == (bound == "dpop") == ("dpop_signing_alg" in own)
    assert document.tls_client_certificate_bound_access_tokens == (bound == "mtls")
    if "client_auth_type" not in variant:
        assert method == ("client_secret_post" if role == "client_secret_post" else "client_secret_basic")
        assert len(own["client_secret"]) > 40
        return
    named = {"private_key_jwt": "private_key_jwt", "mtls": "self_signed_tls_client_auth"}
    assert method == named[variant["client_auth_type"]]
    [private], [public] = own["jwks"]["keys"], (document.jwks or {})["keys"]
    assert (private["kty"], private["alg"], private["kid"]) == ("EC", "ES256", public["kid"])
    assert (private["x"], private["y"]) == (public["x"], public["y"])
    assert "d" in private
    assert "d" not in public
    certified = configuration.get("mtls" + role.removeprefix("client"))
    assert (certified is not None) == ("mtls" in {variant["client_auth_type"], bound})
    if certified is not None:
        certificate = x509.load_pem_x509_certificate(certified["cert"].encode())
        key: Any = load_pem_private_key(certified["key"].encode(), None)
        assert key.public_key() == certificate.public_key()
    door = MTLS if bound == "mtls" else BASE
    assert configuration["resource"]["resourceUrl"] == f"{door}/t/conformance/userinfo"


async def test_what_a_configuration_knows_opens_the_doors_that_its_plan_begins_at(house: House, suite: Suite):
    for row in plans():
        configuration, variant = suite.configuration(row["name"]), row.get("variant", {})
        for role in [role for role in ROLES if "client_id" in configuration.get(role, {})]:
            door, form, more = _asked(configuration, role, variant, suite.tenant.issuer, house)
            async with house.client(EDGE) as http:
                answer = await http.post(suite.tenant.prefix + door, data=form, **more)
            expected = {"/par": 201, "/bc-authorize": 200, "/token": 400}[door]
            assert answer.status_code == expected, (row["name"], role, answer.text)
            if door == "/token":
                assert answer.json()["error"] == "invalid_grant"  # the client is known; there is no such code


def _asked(
    configuration: dict[str, Any], role: str, variant: dict[str, str], issuer: str, house: House
) -> tuple[str, dict[str, str], dict[str, Any]]:
    """Return a door, what is asked there, and what comes along."""
    own = configuration[role]
    client_id, now = own["client_id"], house.clock.now() // 1_000_000
    if "client_auth_type" not in variant:
        form = {"grant_type": "authorization_code", "code": "x", "redirect_uri": "x"}  # no module sends a verifier
        if role == "client_secret_post":
            return "/token", form | {name: own[name] for name in ("client_id", "client_secret")}, {}
        return "/token", form, {"auth": (client_id, own["client_secret"])}
    key = ECKey.import_key(own["jwks"]["keys"][0])
    said = {"iss": client_id, "aud": issuer, "exp": now + 60, "nbf": now, "iat": now}

    def signed(**claims: str) -> str:
        return jwt.encode({"alg": "ES256", "kid": key.kid}, said | claims, key)

    form, more = {"client_id": client_id}, dict[str, Any]()
    if variant["client_auth_type"] == "private_key_jwt":
        assertion = signed(sub=client_id, jti="one")
        form |= {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
    else:
        certificate = x509.load_pem_x509_certificate(
            configuration["mtls" + role.removeprefix("client")]["cert"].encode()
        )
        header = f":{b64encode(certificate.public_bytes(Encoding.DER)).decode()}:"
        more["headers"] = {"client-cert": header, "x-ssl-client-verify": "FAILED:self-signed certificate"}
    if "ciba_mode" in variant:
        hint = {own["hint_type"]: own["hint_value"], "client_notification_token": "n" * 24}
        return "/bc-authorize", form | {"request": signed(scope=own["scope"], jti="two", **hint)}, more
    query = "?dummy1=lorem&dummy2=ipsum" if role == "client2" else ""
    asked = {"redirect_uri": f"{SUITE}/test/a/{configuration['alias']}/callback{query}", "response_type": "code"}
    asked |= {"client_id": client_id, "scope": own["scope"], "nonce": "n", "state": "s"}
    asked |= {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    if "fapi_response_mode" in variant:
        asked = {"request": signed(**asked, response_mode="jwt")}
    return "/par", form | asked, more


async def test_the_browser_finds_the_form_that_it_is_told_to_fill(house: House, suite: Suite):
    basic = suite.configuration("oidcc-basic")
    callback, client_id = f"{SUITE}/test/a/{basic['alias']}/callback", basic["client"]["client_id"]
    walker = house.walker(prefix=suite.tenant.prefix)
    page = await walker.authorize(client_id, redirect_uri=callback, scope="openid")
    rule = basic["browser"][0]
    task = rule["tasks"][0]
    assert f"{BASE}{page.path}".startswith(task["match"].rstrip("*"))
    assert {name for kind, _, name, *_ in task["commands"] if kind == "text"} <= set(page.fields)
    assert "button--wide" in page.text
    without = {"code_challenge": None, "code_challenge_method": None}
    page = await walker.authorize(client_id, redirect_uri=callback, scope="openid", prompt="none", **without)
    assert page.answer["error"] == "login_required"
    page = await walker.authorize(client_id, redirect_uri=callback, scope="openid", nonce=None, **without)
    assert page.answer["error"] == "invalid_request"  # what the README says of the module without a nonce


async def test_whoever_runs_the_dynamic_plan_registers_what_it_needs(house: House, suite: Suite):
    asked = {"redirect_uris": [f"{SUITE}/test/a/limen-oidcc-dynamic/callback"], "response_types": ["code"],
             "grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "private_key_jwt",
             "jwks": {"keys": [ECKey.generate_key("P-256").as_dict(private=False)]}}  # fmt: skip
    asked |= suite.configuration("oidcc-dynamic")["client"]
    async with house.client() as http:
        made = await http.post(suite.metadata["registration_endpoint"], json=asked)
    assert made.status_code == 201, made.text
    given = {"redirect_uri": asked["redirect_uris"][0], "scope": "openid", "prompt": "none"}
    without = {"code_challenge": None, "code_challenge_method": None}
    walker = house.walker(prefix=suite.tenant.prefix)
    page = await walker.authorize(made.json()["client_id"], **given, **without)
    assert page.answer["error"] == "login_required"


def test_what_is_written_is_for_its_owner_alone(folder: Path):
    assert {path.stat().st_mode & 0o077 for path in folder.iterdir()} == {0}
    assert [path.name for path in folder.iterdir() if re.search(r"\$[A-Z]", path.read_text())] == []
