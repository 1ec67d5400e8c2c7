"""FAPI 2.0 Security Profile (final), section 5, driven from the outside: what holds, and that a breach is named.

The client is registered with ``profile: fapi2_security``. Sections 5.2 (TLS) is the edge's; 5.3.3 is for clients.
"""

from base64 import b64encode

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from limen.access.clients.records import ClientDocument
from limen.access.tokens.waiting import WaitingKind
from limen.identity.administrators import SYSTEM
from limen.identity.tenants.records import Lifetimes, TenantSettings
from limen.kernel.encoding import b64url
from limen.kernel.errors import Refusal
from tests.integration.tokens.kit import EMAIL, Shop, claims, error, open_shop
from tests.integration.tokens.proofs import Prover
from tests.integration.tokens.strict import JWKS, KEY, Strict
from tests.support.house import CALLBACK, PASSWORD

pytestmark = pytest.mark.anyio
PROFILE = "FAPI 2.0 Security Profile section"
DEVICE, CIBA = WaitingKind.DEVICE.value, WaitingKind.BACKCHANNEL.value
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
WEAK = {"kty": "RSA", "kid": "weak", "use": "sig", "e": "AQAB", "n": b64url(b"\xc5" * 128)}  # 1024 bits


@pytest.fixture
async def strict(shop: Shop) -> Strict:
    return await Strict.register(shop)


def names(answer, section: str) -> bool:
    """Whether a refusal says which clause was broken."""
    return f"{PROFILE} {section}" in answer.json()["error_description"]


async def test_a_client_that_keeps_the_profile_goes_the_whole_way(strict: Strict):
    tokens = await strict.tokens()
    assert tokens["token_type"] == "DPoP"
    assert claims(tokens["access_token"])["cnf"] == {"jkt": strict.prover.jkt}
    assert claims(tokens["id_token"])["nonce"] == "the-nonce"
    headers = strict.prover.call(tokens["access_token"])
    assert (await strict.shop.http.get("/userinfo", headers=headers)).status_code == 200
    refreshed = await strict.refresh(tokens["refresh_token"])
    assert refreshed.status_code == 200
    assert claims(refreshed.json()["access_token"])["cnf"] == {"jkt": strict.prover.jkt}


# --------------------------------------------------------------------- §5.3.2.1: authorization servers in general


async def test_s5_3_2_1_metadata_is_distributed_by_discovery(strict: Strict):
    for path in ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"):
        said = (await strict.shop.http.get(path)).json()
        assert said["issuer"] == strict.issuer
        assert said["pushed_authorization_request_endpoint"] == f"{strict.issuer}/par"
        assert "private_key_jwt" in said["token_endpoint_auth_methods_supported"]
        assert "ES256" in said["dpop_signing_alg_values_supported"]
        assert said["authorization_response_iss_parameter_supported"] is True


async def test_s5_3_2_1_the_resource_owner_password_grant_is_rejected(strict: Strict):
    form = {"grant_type": "password", "username": "a", "password": "b", **strict.proven()}
    answer = await strict.shop.post("/token", form, headers=strict.prover.header())
    assert error(answer) == (400, "unsupported_grant_type")


@pytest.mark.parametrize("method", ["none", "client_secret_basic", "client_secret_post", "client_secret_jwt"])
async def test_s5_3_2_1_only_confidential_clients_with_keys_or_certificates_are_registered(shop: Shop, method):
    document = ClientDocument(
        client_name="Weak",
        redirect_uris=(CALLBACK,),
        profile="fapi2_security",
        token_endpoint_auth_method=method,
        dpop_bound_access_tokens=True,
    )
    refused = await shop.house.registration().create(document, SYSTEM)
    assert isinstance(refused, Refusal)
    assert "token_endpoint_auth_method" in str(refused)


async def test_s5_3_2_1_access_tokens_are_sender_constrained_or_not_issued(strict: Strict):
    answer = await strict.redeem(await strict.code(), headers={})
    assert error(answer) == (400, "invalid_dpop_proof")
    assert names(answer, "5.3.2.1")


async def test_s5_3_2_1_on_every_grant(shop: Shop):
    grants = ("authorization_code", "refresh_token", "client_credentials", DEVICE, CIBA, EXCHANGE)
    strict = await Strict.register(shop, grant_types=grants, backchannel_token_delivery_mode="poll")
    for grant in grants:
        answer = await shop.post("/token", {"grant_type": grant, **strict.proven()})
        assert error(answer) == (400, "invalid_dpop_proof"), grant
        assert names(answer, "5.3.2.1"), grant


async def test_s5_3_2_1_a_client_without_a_sender_constraint_is_not_registered(shop: Shop):
    document = ClientDocument(
        client_name="Weak",
        redirect_uris=(CALLBACK,),
        profile="fapi2_security",
        token_endpoint_auth_method="private_key_jwt",
        jwks=JWKS,
    )
    refused = await shop.house.registration().create(document, SYSTEM)
    assert isinstance(refused, Refusal)
    assert "dpop_bound_access_tokens" in str(refused)


async def test_s5_3_2_1_the_audience_of_assertions_is_the_issuer_as_a_string(strict: Strict):
    for audience in ([strict.issuer], f"{strict.issuer}/token", f"{strict.issuer}/par", [strict.issuer, "x"]):
        form = strict.shop.walker.request(strict.client_id) | strict.proven(aud=audience)
        assert error(await strict.shop.post("/par", form)) == (401, "invalid_client"), audience
        own = {"grant_type": "refresh_token", "refresh_token": "x", **strict.proven(aud=audience)}
        answer = await strict.shop.post("/token", own, headers=strict.prover.header())
        assert error(answer) == (401, "invalid_client"), audience


async def test_s5_3_2_1_refresh_tokens_are_not_rotated(strict: Strict):
    first = (await strict.tokens())["refresh_token"]
    for _ in range(3):
        answer = (await strict.refresh(first)).json()
        assert answer.get("refresh_token", first) == first
        strict.shop.house.clock.advance(60)


async def test_s5_3_2_1_a_server_nonce_may_be_asked_for(shop: Shop):
    strict = await Strict.register(shop, require_dpop_nonce=True)
    code = await strict.code()
    refused = await strict.redeem(code)
    assert error(refused) == (400, "use_dpop_nonce")
    taken = await strict.redeem(code, headers=strict.prover.header(nonce=refused.headers["dpop-nonce"]))
    assert taken.status_code == 200, taken.text


@pytest.mark.parametrize("seconds", [0, 5, 10])
async def test_s5_3_2_1_clocks_up_to_ten_seconds_ahead_are_accepted(strict: Strict, seconds: int):
    later = strict.now + seconds
    form = strict.shop.walker.request(strict.client_id) | strict.proven(iat=later, nbf=later)
    assert (await strict.shop.post("/par", form)).status_code == 201


async def test_s5_3_2_1_clocks_more_than_sixty_seconds_ahead_are_not(strict: Strict):
    later = strict.now + 61
    form = strict.shop.walker.request(strict.client_id) | strict.proven(nbf=later, iat=later, exp=later + 60)
    assert error(await strict.shop.post("/par", form)) == (401, "invalid_client")
    headers = strict.prover.header(iat=later)
    assert error(await strict.redeem(await strict.code(), headers=headers)) == (400, "invalid_dpop_proof")


# --------------------------------------------------------------- §5.3.2.2: the authorization code flow's server side


async def test_s5_3_2_2_response_type_is_code(strict: Strict):
    for kind in ("token", "id_token", "code id_token", "code token"):
        assert error(await strict.push(response_type=kind)) == (400, "unsupported_response_type")


async def test_s5_3_2_2_requests_are_pushed_and_client_authenticated(strict: Strict):
    page = await strict.shop.arrive(strict.client_id)
    assert f"{PROFILE} 5.3.2.2" in page.answer["error_description"]
    assert "code" not in page.answer
    unproven = strict.shop.walker.request(strict.client_id)
    assert error(await strict.shop.post("/par", unproven)) == (401, "invalid_client")


async def test_s5_3_2_2_requests_are_pushed_where_they_are_signed_too(strict: Strict):
    page = await strict.shop.walker.get(
        "/authorize", client_id=strict.client_id, request=strict.request_object(response_mode=...)
    )
    assert "code" not in page.answer


async def test_s5_3_2_2_a_browser_changes_nothing_of_what_was_pushed(strict: Strict):
    uri = await strict.pushed(scope="openid")
    asked = {"client_id": strict.client_id, "request_uri": uri, "scope": "openid profile email", "state": "other"}
    page = await strict.shop.walker.get("/authorize", **asked)
    assert page.answer["state"] == "the-state"
    assert (await strict.redeem(page.answer["code"])).json()["scope"] == "openid"


@pytest.mark.parametrize("changes", [{"code_challenge": None}, {"code_challenge_method": "plain"}])
async def test_s5_3_2_2_pkce_with_s256_is_required(strict: Strict, changes):
    assert error(await strict.push(**changes)) == (400, "invalid_request")


async def test_s5_3_2_2_redirect_uri_is_required_in_what_is_pushed(strict: Strict):
    assert error(await strict.push(redirect_uri=None)) == (400, "invalid_request")


async def test_s5_3_2_2_the_answer_names_its_issuer(strict: Strict):
    assert (await strict.arrive(await strict.pushed())).answer["iss"] == strict.issuer


async def test_s5_3_2_2_answers_do_not_travel_in_the_clear(shop: Shop):
    for uri in ("http://127.0.0.1/cb", "com.example.app:/cb"):
        document = ClientDocument(
            client_name="Weak",
            redirect_uris=(uri,),
            profile="fapi2_security",
            token_endpoint_auth_method="private_key_jwt",
            jwks=JWKS,
            dpop_bound_access_tokens=True,
        )
        refused = await shop.house.registration().create(document, SYSTEM)
        assert isinstance(refused, Refusal)
        assert "redirect_uris" in str(refused)


async def test_s5_3_2_2_a_code_is_good_for_sixty_seconds_at_most_whatever_the_tenant_says(shop: Shop):
    settings = TenantSettings(lifetimes=Lifetimes(authorization_code=300))
    tenant = await shop.house.add_tenant("slow", settings)
    async with open_shop(shop.house, tenant, email="bob@example.com") as slow:
        strict = await Strict.register(slow)
        code = await strict.code()
        shop.house.clock.advance(61)
        assert error(await strict.redeem(code)) == (400, "invalid_grant")


async def test_s5_3_2_2_a_code_is_good_once(strict: Strict):
    code = await strict.code()
    assert (await strict.redeem(code)).status_code == 200
    assert error(await strict.redeem(code)) == (400, "invalid_grant")


async def test_s5_3_2_2_a_request_uri_lives_less_than_600_seconds(strict: Strict):
    answer = (await strict.push()).json()
    assert 0 < answer["expires_in"] < 600
    strict.shop.house.clock.advance(answer["expires_in"] + 1)
    page = await strict.arrive(answer["request_uri"])
    assert (page.status, page.location) == (410, "")


async def test_s5_3_2_2_a_request_uri_is_bound_to_the_client_that_pushed_it(strict: Strict):
    other = await Strict.register(strict.shop)
    page = await other.arrive(await strict.pushed())
    assert (page.status, page.location) == (410, "")


async def test_s5_3_2_2_a_request_uri_is_used_once_and_reloading_before_that_is_well(strict: Strict):
    uri = await strict.pushed()
    fresh = strict.shop.house.walker()
    assert "password" in (await strict.arrive(uri, fresh)).fields
    page = await strict.arrive(uri, fresh)
    assert "code" in (await fresh.sign_in(EMAIL, PASSWORD, page)).answer
    again = await strict.arrive(uri, fresh)
    assert (again.status, again.location) == (410, "")


async def test_s5_3_2_2_redirects_are_303_and_never_307(strict: Strict):
    uri = await strict.pushed()
    asked = {"client_id": strict.client_id, "request_uri": uri}
    answer = await strict.shop.walker.http.get("/authorize", params=asked)
    assert answer.status_code == 303


async def test_s5_3_2_2_no_cors_at_the_authorization_endpoint(strict: Strict):
    asked = {"client_id": strict.client_id, "request_uri": await strict.pushed()}
    headers = {"origin": "https://evil.example"}
    answer = await strict.shop.walker.http.get("/authorize", params=asked, headers=headers)
    assert "access-control-allow-origin" not in answer.headers


async def test_s5_3_2_2_dpop_jkt_binds_the_code_to_the_key(strict: Strict):
    code = await strict.code(dpop_jkt=strict.prover.jkt)
    thief = Prover(strict.shop.house.clock)
    assert (await strict.redeem(code, headers=thief.header())).status_code == 400
    assert (await strict.redeem(await strict.code(dpop_jkt=strict.prover.jkt))).status_code == 200


async def test_s5_3_2_2_a_proof_at_the_pushing_binds_the_code_to_its_key(strict: Strict):
    form = strict.shop.walker.request(strict.client_id) | strict.proven()
    uri = (await strict.shop.post("/par", form, headers=strict.prover.header("/par"))).json()["request_uri"]
    code = (await strict.arrive(uri)).answer["code"]
    assert (await strict.redeem(code, headers=Prover(strict.shop.house.clock).header())).status_code == 400


# ---------------------------------------------------------------------------------- §5.3.4: resource servers


async def test_s5_3_4_a_bound_token_is_of_no_use_without_its_key(strict: Strict):
    token = (await strict.tokens())["access_token"]
    get = strict.shop.http.get
    assert (await get("/userinfo", headers={"authorization": f"Bearer {token}"})).status_code == 401
    assert (await get("/userinfo", headers=Prover(strict.shop.house.clock).call(token))).status_code == 401
    assert (await get(f"/userinfo?access_token={token}")).status_code == 401


# ------------------------------------------------------------------------------- §5.4: cryptography and secrets


async def test_s5_4_1_rs256_proves_nobody(shop: Shop):
    key = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
    strict = await Strict.register(shop, jwks={"keys": [key.as_dict(private=False), KEY.as_dict(private=False)]})
    now = strict.now
    said = {"iss": strict.client_id, "sub": strict.client_id, "aud": strict.issuer, "jti": "r", "exp": now + 60}
    for alg, status in (("RS256", 401), ("PS256", 201)):
        text = jwt.encode({"alg": alg, "kid": "rsa"}, said | {"jti": alg}, key, algorithms=[alg])
        form = shop.walker.request(strict.client_id) | strict.proven() | {"client_assertion": text}
        assert (await shop.post("/par", form)).status_code == status, alg


async def test_s5_4_1_rs256_proves_no_possession(shop: Shop, strict: Strict):
    weak = Prover(shop.house.clock, key=RSAKey.generate_key(2048), alg="RS256")
    answer = await strict.redeem(await strict.code(), headers=weak.header())
    assert answer.status_code == 400
    assert names(answer, "5.4.1") or answer.json()["error"] == "invalid_dpop_proof"


@pytest.mark.parametrize(
    "name", ["id_token_signed_response_alg", "request_object_signing_alg", "access_token_signed_response_alg"]
)
async def test_s5_4_1_nothing_is_signed_with_rs256_or_es384(shop: Shop, name: str):
    for alg in ("RS256", "ES384"):
        document = ClientDocument(
            client_name="Weak",
            redirect_uris=(CALLBACK,),
            profile="fapi2_security",
            token_endpoint_auth_method="private_key_jwt",
            jwks=JWKS,
            dpop_bound_access_tokens=True,
            **{name: alg},
        )
        refused = await shop.house.registration().create(document, SYSTEM)
        assert isinstance(refused, Refusal)
        assert name in str(refused)


@pytest.mark.filterwarnings("ignore:Key size:joserfc.errors.SecurityWarning")
async def test_s5_4_1_rsa_keys_have_2048_bits_and_curves_224(shop: Shop):
    document = ClientDocument(
        client_name="Weak",
        redirect_uris=(CALLBACK,),
        profile="fapi2_security",
        token_endpoint_auth_method="private_key_jwt",
        jwks={"keys": [WEAK]},
        dpop_bound_access_tokens=True,
    )
    refused = await shop.house.registration().create(document, SYSTEM)
    assert isinstance(refused, Refusal)
    assert "jwks" in str(refused)


async def test_s5_4_2_refresh_tokens_and_codes_have_128_bits_of_entropy(strict: Strict):
    first, second = await strict.code(), await strict.code()
    assert first != second
    assert min(len(first), len(second)) >= 22
    assert len((await strict.tokens())["refresh_token"]) >= 22


async def test_basic_credentials_of_a_client_with_a_key_prove_nothing(strict: Strict):
    basic = b64encode(f"{strict.client_id}:{'x' * 40}".encode()).decode()
    form = strict.shop.walker.request(strict.client_id)
    answer = await strict.shop.post("/par", form, headers={"authorization": f"Basic {basic}"})
    assert error(answer) == (401, "invalid_client")


async def test_an_assertion_of_another_clients_key_proves_nothing(strict: Strict):
    thief = Strict(strict.shop, strict.client_id, strict.prover, ECKey.generate_key("P-256", {"kid": "client"}))
    assert error(await thief.push()) == (401, "invalid_client")
