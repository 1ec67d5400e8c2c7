"""FAPI 2.0 Message Signing (final): signed requests (§5.3), signed answers (§5.4), signed introspection (§5.5)."""

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from tests.integration.tokens.kit import Shop, error, header
from tests.integration.tokens.strict import KEY, Strict, response_in

pytestmark = pytest.mark.anyio
MESSAGE_SIGNING = "FAPI 2.0 Message Signing section"
API = "https://api.example"
JWT = "application/token-introspection+jwt"


@pytest.fixture
async def strict(shop: Shop) -> Strict:
    return await Strict.register(shop, "fapi2_message_signing")


async def answered(strict: Strict, **changes) -> dict:
    page = await strict.arrive(await strict.pushed({"client_id": strict.client_id, "request": strict.request_object()}))
    return await strict.opened(response_in(page))


async def test_jar_jarm_and_signed_introspection_go_together(strict: Strict, shop: Shop):
    said = await answered(strict)
    assert (said["iss"], said["aud"], said["state"]) == (strict.issuer, strict.client_id, "the-state")
    tokens = (await strict.redeem(said["code"])).json()
    assert tokens["token_type"] == "DPoP"
    api = await shop.machine()
    await shop.resource_server(API, introspection_clients=(api[0],))
    await shop.house.change_client(strict.client_id, audiences=(API,))
    said = await answered(strict)
    token = (await strict.redeem(said["code"])).json()["access_token"]
    answer = await shop.post("/introspect", {"token": token}, api, headers={"accept": JWT})
    assert header(answer.text)["typ"] == "token-introspection+jwt"
    inner = (await strict.opened(answer.text))["token_introspection"]
    assert (inner["active"], inner["cnf"]) == (True, {"jkt": strict.prover.jkt})


# ------------------------------------------------------------------------------------------- §5.3.1: signed requests


async def test_s5_3_1_a_pushed_request_that_is_not_signed_is_refused_and_the_clause_named(strict: Strict):
    answer = await strict.push(response_mode="jwt")
    assert answer.status_code == 400
    assert f"{MESSAGE_SIGNING} 5.3.1" in answer.json()["error_description"]


async def test_s5_3_1_a_signed_request_that_was_not_pushed_is_refused(strict: Strict):
    page = await strict.shop.walker.get("/authorize", client_id=strict.client_id, request=strict.request_object())
    assert "code" not in page.answer
    assert "response" not in page.answer or "code" not in await strict.opened(response_in(page))


@pytest.mark.parametrize(
    "changes", [{"nbf": ...}, {"exp": ...}, {"aud": "https://other.example"}, {"aud": ...}, {"iss": "else"}]
)
async def test_s5_3_1_audience_issuer_and_times_are_required(strict: Strict, changes):
    form = {"client_id": strict.client_id, "request": strict.request_object(**changes)}
    assert error(await strict.push(form)) == (400, "invalid_request_object")


async def test_s5_3_1_nbf_is_not_over_60_minutes_old_and_exp_not_over_60_minutes_later(strict: Strict):
    now = strict.now
    for changes in ({"nbf": now - 3_700}, {"exp": now + 3_700}, {"nbf": now + 120}, {"exp": now - 120}):
        form = {"client_id": strict.client_id, "request": strict.request_object(**changes)}
        assert error(await strict.push(form)) == (400, "invalid_request_object"), changes
    good = strict.request_object(nbf=now - 3_500, exp=now + 60)
    assert (await strict.push({"client_id": strict.client_id, "request": good})).status_code == 201


async def test_s5_3_1_parameters_beside_the_object_count_for_nothing(strict: Strict):
    form = {"client_id": strict.client_id, "request": strict.request_object(), "state": "unsigned", "scope": "openid"}
    answer = await strict.push(form)
    if answer.status_code == 201:
        page = await strict.arrive(answer.json()["request_uri"])
        assert (await strict.opened(response_in(page)))["state"] == "the-state"
    else:
        assert error(answer)[1] in {"invalid_request", "invalid_request_object"}


async def test_s5_3_1_an_object_signed_by_another_key_is_refused(strict: Strict):
    thief = Strict(strict.shop, strict.client_id, strict.prover, ECKey.generate_key("P-256", {"kid": "client"}))
    form = {"client_id": strict.client_id, "request": thief.request_object()}
    assert error(await strict.push(form)) == (400, "invalid_request_object")


async def test_s5_3_1_rs256_and_none_sign_no_request(shop: Shop):
    key = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
    jwks = {"keys": [key.as_dict(private=False), KEY.as_dict(private=False)]}
    strict = await Strict.register(shop, "fapi2_message_signing", jwks=jwks)
    content = jwt.decode(strict.request_object(), KEY).claims
    for alg, status in (("RS256", 400), ("PS256", 201)):
        text = jwt.encode({"alg": alg, "kid": "rsa", "typ": "oauth-authz-req+jwt"}, content, key, algorithms=[alg])
        assert (await strict.push({"client_id": strict.client_id, "request": text})).status_code == status, alg


async def test_s5_3_1_discovery_says_what_signs_requests(strict: Strict):
    said = (await strict.shop.http.get("/.well-known/openid-configuration")).json()
    assert {"ES256", "PS256", "EdDSA"} <= set(said["request_object_signing_alg_values_supported"])
    assert "none" not in said["request_object_signing_alg_values_supported"]


# -------------------------------------------------------------------------------------------- §5.4.1: signed answers


async def test_s5_4_1_a_plain_answer_is_refused_and_the_clause_named(strict: Strict):
    form = {"client_id": strict.client_id, "request": strict.request_object(response_mode=...)}
    answer = await strict.push(form)
    assert answer.status_code == 400
    assert f"{MESSAGE_SIGNING} 5.4.1" in answer.json()["error_description"]


async def test_s5_4_1_errors_are_signed_as_well(strict: Strict):
    request = strict.request_object(prompt="none")
    uri = await strict.pushed({"client_id": strict.client_id, "request": request})
    page = await strict.arrive(uri, strict.shop.house.walker())
    said = await strict.opened(response_in(page))
    assert (said["error"], said["aud"]) == ("login_required", strict.client_id)


async def test_s5_4_1_discovery_offers_the_mode_and_its_algorithms(strict: Strict):
    said = (await strict.shop.http.get("/.well-known/openid-configuration")).json()
    assert "jwt" in said["response_modes_supported"]
    assert {"ES256", "PS256"} <= set(said["authorization_signing_alg_values_supported"])


# ------------------------------------------------------------------------------------- §5.5: signed introspection


async def test_s5_5_introspection_is_signed_for_who_asks_for_it(strict: Strict, shop: Shop):
    api = await shop.machine()
    answer = await shop.post("/introspect", {"token": "x"}, api, headers={"accept": JWT})
    said = await strict.opened(answer.text)
    assert said["token_introspection"] == {"active": False}
    assert said["aud"] == api[0]
