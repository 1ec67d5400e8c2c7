"""Advisories on forged tokens: the algorithm confused, a key brought along, checks left out, parts cut off."""

import hmac
import json
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from limen.identity.tenants.records import TenantSettings
from limen.kernel.encoding import b64url, canonical_json
from tests.integration.tokens.kit import Shop, claims, error, header
from tests.integration.tokens.proofs import Prover, signed
from tests.integration.tokens.strict import ASSERTION_TYPE, KEY, Strict

pytestmark = pytest.mark.anyio
RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})


def macs(head: dict[str, Any], content: dict[str, Any], jwk: dict[str, Any], key: Any) -> list[str]:
    """Tokens whose MAC is made with a public key, in every form that a library might have taken for a secret."""
    message = f"{b64url(canonical_json({**head, 'alg': 'HS256'}))}.{b64url(canonical_json(content))}"
    pem = key.as_pem(private=False)
    secrets = [pem, pem.strip(), key.as_der(private=False), canonical_json(jwk), json.dumps(jwk).encode()]
    return [f"{message}.{b64url(hmac.digest(secret, message.encode(), 'sha256'))}" for secret in secrets]


async def prove(shop: Shop, text: str):
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": text}
    return await shop.post("/token", {"grant_type": "client_credentials", **form})


async def machine(shop: Shop, key: Any = KEY, **document: Any) -> str:
    given = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key.as_dict(private=False)]}}
    return (await shop.machine(**given | document))[0]


def said(shop: Shop, client_id: str, **changes: Any) -> dict[str, Any]:
    now = shop.house.clock.now() // 1_000_000
    return {"iss": client_id, "sub": client_id, "aud": shop.tenant.issuer, "jti": "j", "exp": now + 60, **changes}


@pytest.mark.parametrize("key", [KEY, RSA], ids=["EC", "RSA"])
async def test_authlib_cve_2024_37568_a_public_key_is_no_mac_secret(shop: Shop, key: Any):
    """GHSA-5357-c2jx-v7qh: HS256 with the public key as its secret was verified."""
    client_id = await machine(shop, key)
    for text in macs({"kid": key.kid}, said(shop, client_id), key.as_dict(private=False), key):
        assert error(await prove(shop, text)) == (401, "invalid_client")


async def test_authlib_cve_2024_37568_nor_is_ours_that_of_an_access_token(shop: Shop):
    token = (await shop.tokens())["access_token"]
    (ours,) = [one for one in (await shop.http.get("/jwks")).json()["keys"] if one["kid"] == header(token)["kid"]]
    for forged in macs(header(token), claims(token), ours, ECKey.import_key(ours)):
        assert not await shop.is_active(forged)
        assert (await shop.userinfo(forged)).status_code == 401


@pytest.mark.parametrize("alg", ["none", "None", "nOnE", "", "HS256"])
async def test_no_token_without_a_signature_is_taken(shop: Shop, alg: str):
    token = (await shop.tokens())["access_token"]
    head = b64url(canonical_json({**header(token), "alg": alg}))
    for signature in ("", token.rpartition(".")[2]):
        forged = f"{head}.{token.split('.')[1]}.{signature}"
        assert (await shop.userinfo(forged)).status_code == 401
        assert not await shop.is_active(forged)


async def test_authlib_cve_2026_27962_a_key_in_the_header_counts_for_nothing(shop: Shop):
    """GHSA-wvwj-cvrp-7pv5: a token brought the key along by which it was verified."""
    mine = ECKey.generate_key("P-256", {"kid": "mine"})
    jwk = mine.as_dict(private=False)
    client_id = await machine(shop)
    for head in (
        {"jwk": jwk},
        {"jwk": jwk, "kid": KEY.kid},
        {"jku": "https://evil.example/jwks"},
        {"x5u": "https://e"},
    ):
        text = signed({"alg": "ES256", **head}, said(shop, client_id), mine)
        assert error(await prove(shop, text)) == (401, "invalid_client")
    token = (await shop.tokens())["access_token"]
    forged = signed({**header(token), "jwk": jwk}, claims(token), mine)
    assert (await shop.userinfo(forged)).status_code == 401
    assert shop.house.web.asked == []


async def test_an_extension_that_must_be_understood_is_refused(shop: Shop):
    client_id = await machine(shop)
    for head in ({"crit": ["exp"]}, {"crit": ["b64"], "b64": False}, {"crit": ["x"], "x": 1}, {"crit": []}):
        text = signed({"alg": "ES256", "kid": KEY.kid, **head}, said(shop, client_id), KEY)
        assert error(await prove(shop, text)) == (401, "invalid_client")


async def test_authlib_cve_2025_61920_large_headers_cost_nothing(shop: Shop):
    """GHSA-pq5p-34cr-23v9: headers of any size were decoded before the signature was looked at."""
    client_id = await machine(shop)
    text = signed({"alg": "ES256", "kid": KEY.kid, "x": "y" * 200_000}, said(shop, client_id), KEY)
    assert (await prove(shop, text)).status_code in {400, 401, 413}
    proof = Prover(shop.house.clock).proof(head={"x": "y" * 20_000})
    answer = await shop.post(
        "/token", {"grant_type": "client_credentials"}, await shop.machine(), headers={"dpop": proof}
    )
    assert answer.status_code in {400, 431}


@pytest.mark.parametrize("claim", ["exp", "iss", "aud"])
async def test_zitadel_ghsa_wxg7_w2v3_w38g_a_claim_that_is_missing_is_not_taken_for_granted(shop: Shop, claim: str):
    """Without ``exp`` an assertion was good for ever."""
    client_id = await machine(shop)
    content = {name: value for name, value in said(shop, client_id).items() if name != claim}
    assert error(await prove(shop, signed({"alg": "ES256", "kid": KEY.kid}, content, KEY))) == (401, "invalid_client")


async def test_zitadel_cve_2026_27840_an_opaque_token_is_taken_whole_or_not_at_all(shop: Shop):
    """GHSA-6mq3-xmgp-pjm5: tokens that were cut to 80 characters were still good."""
    await shop.resource_server("https://opaque.example", token_format="opaque")
    auth = await shop.another(audiences=("https://opaque.example",))
    token = (await shop.tokens(auth))["access_token"]
    assert token.startswith("at_")
    assert await shop.is_active(token, auth)
    for cut in (token[:80], token[:-1], token + "A", token[:-4] + "AAAA", token.swapcase(), token[3:]):
        assert not await shop.is_active(cut, auth), cut
        assert (await shop.userinfo(cut)).status_code == 401


async def test_a_logout_token_is_no_id_token_and_no_access_token(shop: Shop):
    """OpenID Connect Back-Channel Logout §4 warns of the mix-up: the claims are nearly those of an ID token."""
    from tests.conformance.test_backchannel_logout import (  # noqa: PLC0415 - how one is listened for
        HEARS,
        heard,
        sign_out,
        token_in,
    )

    auth = await shop.another(backchannel_logout_uri=HEARS)
    await sign_out(shop, await shop.tokens(auth))
    token = token_in((await heard(shop))[0][1])
    assert header(token)["typ"] == "logout+jwt"
    assert "nonce" not in claims(token)
    assert (await shop.userinfo(token)).status_code == 401
    assert not await shop.is_active(token, auth)
    page = await shop.arrive(auth[0], id_token_hint=token)
    assert page.answer.get("error") == "invalid_request"


async def test_a_token_of_one_kind_passes_for_no_other(shop: Shop):
    """Token substitution: the kinds differ by ``typ``, and each door takes one."""
    tokens = await shop.tokens()
    assert (await shop.userinfo(tokens["id_token"])).status_code == 401
    assert (await shop.arrive(id_token_hint=tokens["access_token"])).answer["error"] == "invalid_request"
    exchange = "urn:ietf:params:oauth:grant-type:token-exchange"
    back = await shop.another(grant_types=(exchange, "client_credentials"), redirect_uris=())
    form = {"grant_type": exchange, "subject_token": tokens["id_token"]}
    form |= {"subject_token_type": "urn:ietf:params:oauth:token-type:access_token"}
    assert (await shop.post("/token", form, back)).status_code == 400


async def test_a_request_object_is_no_client_assertion_and_the_other_way_round(shop: Shop):
    """RFC 9101 §10.8: cross-JWT confusion between JAR and ``private_key_jwt``."""
    strict = await Strict.register(shop, dpop_bound_access_tokens=True)
    request = strict.request_object(sub=strict.client_id, jti="x")
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": request}
    own = shop.walker.request(strict.client_id) | form
    assert error(await shop.post("/par", own)) == (401, "invalid_client")
    said_of_it = claims(strict.assertion()) | {"client_id": strict.client_id, **shop.walker.request(strict.client_id)}
    assertion = signed({"alg": "ES256", "kid": KEY.kid}, said_of_it, KEY)
    answer = await strict.push({"client_id": strict.client_id, "request": assertion})
    assert error(answer) == (400, "invalid_request_object")


async def test_a_signed_answer_is_no_id_token(shop: Shop):
    """JARM answers are signed by the keys of ID tokens, for the same client."""
    page = await shop.arrive(response_mode="jwt")
    response = page.answer["response"]
    assert header(response)["typ"] == "oauth-authz-resp+jwt"
    assert "sub" not in claims(response)
    assert (await shop.arrive(id_token_hint=response)).answer["error"] == "invalid_request"
    assert (await shop.userinfo(response)).status_code == 401


async def test_keys_of_one_tenant_sign_nothing_of_another(shop: Shop):
    token = (await shop.tokens())["access_token"]
    acme = await shop.house.add_tenant("acme", TenantSettings())
    async with shop.house.client() as http:
        answer = await http.get(f"{acme.prefix}/userinfo", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 401
