"""How clients prove themselves at the doors (RFC 6749 §2.3, RFC 7523, RFC 9700 §2.5), and what failing costs."""

import asyncio
from base64 import b64encode
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from limen.access.tokens.failures import FAILURES
from limen.identity.administrators import SYSTEM
from tests.integration.tokens.kit import Shop, error

pytestmark = pytest.mark.anyio
BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ISSUER = "https://id.example"
KEY = ECKey.generate_key("P-256", {"kid": "one"})
OTHER_KEY = ECKey.generate_key("P-256", {"kid": "one"})


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()}


def assertion(shop: Shop, client_id: str, key: ECKey = KEY, **changes: Any) -> str:
    now = shop.house.clock.now() // 1_000_000
    claims = {
        "iss": client_id, "sub": client_id, "aud": ISSUER, "jti": "a-jti", "iat": now, "exp": now + 60, **changes
    }  # fmt: skip
    return jwt.encode({"alg": "ES256", "kid": "one"}, {n: v for n, v in claims.items() if v is not ...}, key)


async def by_assertion(shop: Shop, text: str, **changes: Any):
    form = {"grant_type": "client_credentials", "client_assertion_type": BEARER, "client_assertion": text}
    return await shop.post("/token", form | changes)


async def signer(shop: Shop) -> str:
    """Register a machine that proves itself by its key."""
    jwks = {"keys": [KEY.as_dict(private=False)]}
    return (await shop.machine(token_endpoint_auth_method="private_key_jwt", jwks=jwks))[0]


async def ask(shop: Shop, auth: tuple[str, str], way: str, path: str = "/token", **form: str):
    """Authenticate by *way*, whatever is registered."""
    form = {"grant_type": "client_credentials", "token": "t"} | form
    if way == "basic":
        return await shop.post(path, form, auth)
    sent = {"client_id": auth[0]} | ({"client_secret": auth[1]} if way == "post" else {})
    return await shop.post(path, form | sent)


METHODS = {"basic": "client_secret_basic", "post": "client_secret_post"}


@pytest.mark.parametrize("registered", METHODS)
@pytest.mark.parametrize("used", ["basic", "post", "none"])
async def test_only_the_registered_method_is_accepted(shop: Shop, registered: str, used: str):
    auth = await shop.machine(token_endpoint_auth_method=METHODS[registered])
    answer = await ask(shop, auth, used)
    assert answer.status_code == 200 if registered == used else error(answer) == (401, "invalid_client")


@pytest.mark.parametrize("path", ["/token", "/introspect", "/revoke"])
@pytest.mark.parametrize("way", ["basic", "post"])
async def test_every_way_of_failing_looks_the_same(shop: Shop, path: str, way: str):
    method = METHODS[way]
    good = await shop.machine(token_endpoint_auth_method=method)
    disabled = await shop.machine(token_endpoint_auth_method=method)
    await shop.house.change_client(disabled[0], disabled=True)
    wrong = [(good[0], "wrong"), ("unknown", good[1]), disabled, (good[0], good[1] + "x"), ("", good[1])]
    answers = [await ask(shop, auth, way, path) for auth in wrong]
    assert {(a.status_code, a.text, a.headers["www-authenticate"]) for a in answers} == {
        (401, answers[0].text, 'Basic realm="limen", charset="UTF-8"')
    }


async def test_two_methods_in_one_request_are_refused_even_if_both_are_right(shop: Shop):
    auth = await shop.machine()
    form = {"grant_type": "client_credentials", "client_id": auth[0], "client_secret": auth[1]}
    assert error(await shop.post("/token", form, auth)) == (400, "invalid_request")


async def test_a_client_id_beside_basic_must_be_the_same(shop: Shop):
    auth = await shop.machine()
    assert (await ask(shop, auth, "basic", client_id=auth[0])).status_code == 200
    assert error(await ask(shop, auth, "basic", client_id="other")) == (400, "invalid_request")


@pytest.mark.parametrize(
    "value",
    ["Basic", "Basic !!!", "Basic " + b64encode(b"no-colon").decode(), "Bearer x", "Digest x", "Basic /w==", " "],
)
async def test_a_header_that_is_no_basic_is_invalid_client(shop: Shop, value: str):
    answer = await shop.post("/token", {"grant_type": "client_credentials"}, headers={"authorization": value})
    assert error(answer) == (401, "invalid_client")


async def test_a_repeated_authorization_header_is_refused(shop: Shop):
    auth = await shop.machine()
    headers = [("authorization", basic(*auth)["authorization"])] * 2
    answer = await shop.http.post("/token", data={"grant_type": "client_credentials"}, headers=headers)
    assert error(answer) == (400, "invalid_request")


async def test_both_secrets_count_during_a_rotation_and_the_older_ones_do_not(shop: Shop):
    auth = await shop.machine()
    registration = shop.house.registration()
    made = [await registration.rotate_secret(auth[0], SYSTEM) for _ in range(2)]
    secrets = [auth[1], *(one.secret.reveal() for one in made)]
    statuses = [(await ask(shop, (auth[0], secret), "basic")).status_code for secret in secrets]
    assert statuses == [401, 200, 200]
    last = (await registration.rotate_secret(auth[0], SYSTEM, overlap=False)).secret.reveal()
    statuses = [(await ask(shop, (auth[0], secret), "basic")).status_code for secret in [*secrets, last]]
    assert statuses == [401, 401, 401, 200]


# ------------------------------------------------------------------------------------------ private_key_jwt


@pytest.mark.parametrize("audience", [ISSUER, ISSUER + "/token", [ISSUER]])
async def test_an_assertion_addressed_to_us_proves_the_client(shop: Shop, audience: Any):
    client_id = await signer(shop)
    assert (await by_assertion(shop, assertion(shop, client_id, aud=audience))).status_code == 200


async def test_an_assertion_works_once_even_of_many_at_once(shop: Shop):
    text = assertion(shop, await signer(shop))
    answers = await asyncio.gather(*(by_assertion(shop, text) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://other.example"},
        {"aud": [ISSUER, "https://other.example"]},
        {"aud": ...},
        {"iss": ...},
        {"sub": "another"},
        {"jti": ...},
        {"exp": ...},
        {"exp": 1},
        {"exp": 4_000_000_000},
        {"nbf": 4_000_000_000},
    ],
    ids=range(10),
)
async def test_an_assertion_with_a_wrong_claim_is_refused(shop: Shop, changes: dict[str, Any]):
    client_id = await signer(shop)
    assert error(await by_assertion(shop, assertion(shop, client_id, **changes))) == (401, "invalid_client")


async def test_an_assertion_by_another_key_or_of_another_client_is_refused(shop: Shop):
    client_id = await signer(shop)
    assert error(await by_assertion(shop, assertion(shop, client_id, OTHER_KEY))) == (401, "invalid_client")
    assert error(await by_assertion(shop, assertion(shop, client_id), client_id="another")) == (401, "invalid_client")


async def test_a_client_secret_is_no_key_for_an_assertion(shop: Shop):
    """Nor is ``none``, nor the public key as an HMAC secret (RFC 8725 §2.1)."""
    from joserfc.jwk import OctKey  # noqa: PLC0415

    auth = await shop.machine()
    client_id = await signer(shop)
    now = shop.house.clock.now() // 1_000_000
    for who in (auth[0], client_id):
        claims = {"iss": who, "sub": who, "aud": ISSUER, "jti": "j", "exp": now + 60}
        hmac = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(auth[1]))
        bare = "eyJhbGciOiJub25lIn0." + hmac.split(".")[1] + "."
        for text in (hmac, bare):
            assert error(await by_assertion(shop, text)) == (401, "invalid_client")


async def test_an_unknown_assertion_type_is_a_malformed_request(shop: Shop):
    text = assertion(shop, await signer(shop))
    saml = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"
    assert error(await by_assertion(shop, text, client_assertion_type=saml)) == (400, "invalid_request")
    assert error(await by_assertion(shop, text, client_assertion_type=None)) == (400, "invalid_request")


# ------------------------------------------------------------------------------------------ what failing costs


async def test_failures_are_throttled_and_not_recorded_beyond_the_limit(shop: Shop):
    answers = [await ask(shop, (shop.client_id, "wrong"), "basic") for _ in range(FAILURES.count + 5)]
    assert [answer.status_code for answer in answers] == [401] * FAILURES.count + [429] * 5
    waits = [int(answer.headers["retry-after"]) for answer in answers[-5:]]
    assert all(0 < wait <= 2 * FAILURES.seconds for wait in waits)
    assert answers[-1].json()["error"] == "slow_down"
    assert len(await shop.told("client.authentication_failed")) == FAILURES.count


async def test_after_the_wait_that_was_named_it_may_be_tried_again(shop: Shop):
    for _ in range(FAILURES.count):
        await ask(shop, (shop.client_id, "wrong"), "basic")
    refused = await ask(shop, (shop.client_id, "wrong"), "basic")
    shop.house.clock.advance(int(refused.headers["retry-after"]))
    assert (await ask(shop, (shop.client_id, "wrong"), "basic")).status_code == 401


async def test_a_client_that_is_right_is_served_beside_one_that_is_not(shop: Shop):
    auth = await shop.machine()
    for _ in range(FAILURES.count + 1):
        await ask(shop, (auth[0], "wrong"), "basic")
    assert (await ask(shop, auth, "basic")).status_code == 200


async def test_failures_are_counted_by_address_over_all_doors_and_one_address_costs_no_other(shop: Shop):
    for number in range(FAILURES.count):
        await ask(shop, (f"unknown-{number}", "wrong"), "basic", ("/token", "/introspect", "/revoke")[number % 3])
    assert (await ask(shop, ("x", "wrong"), "basic", "/revoke")).status_code == 429
    async with shop.house.client("198.51.100.9") as elsewhere:
        answer = await elsewhere.post("/token", data={"grant_type": "client_credentials"}, auth=("x", "wrong"))
    assert answer.status_code == 401


async def test_a_failure_leaves_a_record_with_nothing_personal_or_secret_in_it(shop: Shop):
    answer = await ask(shop, (shop.client_id, "a-wrong-secret"), "basic")
    (record,) = await shop.told("client.authentication_failed")
    assert record["outcome"] == "refused"
    assert record["request_id"] == answer.headers["x-request-id"]
    assert record["data"] == {"door": "token", "why": "wrong secret"}
    assert "a-wrong-secret" not in str(record)
    assert "192.0.2.7" not in str(record)
