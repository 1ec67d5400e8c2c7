"""FAPI 2.0 Security Profile (final), §5.3.2.1 and §5.4.1, where clients prove themselves and get tokens; and MCP."""

from typing import Any

import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import select, update

from limen.access.clients.records import TokenExchange
from limen.kernel.clock import SECOND
from limen.storage.schema.clients import clients
from limen.storage.schema.tokens import codes
from tests.conformance.test_rfc7523_jwt_bearer import Trusted
from tests.integration.tokens.kit import EMAIL, Shop, claims, error
from tests.integration.tokens.proofs import Prover
from tests.support.house import CALLBACK

pytestmark = pytest.mark.anyio
EC, RSA = ECKey.generate_key("P-256", {"kid": "e"}), RSAKey.generate_key(2048, {"kid": "r"})
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
OWN = {"grant_type": "client_credentials"}


async def bank(shop: Shop, **document: Any) -> str:
    given = {
        "profile": "fapi2_security",
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [EC.as_dict(private=False), RSA.as_dict(private=False)]},
        "dpop_bound_access_tokens": True,
    }
    return (await shop.machine(**{**given, **document}))[0]


def proven(shop: Shop, client_id: str, key: Any = EC, alg: str = "ES256", **changes: Any) -> dict[str, str]:
    now = shop.house.clock.now() // SECOND
    said = {"iss": client_id, "sub": client_id, "aud": "https://id.example", "jti": f"j{now}", "exp": now + 60}
    shop.house.clock.advance(1)
    text = jwt.encode({"alg": alg, "kid": key.kid}, {**said, **changes}, key, algorithms=[alg])
    return {"client_assertion_type": TYPE, "client_assertion": text}


async def ask(shop: Shop, client_id: str, form: dict[str, str], **options: Any):
    maker = Prover(shop.house.clock, **options)
    return await shop.post("/token", OWN | form, headers=maker.header())


async def test_fapi2_s5_3_2_1_a_client_that_meets_the_profile_is_served(shop: Shop):
    client_id = await bank(shop)
    answer = await ask(shop, client_id, proven(shop, client_id))
    assert answer.status_code == 200, answer.text
    assert answer.json()["token_type"] == "DPoP"


@pytest.mark.parametrize("aud", ["https://id.example/token", ["https://id.example"], ["https://id.example", "x"]])
async def test_fapi2_s5_3_2_1_the_audience_is_the_issuer_as_a_string(shop: Shop, aud: Any):
    client_id = await bank(shop)
    assert error(await ask(shop, client_id, proven(shop, client_id, aud=aud))) == (401, "invalid_client")


@pytest.mark.parametrize(("alg", "status"), [("PS256", 200), ("RS256", 401), ("PS384", 401)])
async def test_fapi2_s5_4_1_assertions_are_signed_by_ps256_es256_or_eddsa(shop: Shop, alg: str, status: int):
    client_id = await bank(shop)
    assert (await ask(shop, client_id, proven(shop, client_id, RSA, alg))).status_code == status


async def test_fapi2_s5_4_1_proofs_too_and_the_clause_is_named(shop: Shop):
    client_id = await bank(shop)
    answer = await ask(shop, client_id, proven(shop, client_id), key=RSA, alg="RS256")
    assert error(answer) == (400, "invalid_request")
    assert "FAPI 2.0 Security Profile section 5.4.1" in answer.json()["error_description"]


async def test_fapi2_s5_3_2_1_without_a_key_there_are_no_tokens(shop: Shop):
    client_id = await bank(shop)
    assert error(await shop.post("/token", OWN | proven(shop, client_id))) == (400, "invalid_dpop_proof")


async def test_fapi2_s5_3_2_1_what_was_registered_before_is_held_to_it_and_told_the_clause(shop: Shop):
    """As if registered under an older rule: no interface lets such a client pass."""
    auth = await shop.machine()
    async with shop.house.storage.database.begin(shop.tenant.id) as unit:
        row = (await unit.connection.execute(select(clients.c.document).where(clients.c.client_id == auth[0]))).one()
        changed = {**msgspec.json.decode(row.document), "profile": "fapi2_security"}
        statement = update(clients).where(clients.c.tenant_id == shop.tenant.id, clients.c.client_id == auth[0])
        await unit.connection.execute(statement.values(document=msgspec.json.encode(changed).decode()))
        unit.change("client", auth[0])
    answer = await shop.post("/token", OWN, auth, headers=Prover(shop.house.clock).header())
    assert error(answer) == (400, "invalid_request")
    assert "section 5.3.2.1" in answer.json()["error_description"]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"token_endpoint_auth_method": "client_secret_basic"}, "token_endpoint_auth_method"),
        ({"token_endpoint_auth_method": "client_secret_jwt"}, "token_endpoint_auth_method"),
        ({"dpop_bound_access_tokens": False}, "dpop_bound_access_tokens"),
        ({"token_endpoint_auth_signing_alg": "RS256"}, "token_endpoint_auth_signing_alg"),
    ],
)
async def test_fapi2_s5_3_2_1_a_client_that_can_never_meet_it_is_not_registered(
    shop: Shop, changes: dict[str, Any], place: str
):
    with pytest.raises(AssertionError, match=f"{place}.*profile"):
        await bank(shop, **changes)


async def _signed_in(shop: Shop, client_id: str, maker: Prover):
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    form = {
        "response_type": "code", "redirect_uri": CALLBACK, "scope": "openid offline_access", "client_id": client_id,
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256",
    }  # fmt: skip
    pushed = await shop.post("/par", form | proven(shop, client_id))
    assert pushed.status_code == 201, pushed.text
    page = await shop.walker.get(f"/authorize?client_id={client_id}&request_uri={pushed.json()['request_uri']}")
    return {
        "grant_type": "authorization_code", "code": page.answer["code"], "redirect_uri": CALLBACK,
        "code_verifier": verifier,
    }  # fmt: skip


async def test_fapi2_s5_3_2_1_refresh_tokens_are_not_rotated(shop: Shop):
    document = {"grant_types": ("authorization_code", "refresh_token"), "redirect_uris": (CALLBACK,)}
    client_id = await bank(shop, **document, scopes=("openid", "offline_access"))
    maker = Prover(shop.house.clock)
    form = await _signed_in(shop, client_id, maker)
    first = await shop.post("/token", form | proven(shop, client_id), headers=maker.header())
    token = first.json()["refresh_token"]
    again = {"grant_type": "refresh_token", "refresh_token": token} | proven(shop, client_id)
    second = await shop.post("/token", again, headers=maker.header())
    assert second.json()["refresh_token"] == token
    assert claims(second.json()["access_token"])["cnf"] == {"jkt": maker.jkt}


async def test_fapi2_s5_3_2_2_codes_live_a_minute_whatever_the_tenant_says(shop: Shop):
    document = {"grant_types": ("authorization_code",), "redirect_uris": (CALLBACK,)}
    client_id = await bank(shop, **document, scopes=("openid", "offline_access"))
    await _signed_in(shop, client_id, Prover(shop.house.clock))
    async with shop.house.storage.database.read(shop.tenant.id) as unit:
        (row,) = (await unit.connection.execute(select(codes.c.created_at, codes.c.expires_at))).all()
    assert row.expires_at - row.created_at <= 60 * SECOND


async def test_mcp_a_machine_says_for_which_server_its_token_is(shop: Shop):
    auth = await shop.machine(profile="mcp", audiences=("https://mcp.example",))
    answer = await shop.post("/token", OWN, auth)
    assert error(answer) == (400, "invalid_request")
    assert "MCP authorization" in answer.json()["error_description"]
    named = await shop.post("/token", OWN | {"resource": "https://mcp.example"}, auth)
    assert named.status_code == 200, named.text
    assert claims(named.json()["access_token"])["aud"] == "https://mcp.example"


AGENT = {"profile": "mcp", "audiences": ("https://mcp.example",), "redirect_uris": ()}
NAMED = {"resource": "https://mcp.example"}


def lacks_resource(answer) -> bool:
    assert error(answer) == (400, "invalid_request")
    return "MCP authorization" in answer.json()["error_description"]


async def test_mcp_an_exchange_says_for_which_server_its_token_is(shop: Shop):
    kind = "urn:ietf:params:oauth:grant-type:token-exchange"
    policy = TokenExchange(subject_clients=(shop.client_id,))
    auth = await shop.another(**AGENT, grant_types=(kind,), token_exchange=policy)
    form = {"grant_type": kind, "subject_token_type": "urn:ietf:params:oauth:token-type:access_token"}
    form |= {"subject_token": (await shop.tokens())["access_token"]}
    assert lacks_resource(await shop.post("/token", form, auth))
    assert lacks_resource(await shop.post("/token", form | {"audience": "https://mcp.example"}, auth))
    assert (await shop.post("/token", form | NAMED, auth)).status_code == 200


async def test_mcp_an_assertion_is_redeemed_for_a_server_that_is_named(shop: Shop):
    kind = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    trusted = Trusted(shop, await shop.another(**AGENT, grant_types=(kind,)))
    await trusted.trust()
    assert lacks_resource(await trusted.show(trusted.assertion()))
    assert (await trusted.show(trusted.assertion(), **NAMED)).status_code == 200


async def test_mcp_a_device_says_for_which_server_it_asks(shop: Shop):
    kind = "urn:ietf:params:oauth:grant-type:device_code"
    auth = await shop.another(**AGENT, grant_types=(kind,))
    assert lacks_resource(await shop.post("/device_authorization", {"scope": "openid"}, auth))
    begun = (await shop.post("/device_authorization", {"scope": "openid", **NAMED}, auth)).json()
    page = await shop.walker.post(await shop.walker.get("/device"), user_code=begun["user_code"])
    await shop.walker.post(page, decision="continue")
    tokens = await shop.post("/token", {"grant_type": kind, "device_code": begun["device_code"]}, auth)
    assert claims(tokens.json()["access_token"])["aud"] == "https://mcp.example"


async def test_mcp_a_backchannel_request_says_for_which_server_it_asks(shop: Shop):
    kind = "urn:openid:params:grant-type:ciba"
    auth = await shop.another(**AGENT, grant_types=(kind,), backchannel_token_delivery_mode="poll")
    form = {"scope": "openid", "login_hint": EMAIL}
    assert lacks_resource(await shop.post("/bc-authorize", form, auth))
    assert (await shop.post("/bc-authorize", form | NAMED, auth)).status_code == 200
