"""RFC 7591: OAuth 2.0 Dynamic Client Registration Protocol, clause by clause."""

import json

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey

from limen.access.clients.dynamic.initial import InitialTokenOffice
from limen.app.jobs.upkeep import sweep
from limen.identity.administrators import SYSTEM
from limen.identity.tenants.records import TenantSettings
from limen.identity.tenants.registration import RegistrationSettings, StatementIssuer
from limen.kernel.clock import DAY, SECOND
from tests.support.house import open_part

pytestmark = pytest.mark.anyio
CALLBACK = "https://client.example/callback"
PLAIN = {"redirect_uris": [CALLBACK], "client_name": "A client"}
SIGNER = ECKey.import_key(ec.generate_private_key(ec.SECP256R1()), {"kid": "k", "use": "sig"})
PUBLISHER = StatementIssuer(issuer="https://publisher.example", jwks={"keys": [SIGNER.as_dict(private=False)]})


async def tenant_with(house, slug="acme", **policy):
    return await house.add_tenant(slug, TenantSettings(registration=RegistrationSettings(**policy)))


@pytest.fixture
async def tenant(house):
    return await tenant_with(house, mode="open")


async def register(house, tenant, body, token=None, **headers):
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    async with house.client() as http:
        return await http.post(f"{tenant.prefix}/register", json=body, headers=headers)


def office(house, tenant):
    basis = house.basis
    database = basis.storage.database
    return InitialTokenOffice(tenant.id, database.begin, database.read, basis.keyring, basis.clock, basis.entropy)


def statement(**claims):
    return jwt.encode({"alg": "ES256", "kid": "k"}, {"iss": PUBLISHER.issuer, **claims}, SIGNER)


async def test_section_3_registration_is_off_unless_the_tenant_allows_it(house):
    answer = await register(house, house.tenant, PLAIN)
    assert answer.status_code == 404
    tenant = await tenant_with(house)
    assert (await register(house, tenant, PLAIN)).json()["error"] == "access_denied"


async def test_section_3_2_1_a_client_is_registered_with_201_and_told_everything(house, tenant):
    answer = await register(house, tenant, PLAIN)
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert told["client_id"]
    assert len(told["client_secret"]) >= 32
    assert told["client_secret_expires_at"] == 0
    assert told["client_id_issued_at"] == house.clock.now() // SECOND
    assert told["redirect_uris"] == [CALLBACK]


async def test_section_2_what_is_left_out_has_the_defaults_of_the_rfc_and_they_are_told(house, tenant):
    told = (await register(house, tenant, {"redirect_uris": [CALLBACK]})).json()
    assert told["grant_types"] == ["authorization_code"]
    assert told["response_types"] == ["code"]
    assert told["token_endpoint_auth_method"] == "client_secret_basic"
    assert told["scope"] == "openid profile email offline_access"
    assert told["client_name"] == "client.example"


@pytest.mark.parametrize(
    ("kind", "uri", "is_good"),
    [
        ("web", "https://client.example/cb", True),
        ("web", "http://127.0.0.1/cb", False),
        ("web", "com.example.app:/cb", False),
        ("native", "http://127.0.0.1/cb", True),
        ("native", "http://localhost:7/cb", True),
        ("native", "com.example.app:/cb", True),
        ("native", "https://client.example/cb", True),  # RFC 8252 §7.2: claimed by the application
        ("native", "https://localhost/cb", False),
        ("native", "https://[::1]/cb", False),
        (None, "http://127.0.0.1/cb", True),
    ],
)
async def test_oidc_registration_section_2_redirects_are_of_the_kind_of_application(house, tenant, kind, uri, is_good):
    answer = await register(house, tenant, PLAIN | {"redirect_uris": [uri], "application_type": kind})
    if is_good:
        assert answer.status_code == 201, answer.text
        assert answer.json().get("application_type") == kind
    else:
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_redirect_uri")


@pytest.mark.parametrize(
    "wrong",
    [
        {"application_type": "desktop"},
        {"application_type": 1},
        {"initiate_login_uri": "http://client.example/login"},
        {"initiate_login_uri": "http://127.0.0.1/login"},
        {"initiate_login_uri": "com.example.app:/login"},
        {"initiate_login_uri": "https://client.example/#top"},
        {"initiate_login_uri": ["https://client.example/login"]},
    ],
)
async def test_oidc_registration_section_2_what_it_may_not_say_is_refused(house, tenant, wrong):
    answer = await register(house, tenant, PLAIN | wrong)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


async def test_oidc_registration_section_2_where_a_login_may_be_begun_is_kept_and_told(house, tenant):
    uri = "https://client.example/login"
    told = (await register(house, tenant, PLAIN | {"initiate_login_uri": uri})).json()
    assert told["initiate_login_uri"] == uri
    async with house.client() as http:
        bearer = {"authorization": f"Bearer {told['registration_access_token']}"}
        assert (await http.get(told["registration_client_uri"], headers=bearer)).json()["initiate_login_uri"] == uri


async def test_section_2_members_that_are_not_known_are_passed_over(house, tenant):
    told = (await register(house, tenant, PLAIN | {"nobody_knows": {"x": 1}, "client_name#de": "Kunde"})).json()
    assert "nobody_knows" not in told


async def test_section_2_null_is_as_good_as_left_out(house, tenant):
    answer = await register(house, tenant, PLAIN | {"jwks": None, "client_uri": None, "scope": None})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "member",
    [
        {"audiences": ["https://api.example"]},
        {"require_consent": False},
        {"disabled": True},
        {"secret_hashes": ["00"]},
        {"scopes": ["limen:clients:write"]},
        {"registration_token_hashes": ["00"]},
        {"rotate_refresh_tokens": False},
        {"claims": [{"claim": "admin", "source": "constant", "value": True}]},
    ],
)
async def test_section_5_what_an_administrator_decides_no_client_decides(house, tenant, member):
    answer = await register(house, tenant, PLAIN | member)
    assert answer.status_code == 201
    made = await house.registration(tenant).read(answer.json()["client_id"])
    name = next(iter(member))
    untouched = (
        await house.registration(tenant).read((await register(house, tenant, PLAIN)).json()["client_id"])
    ).document
    if "hashes" not in name:
        assert getattr(made.document, name) == getattr(untouched, name)
    else:
        assert "00" not in getattr(made.document, name)
    assert made.document.require_consent


async def test_section_2_scope_is_cut_to_what_the_tenant_allows_and_told(house):
    tenant = await tenant_with(house, mode="open", scopes=("openid", "mcp:tools"))
    told = (await register(house, tenant, PLAIN | {"scope": "openid mcp:tools limen:clients:write admin"})).json()
    assert told["scope"] == "openid mcp:tools"
    refused = await register(house, tenant, PLAIN | {"scope": "limen:clients:write"})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client_metadata")


async def test_the_tenant_says_what_profile_and_which_servers_such_clients_have_and_they_do_not(house):
    server = "https://tools.example/mcp"
    tenant = await tenant_with(house, mode="open", profile="mcp", audiences=(server,))
    told = (await register(house, tenant, PLAIN | {"profile": "oauth2.1", "audiences": ["https://x.example"]})).json()
    made = (await house.registration(tenant).read(told["client_id"])).document
    assert (made.profile, made.audiences) == ("mcp", (server,))
    sent = {"response_type": "code", "client_id": told["client_id"], "redirect_uri": CALLBACK, "scope": "openid"}
    sent |= {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}
    async with house.client() as http:
        refused = await http.get(f"{tenant.prefix}/authorize", params=sent)
        taken = await http.get(f"{tenant.prefix}/authorize", params=sent | {"resource": server})
    assert "RFC%208707" in refused.headers["location"]
    assert taken.status_code == 200


async def test_the_tenant_says_whether_a_nonce_will_do_for_those_for_whom_it_can(house):
    """OAuth 2.1 §7.5.1: no client vouches for itself, and one that turns public needs PKCE from then on."""
    strict, loose = (
        await tenant_with(house, mode="open"),
        await tenant_with(house, "loose", mode="open", require_pkce=False),
    )

    async def needs(tenant, **said):
        told = (await register(house, tenant, PLAIN | said)).json()
        return told, (await house.registration(tenant).read(told["client_id"])).document.require_pkce

    told, required = await needs(strict, require_pkce=False)
    assert (required, "require_pkce" in told) == (True, False)
    told, required = await needs(loose)
    assert not required
    local = ("http://127.0.0.1/cb", "http://[::1]/cb", "https://localhost/cb", "https://app.localhost/cb")
    on_loopback = [{"redirect_uris": [CALLBACK, uri]} for uri in local]
    for said in (
        {"token_endpoint_auth_method": "none"},
        {"application_type": "native"},
        {"scope": "email"},
        *on_loopback,  # RFC 8252 §7.3: as native applications are answered, whatever they say
    ):
        assert (await needs(loose, **said))[1], said
    broken = await register(house, loose, PLAIN | {"redirect_uris": ["https://[::1/cb"]})
    assert (broken.status_code, broken.json()["error"]) == (400, "invalid_redirect_uri")
    body = PLAIN | {"client_id": told["client_id"], "token_endpoint_auth_method": "none"}
    async with house.client() as http:
        bearer = {"authorization": f"Bearer {told['registration_access_token']}"}
        changed = await http.put(f"{loose.prefix}/register/{told['client_id']}", json=body, headers=bearer)
    assert changed.status_code == 200, changed.text
    assert (await house.registration(loose).read(told["client_id"])).document.require_pkce


async def test_a_client_that_cannot_meet_the_tenants_profile_is_refused(house):
    tenant = await tenant_with(house, mode="open", profile="fapi2_security")
    answer = await register(house, tenant, PLAIN)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
    assert "token_endpoint_auth_method" in answer.json()["error_description"]
    keys = {"keys": [ECKey.generate_key("P-256", {"kid": "one"}).as_dict(private=False)]}
    strong = {"token_endpoint_auth_method": "private_key_jwt", "jwks": keys, "dpop_bound_access_tokens": True}
    assert (await register(house, tenant, PLAIN | strong)).status_code == 201


async def test_section_2_a_grant_that_the_tenant_does_not_allow_is_refused(house, tenant):
    body = {"grant_types": ["client_credentials"], "client_name": "A machine"}
    refused = await register(house, tenant, body)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client_metadata")


@pytest.mark.parametrize(
    "uri",
    [
        "http://client.example/cb",
        "https://client.example/*",
        "https://client.example/#f",
        "javascript:alert(1)",
        "data:x",
        "",
    ],
)
async def test_section_3_2_2_a_bad_redirect_uri_has_its_own_error(house, tenant, uri):
    refused = await register(house, tenant, {"redirect_uris": [uri]})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_redirect_uri")


async def test_section_2_a_redirecting_client_must_register_redirect_uris(house, tenant):
    refused = await register(house, tenant, {"client_name": "A client"})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_redirect_uri")


@pytest.mark.parametrize(
    "wrong",
    [
        {"redirect_uris": CALLBACK},
        {"grant_types": "authorization_code"},
        {"grant_types": ["implicit"], "response_types": ["token"]},
        {"response_types": ["id_token"]},
        {"token_endpoint_auth_method": "client_secret_md5"},
        {"client_name": 1},
        {"client_name": "a\u202e\nb"},
        {"scope": ["openid"]},
        {"jwks": {"keys": []}},
        {"jwks_uri": "http://client.example/jwks"},
        {"jwks_uri": "https://client.example/jwks", "jwks": {"keys": [SIGNER.as_dict(private=False)]}},
        {"logo_uri": "javascript:alert(1)"},
        {"token_endpoint_auth_method": "private_key_jwt"},
    ],
)
async def test_section_3_2_2_bad_metadata_is_named(house, tenant, wrong):
    refused = await register(house, tenant, PLAIN | wrong)
    assert refused.status_code == 400
    assert refused.json()["error"] in {"invalid_client_metadata", "invalid_redirect_uri"}
    assert refused.json()["error_description"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"', b'{"a":1,"a":2}', b"\xff", b'{"client_name":"\\ud800"}'])
async def test_section_3_1_the_body_is_one_json_object(house, tenant, body):
    async with house.client() as http:
        refused = await http.post(
            f"{tenant.prefix}/register", content=body, headers={"content-type": "application/json"}
        )
        other = await http.post(f"{tenant.prefix}/register", data=PLAIN)
    assert [one.status_code for one in (refused, other)] == [400, 400]


async def test_section_3_an_initial_access_token_is_good_as_often_and_as_long_as_it_says(house):
    tenant = await tenant_with(house, mode="token")
    made = await office(house, tenant).create("partners", SYSTEM, hours=1, uses=2)
    text = made.text.reveal()
    for wrong in (None, "wrong", text + "x"):
        refused = await register(house, tenant, PLAIN, wrong)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")
        assert "Bearer" in refused.headers["www-authenticate"]
    assert (await register(house, tenant, PLAIN | {"client_name": ""}, text)).status_code == 201
    assert (await register(house, tenant, {"redirect_uris": ["x"]}, text)).status_code == 400  # costs no use
    assert (await register(house, tenant, PLAIN, text)).status_code == 201
    assert (await register(house, tenant, PLAIN, text)).status_code == 401
    late = (await office(house, tenant).create("late", SYSTEM, hours=1)).text.reveal()
    house.clock.advance(3_601)
    assert (await register(house, tenant, PLAIN, late)).status_code == 401


async def test_section_3_a_withdrawn_token_and_one_of_another_tenant_are_not_good(house):
    tenant, other = await tenant_with(house, mode="token"), await tenant_with(house, "other", mode="token")
    made = await office(house, other).create("partners", SYSTEM)
    assert (await register(house, tenant, PLAIN, made.text.reveal())).status_code == 401
    assert await office(house, other).delete(made.token.id, SYSTEM) is None
    assert (await register(house, other, PLAIN, made.text.reveal())).status_code == 401


async def test_section_2_3_what_a_software_statement_says_takes_precedence_and_it_is_returned(house):
    tenant = await tenant_with(house, mode="statement", statement_issuers=(PUBLISHER,))
    text = statement(client_name="What was approved", redirect_uris=[CALLBACK], require_consent=False)
    body = {"client_name": "Another", "redirect_uris": ["https://evil.example/"], "software_statement": text}
    answer = await register(house, tenant, body)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["client_name"], told["redirect_uris"]) == ("What was approved", [CALLBACK])
    assert told["software_statement"] == text
    assert (await house.registration(tenant).read(told["client_id"])).document.require_consent


async def test_section_3_2_2_a_statement_that_is_not_good_is_told_apart_from_one_not_trusted(house):
    tenant = await tenant_with(house, mode="statement", statement_issuers=(PUBLISHER,))
    past = house.clock.now() // SECOND - 3_600
    stranger = ECKey.import_key(ec.generate_private_key(ec.SECP256R1()), {"kid": "k"})
    forged = jwt.encode({"alg": "ES256", "kid": "k"}, {"iss": PUBLISHER.issuer}, stranger)
    unsigned = "eyJhbGciOiJub25lIn0." + statement().split(".")[1] + "."
    for wrong in ("", "x", 1, forged, unsigned, statement(exp=past), statement(exp="soon"), statement(), None):
        refused = await register(house, tenant, PLAIN | {"software_statement": wrong})
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_software_statement"), wrong
    other = jwt.encode({"alg": "ES256", "kid": "k"}, {"iss": "https://other.example"}, SIGNER)
    refused = await register(house, tenant, PLAIN | {"software_statement": other})
    assert refused.json()["error"] == "unapproved_software_statement"


async def test_section_5_redirects_may_be_held_to_hosts_and_to_the_web(house):
    tenant = await tenant_with(
        house, mode="open", redirect_hosts=("client.example", ".apps.example"), native_redirects=False
    )
    for uri, status in {
        CALLBACK: 201,
        "https://one.apps.example/cb": 201,
        "https://apps.example.evil.example/cb": 400,
        "https://evilclient.example/cb": 400,
        "http://127.0.0.1:8000/cb": 400,
        "com.example.app:/cb": 400,
    }.items():
        assert (await register(house, tenant, {"redirect_uris": [uri]})).status_code == status, uri
    anywhere = await tenant_with(house, "anywhere", mode="open", native_redirects=False)
    for uri, status in {CALLBACK: 201, "https://localhost/cb": 400, "https://app.localhost/cb": 400}.items():
        assert (await register(house, anywhere, {"redirect_uris": [uri]})).status_code == status, uri


async def test_section_5_one_address_cannot_register_without_end(house, tenant):
    statuses = [(await register(house, tenant, PLAIN)).status_code for _ in range(21)]
    assert statuses == [201] * 20 + [429]


async def test_section_5_a_tenant_has_a_quota(house):
    tenant = await tenant_with(house, mode="open", most_clients=2)
    answers = [await register(house, tenant, PLAIN) for _ in range(3)]
    assert [one.status_code for one in answers] == [201, 201, 403]


async def test_section_5_a_client_that_nobody_uses_goes(house):
    tenant = await tenant_with(house, mode="open", unused_days=1)
    told = (await register(house, tenant, PLAIN)).json()
    await sweep(house.basis)
    assert (await house.registration(tenant).read(told["client_id"])).client_id == told["client_id"]
    house.clock.advance(DAY // SECOND + 1)
    await sweep(house.basis)
    assert (await house.registration(tenant).read(told["client_id"])).code == "client_not_found"
    assert "client.expired" in [record.event for record in await house.audit(tenant)]


async def test_section_5_registrations_are_on_record_and_no_secret_is(house, tenant):
    told = (await register(house, tenant, PLAIN)).json()
    [record] = [one for one in await house.audit(tenant) if one.event == "client.created"]
    assert open_part(record)["actor"] == "registration:open"
    stored = msgspec.json.encode((await house.registration(tenant).read(told["client_id"])).document).decode()
    assert told["client_secret"] not in stored
    assert told["registration_access_token"] not in stored


async def test_section_1_3_the_registered_client_signs_people_in(house, tenant):
    told = (await register(house, tenant, PLAIN | {"scope": "openid"})).json()
    async with house.client() as http:
        answer = await http.get(
            f"{tenant.prefix}/authorize",
            params={
                "client_id": told["client_id"],
                "response_type": "code",
                "redirect_uri": CALLBACK,
                "scope": "openid",
                "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
                "code_challenge_method": "S256",
            },
        )
    assert answer.status_code == 200
    assert f'action="{tenant.prefix}/journey/' in answer.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["redirect_uris", "client_name", "grant_types", "jwks", "jwks_uri", "scope", "response_types", "logo_uri",
     "token_endpoint_auth_method", "software_statement", "software_id", "subject_type", "sector_identifier_uri",
     "id_token_signed_response_alg", "client_id", "contacts", "default_max_age"]
)  # fmt: skip


async def test_no_body_is_a_fault(house):
    tenant = await tenant_with(house, mode="open", most_clients=100_000, statement_issuers=(PUBLISHER,))
    bodies: list[bytes] = []

    @settings(max_examples=150, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.dictionaries(NAMES, JSON, max_size=6) | st.just({}), st.booleans())
    def collect(body, has_redirects):
        if has_redirects:
            body = {"redirect_uris": [CALLBACK]} | body
        bodies.append(json.dumps(body).encode())

    collect()
    for number, body in enumerate(bodies):
        address = f"2001:db8:{number:x}::1"
        async with house.client(address) as http:
            answer = await http.post(
                f"{tenant.prefix}/register", content=body, headers={"content-type": "application/json"}
            )
        assert answer.status_code in {201, 400}, (body, answer.text)
