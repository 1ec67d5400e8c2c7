"""RFC 7523, JWT client authentication (``private_key_jwt`` and ``client_secret_jwt``, OpenID Connect Core §9)."""

import asyncio
import hmac
from collections import Counter
from itertools import count
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from limen.access.clients.records import AuthMethod
from limen.identity.administrators import SYSTEM
from limen.kernel.encoding import b64url, canonical_json
from limen.kernel.secret import Secret
from tests.integration.tokens.kit import Shop, error

pytestmark = pytest.mark.anyio
KEY = ECKey.generate_key("P-256")
_number = count()
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


async def signer(shop: Shop) -> str:
    jwks = {"keys": [KEY.as_dict(private=False)]}
    return (await shop.machine(token_endpoint_auth_method="private_key_jwt", jwks=jwks))[0]


def made(shop: Shop, client_id: str, **changes: Any) -> str:
    now = shop.house.clock.now() // 1_000_000
    claims = {"iss": client_id, "sub": client_id, "aud": "https://id.example", "jti": "one", "exp": now + 60, **changes}
    return jwt.encode({"alg": "ES256"}, {n: v for n, v in claims.items() if v is not ...}, KEY)


async def prove(shop: Shop, text: str, path: str = "/token", **changes: str):
    form = {"grant_type": "client_credentials", "token": "t", "client_assertion_type": TYPE, "client_assertion": text}
    return await shop.post(path, form | changes)


@pytest.mark.parametrize("path", ["/token", "/introspect", "/revoke"])
async def test_rfc7523_s2_2_an_assertion_authenticates_at_every_door_of_clients(shop: Shop, path: str):
    assert (await prove(shop, made(shop, await signer(shop)), path)).status_code == 200


async def test_rfc7523_s2_2_client_id_is_not_needed_and_must_fit_if_it_is_there(shop: Shop):
    client_id = await signer(shop)
    assert (await prove(shop, made(shop, client_id, jti="a"), client_id=client_id)).status_code == 200
    assert error(await prove(shop, made(shop, client_id, jti="b"), client_id="else")) == (401, "invalid_client")


@pytest.mark.parametrize("claim", ["iss", "sub", "aud", "exp"])
async def test_rfc7523_s3_a_required_claim_cannot_be_left_out(shop: Shop, claim: str):
    assert error(await prove(shop, made(shop, await signer(shop), **{claim: ...}))) == (401, "invalid_client")


async def test_rfc7523_s3_4_an_expired_assertion_is_refused(shop: Shop):
    text = made(shop, await signer(shop))
    shop.house.clock.advance(120)
    assert error(await prove(shop, text)) == (401, "invalid_client")


async def test_rfc7523_s3_7_an_assertion_is_accepted_once(shop: Shop):
    text = made(shop, await signer(shop))
    assert [(await prove(shop, text)).status_code for _ in range(2)] == [200, 401]


async def test_rfc7523_s3_an_assertion_for_another_server_is_refused(shop: Shop):
    text = made(shop, await signer(shop), aud="https://id.example/t/acme")
    assert error(await prove(shop, text)) == (401, "invalid_client")


@pytest.mark.parametrize("aud", [["https://id.example"], "https://id.example/token", "https://id.example/par"])
async def test_rfc7523_s3_3_the_issuer_and_our_own_endpoints_are_audiences(shop: Shop, aud):
    assert (await prove(shop, made(shop, await signer(shop), aud=aud))).status_code == 200


async def test_rfc7523_s3_7_of_many_uses_at_once_one_wins(shop: Shop):
    text = made(shop, await signer(shop))
    answers = await asyncio.gather(*(prove(shop, text) for _ in range(20)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 401: 19}


@pytest.mark.parametrize("path", ["/introspect", "/revoke"])
async def test_rfc7523_s3_7_an_assertion_is_accepted_once_over_all_doors(shop: Shop, path: str):
    text = made(shop, await signer(shop))
    assert (await prove(shop, text, path)).status_code == 200
    assert error(await prove(shop, text)) == (401, "invalid_client")


@pytest.mark.parametrize(("seconds", "status"), [(-29, 200), (29, 200), (-31, 401), (31, 401)])
async def test_rfc7523_s3_5_clocks_may_differ_by_half_a_minute_either_way(shop: Shop, seconds: int, status: int):
    now = shop.house.clock.now() // 1_000_000
    times = {"exp": now + seconds} if seconds < 0 else {"iat": now + seconds, "nbf": now + seconds}
    assert (await prove(shop, made(shop, await signer(shop), **times))).status_code == status


async def test_oidc_registration_s2_a_registered_algorithm_is_the_only_one(shop: Shop):
    jwks = {"keys": [KEY.as_dict(private=False)]}
    document = {"token_endpoint_auth_method": "private_key_jwt", "jwks": jwks}
    other = (await shop.machine(**document, token_endpoint_auth_signing_alg="PS256"))[0]
    right = (await shop.machine(**document, token_endpoint_auth_signing_alg="ES256"))[0]
    assert error(await prove(shop, made(shop, other))) == (401, "invalid_client")
    assert (await prove(shop, made(shop, right))).status_code == 200


# -- client_secret_jwt: an HMAC under the secret (OpenID Connect Core §9) ----------------------------------------------


def mac(shop: Shop, auth: tuple[str, str], alg: str = "HS256", **changes: Any) -> str:
    now = shop.house.clock.now() // 1_000_000
    claims = {"iss": auth[0], "sub": auth[0], "aud": "https://id.example", "jti": f"j{next(_number)}", "exp": now + 60}
    head, body = (b64url(canonical_json(part)) for part in ({"alg": alg}, {**claims, **changes}))
    signature = hmac.digest(auth[1].encode(), f"{head}.{body}".encode(), f"sha{alg[2:]}")
    return f"{head}.{body}.{b64url(signature)}"


async def sharer(shop: Shop, **document: Any) -> tuple[str, str]:
    return await shop.machine(**{"token_endpoint_auth_method": "client_secret_jwt", **document})


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
async def test_oidc_core_s9_client_secret_jwt_authenticates(shop: Shop, alg: str):
    assert (await prove(shop, mac(shop, await sharer(shop), alg))).status_code == 200


async def test_oidc_core_s9_a_mac_under_another_secret_is_refused(shop: Shop):
    client_id, secret = await sharer(shop)
    assert error(await prove(shop, mac(shop, (client_id, secret[::-1])))) == (401, "invalid_client")


async def test_oidc_core_s9_the_secret_itself_is_not_accepted_from_such_a_client(shop: Shop):
    auth = await sharer(shop)
    assert error(await shop.post("/token", {"grant_type": "client_credentials"}, auth)) == (401, "invalid_client")


async def test_oidc_core_s9_a_client_that_sends_its_secret_cannot_make_macs_with_it(shop: Shop):
    auth = await shop.machine()
    assert error(await prove(shop, mac(shop, auth))) == (401, "invalid_client")


async def test_rfc8725_s2_1_a_public_key_is_no_secret(shop: Shop):
    pem = KEY.as_pem(private=False).decode()
    jwks = {"keys": [KEY.as_dict(private=False)]}
    client_id = (await shop.machine(token_endpoint_auth_method="private_key_jwt", jwks=jwks))[0]
    assert error(await prove(shop, mac(shop, (client_id, pem)))) == (401, "invalid_client")


async def test_rfc7518_s3_2_a_secret_shorter_than_the_mac_is_not_used_for_it(shop: Shop):
    client_id, _ = await sharer(shop)
    given = "a-secret-of-thirty-six-characters-xy"
    await shop.house.registration(shop.tenant).rotate_secret(client_id, SYSTEM, secret=Secret(given))
    assert (await prove(shop, mac(shop, (client_id, given)))).status_code == 200
    assert error(await prove(shop, mac(shop, (client_id, given), "HS512"))) == (401, "invalid_client")


async def test_client_secret_jwt_keeps_the_secret_sealed_and_nowhere_open(shop: Shop):
    client_id, secret = await sharer(shop)
    found = await shop.house.registration(shop.tenant).read(client_id)
    stored = str(found)
    assert secret not in stored
    assert len(found.document.sealed_secrets) == len(found.document.secret_hashes) == 1
    plain = await shop.house.registration(shop.tenant).read((await shop.machine())[0])
    assert plain.document.sealed_secrets == ()


@pytest.mark.parametrize("method", ["client_secret_jwt", "client_secret_basic"])
async def test_a_secret_before_counts_as_long_as_it_was_said(shop: Shop, method: str):
    client_id, old = await shop.machine(token_endpoint_auth_method=method)
    made_new = await shop.house.registration(shop.tenant).rotate_secret(client_id, SYSTEM, overlap=600)
    new = made_new.secret.reveal()

    async def counts(secret: str) -> bool:
        if method == "client_secret_basic":
            answer = await shop.post("/token", {"grant_type": "client_credentials"}, (client_id, secret))
        else:
            answer = await prove(shop, mac(shop, (client_id, secret)))
        return answer.status_code == 200

    assert [await counts(old), await counts(new)] == [True, True]
    shop.house.clock.advance(600)
    assert [await counts(old), await counts(new)] == [False, True]


async def test_another_method_wants_another_secret(shop: Shop):
    client_id, secret = await shop.machine()
    changed = await shop.house.change_client(client_id, token_endpoint_auth_method=AuthMethod.SECRET_JWT)
    assert (changed.document.secret_hashes, changed.document.sealed_secrets) == ((), ())
    assert error(await prove(shop, mac(shop, (client_id, secret)))) == (401, "invalid_client")
    fresh = (await shop.house.registration(shop.tenant).rotate_secret(client_id, SYSTEM)).secret.reveal()
    assert (await prove(shop, mac(shop, (client_id, fresh)))).status_code == 200
