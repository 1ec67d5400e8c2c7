"""``apply`` and ``export`` over a real database: the second time there is nothing to do, and no secret leaves."""

import json
import re
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from limen.access.resources.catalogue import DETAIL_TYPES, RESOURCE_SERVERS, Catalogue
from limen.identity.tenants.management import Tenancy
from limen.identity.tenants.passkeys import PasskeySettings
from limen.integration.declarative import Declarative, SecretSource, apply, export, load, plan
from limen.integration.declarative.export import variables
from limen.integration.streaming.manage import Destinations
from limen.kernel.errors import Invalid, NotFound, Refusal

pytestmark = pytest.mark.anyio
SECRET = "a-secret-of-the-right-length-0123456789"
TEXT = """
version: 1
tenant: {slug: globex, name: Globex, settings: {sign_up_open: false}}
clients:
  - client_id: shop
    name: Shop
    secret: {env: SHOP_SECRET}
    redirect_uris: ["https://shop.example/callback"]
  - client_id: machine
    secret: {file: machine.secret}
    grant_types: [client_credentials]
    scopes: [orders]
  - client_id: app
    token_endpoint_auth_method: none
    redirect_uris: ["com.example.app:/callback"]
"""


@pytest.fixture
def declarative(house, tmp_path):
    (tmp_path / "machine.secret").write_text(SECRET + "\n")
    parts = house.parts
    tenancy = Tenancy(
        parts.begin, parts.reading, house.keyring, parts.base_url, house.default.id, house.clock, house.entropy
    )

    def registration_for(tenant_id):
        return replace(house.registration(), tenant_id=tenant_id)

    def catalogue(kind):
        def of(tenant_id):
            parts = house.parts
            return Catalogue(kind, tenant_id, parts.begin, parts.reading, house.keyring, house.clock, house.entropy)

        return of

    def destinations(tenant):
        parts = house.parts
        return Destinations(
            tenant, parts.begin, parts.reading, house.keyring, parts.send_audit, house.clock, house.entropy
        )

    secrets = SecretSource({"SHOP_SECRET": SECRET}, tmp_path)
    return Declarative(
        tenancy, registration_for, catalogue(RESOURCE_SERVERS), catalogue(DETAIL_TYPES), destinations, secrets
    )


async def test_a_plan_says_what_apply_does_and_writes_nothing(house, declarative):
    planned = await plan(load(TEXT), declarative)
    assert planned == [
        "create tenant globex",
        "create client shop",
        "create client machine",
        "create client app",
    ]
    assert isinstance(await declarative.tenancy.read("globex"), NotFound)
    assert await apply(load(TEXT), declarative) == planned


async def test_the_second_time_there_is_nothing_to_do(house, declarative):
    await apply(load(TEXT), declarative)
    before = await house.audit()
    assert await plan(load(TEXT), declarative) == []
    assert await apply(load(TEXT), declarative) == []
    assert await house.audit() == before


async def test_the_secrets_that_were_referenced_open_the_token_door(house, declarative):
    await apply(load(TEXT), declarative)
    desk = await house.desks("/t/globex")
    for client_id in ("shop", "machine"):
        assert (await desk.clients(client_id)).client.document.secret_hashes == (desk.secret_hash(SECRET),)


async def test_what_differs_is_named_and_changed(house, declarative, tmp_path):
    await apply(load(TEXT), declarative)
    (tmp_path / "machine.secret").write_text("another-" + SECRET)
    text = TEXT.replace("/callback", "/return").replace("Globex,", "Globex AG,")
    steps = await apply(load(text), declarative)
    assert steps == [
        "change tenant globex: name",
        "change client shop: redirect_uris",
        "rotate the secret of client machine",
        "change client app: redirect_uris",
    ]
    assert await plan(load(text), declarative) == []
    desk = await house.desks("/t/globex")
    hashes = (await desk.clients("machine")).client.document.secret_hashes
    assert hashes == (desk.secret_hash("another-" + SECRET), desk.secret_hash(SECRET))


async def test_an_export_makes_the_same_again_and_holds_no_secret(house, declarative):
    await apply(load(TEXT), declarative)
    text = await export("globex", declarative)
    desk = await house.desks("/t/globex")
    assert SECRET not in text
    assert desk.secret_hash(SECRET) not in text
    assert "env: LIMEN_SECRET_SHOP" in text
    environment = {"LIMEN_SECRET_SHOP": SECRET, "LIMEN_SECRET_MACHINE": SECRET}
    again = replace(declarative, secrets=SecretSource(environment, Path("/nonexistent")))
    assert await plan(load(text), again) == []


def test_every_secret_has_a_variable_of_its_own():
    names = ["a-b", "a_b", "A-B", "audit-x", "audit_x", "shop"]
    found = variables(names)
    assert len(set(found.values())) == len(names)
    assert found["shop"] == "LIMEN_SECRET_SHOP"
    assert all(re.fullmatch(r"LIMEN_SECRET_[A-Z0-9_]+", one) for one in found.values())


PASSKEYS = PasskeySettings(
    user_verification="preferred",
    attestation="required",
    allowed_models=("00112233-4455-6677-8899-aabbccddeeff",),
    denied_models=("ffeeddcc-bbaa-9988-7766-554433221100",),
    rp_id="example",
    related_origins=("https://shop.example", "https://app.example:8443"),
    android_apps=("A" * 43,),
    counter="allow_synced",
    offer_days=0,
)


async def test_every_passkey_setting_comes_back_from_an_export(house, declarative):
    assert all(getattr(PASSKEYS, name) != getattr(PasskeySettings(), name) for name in PASSKEYS.__struct_fields__)
    wanted = json.loads(msgspec.json.encode(PASSKEYS))
    text = (
        f"version: 1\ntenant: {{slug: globex, name: Globex, settings: {json.dumps({'passkeys': wanted})}}}\nclients: []"
    )
    await apply(load(text), declarative)
    exported = await export("globex", declarative)
    made = await apply(load(exported.replace("slug: globex", "slug: initech")), declarative)
    assert made == ["create tenant initech"]
    assert (await declarative.tenancy.read("initech")).settings.passkeys == PASSKEYS
    assert await plan(load(exported), declarative) == []
    at = exported.index("passkeys:")
    bad = exported[:at] + exported[at:].replace("offer_days: 0", "offer_days: -1", 1)
    refused = await plan(load(bad), declarative)
    assert refused.fields == {"tenant.settings.passkeys.offer_days": "number.out_of_bounds"}


APIS = """
resource_servers:
  - identifier: https://api.example/orders
    name: Orders
    scopes: [orders]
    token_format: opaque
authorization_details_types:
  - type: payment
    detail_schema: {type: object, required: [type, amount]}
    wording: {en: "Pay {amount}"}
"""


async def test_resource_servers_and_types_of_details_are_made_changed_and_written_down(house, declarative):
    assert await apply(load(APIS), declarative) == [
        "create resource server https://api.example/orders",
        "create authorization details type payment",
    ]
    assert await apply(load(APIS), declarative) == []
    changed = APIS.replace("opaque", "jwt").replace("Pay {amount}", "Pay now {amount}")
    assert await plan(load(changed), declarative) == [
        "change resource server https://api.example/orders: token_format",
        "change authorization details type payment: wording",
    ]
    await apply(load(changed), declarative)
    assert await plan(load(await export("default", declarative)), declarative) == []


async def test_a_bad_resource_server_is_named_by_its_place(declarative):
    refused = await plan(load(APIS.replace("https://api.example/orders", "orders")), declarative)
    assert list(refused.fields) == ["resource_servers[0].identifier"]
    refused = await plan(load(APIS.replace("{amount}", "{amount")), declarative)
    assert list(refused.fields) == ["authorization_details_types[0].wording.en"]


async def test_clients_that_are_not_named_are_left_alone(house, declarative):
    other = await house.machine()
    await apply(load("clients: []"), declarative)
    assert (await house.registration().read(other.client_id)).client_id == other.client_id


async def test_the_benchmarks_document_is_understood(house, declarative):
    text = (Path(__file__).parents[3] / "bench/limen/tenant.yaml").read_text()
    parts = replace(declarative, secrets=SecretSource({"BENCH_SECRET": SECRET}, Path()))
    assert [step.split()[0] for step in await apply(load(text), parts)] == ["change", *["create"] * 4]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"https://shop.example/callback": "https://shop.example/*"}, "clients[0].redirect_uris.0"),
        ({"SHOP_SECRET": "NOT_SET"}, "clients[0].secret"),
        ({"machine.secret": "missing.secret"}, "clients[1].secret"),
        ({"    secret: {env: SHOP_SECRET}\n": ""}, "clients[0].secret"),
        ({"slug: globex": "slug: Globex!"}, "tenant.slug"),
        ({"sign_up_open: false": "password_preset: none"}, "tenant.settings.password_preset"),
        ({"client_id: app": "client_id: a/b"}, "clients[2].client_id"),
    ],
)
async def test_what_is_wrong_is_found_before_anything_is_written(house, declarative, change, place):
    text = TEXT
    for old, new in change.items():
        text = text.replace(old, new)
    refused = await apply(load(text), declarative)
    assert isinstance(refused, Refusal)
    assert place in refused.fields
    assert isinstance(await declarative.tenancy.read("globex"), NotFound)


async def test_a_short_secret_is_refused(declarative, tmp_path):
    (tmp_path / "machine.secret").write_text("short")
    assert isinstance(await plan(load(TEXT), declarative), Invalid)


async def test_clients_that_registered_themselves_are_not_exported(house, declarative):
    await apply(load(TEXT), declarative)
    tenant = await declarative.tenancy.read("globex")
    office = declarative.registration_for(tenant.id)
    document = (await office.read("app")).document
    await office.create(document, declarative.actor, client_id="itself", unused_until=house.clock.now() + 1)
    assert "client_id: itself" not in await export("globex", declarative)


STREAMED = """
tenant:
  slug: acme
audit_destinations:
  - name: siem
    kind: syslog
    url: tls://siem.example
    format: cef
  - name: http
    kind: http
    url: https://siem.example/in
    authentication: signature
    secret: {env: %s}
"""


async def test_a_file_says_where_the_log_goes_and_secrets_never_leave(house, declarative):
    document = load(STREAMED % "SHOP_SECRET")
    assert await apply(document, declarative) == ["create audit destination siem", "create audit destination http"]
    assert await apply(document, declarative) == []
    other = replace(declarative, secrets=SecretSource({"SHOP_SECRET": "another-secret-altogether"}, Path()))
    assert await apply(document, other) == ["change audit destination http: secret"]
    text = await export("acme", declarative)
    assert "LIMEN_SECRET_AUDIT_HTTP" in text
    assert "another-secret" not in text
    assert isinstance(await apply(load(STREAMED % "NOWHERE"), declarative), Refusal)
    assert (await declarative.destinations_for(house.acme).find("siem")).document.format == "cef"
