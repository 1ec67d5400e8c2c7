"""The resource server's helper: RFC 9068 §4, RFC 6750 §3, RFC 9449 §7, RFC 8705 §3, RFC 9470 §3."""

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from limen_resource import Call, Challenge, IssuerKeys, KeysUnavailable, Need, ResourceServer, Token
from limen_resource.proof import digest
from limen_resource.server import UsedProofs

ISSUER, API = "https://id.example/t/acme", "https://api.example"
NOW = 1_800_000_000.0
KEY = ECKey.generate_key("P-256", {"kid": "one", "alg": "ES256", "use": "sig"})
HOLDER = ECKey.generate_key("P-256")
STRONG = "urn:limen:aal:2"


def fetch(url: str) -> Any:
    if url == "https://id.example/.well-known/oauth-authorization-server/t/acme":
        return {"issuer": ISSUER, "jwks_uri": "https://id.example/t/acme/jwks"}
    assert url == "https://id.example/t/acme/jwks"
    return {"keys": [KEY.as_dict(private=False)]}


@pytest.fixture
def server() -> ResourceServer:
    return ResourceServer(API, IssuerKeys(ISSUER, fetch), clock=lambda: NOW)


def access(typ: str = "at+jwt", key: ECKey = KEY, **changes: Any) -> str:
    claims = {
        "iss": ISSUER, "sub": "ann", "aud": API, "client_id": "shop", "iat": int(NOW) - 10, "exp": int(NOW) + 290,
        "jti": "1", "scope": "read write", "auth_time": int(NOW) - 100, "acr": "urn:limen:aal:1",
    }  # fmt: skip
    return jwt.encode({"alg": "ES256", "kid": "one", "typ": typ}, claims | changes, key)


def call(token: str, scheme: str = "Bearer", **headers: str) -> Call:
    return Call("GET", "/orders", {"authorization": f"{scheme} {token}", **headers})


def proof(token: str, **changes: Any) -> str:
    claims = {"jti": "p1", "htm": "GET", "htu": f"{API}/orders", "iat": int(NOW), "ath": digest(token.encode())}
    header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": HOLDER.as_dict(private=False)}
    return jwt.encode(header, claims | changes, HOLDER)


def bound() -> str:
    return access(cnf={"jkt": HOLDER.thumbprint()})


def said(answer: Token | Challenge) -> tuple[int, str]:
    assert isinstance(answer, Challenge), answer
    return answer.status, answer.headers["www-authenticate"]


def test_a_good_token_passes_and_says_who(server: ResourceServer):
    token = server.check(call(access()), Need(scopes=("read",)))
    assert isinstance(token, Token)
    assert (token.subject, token.client_id, token.scopes) == ("ann", "shop", {"read", "write"})


def test_rfc6750_s3_without_a_token_no_error_is_named(server: ResourceServer):
    assert said(server.check(Call("GET", "/orders", {}))) == (401, "Bearer")


@pytest.mark.parametrize(
    "token",
    [
        access(aud="https://other.example"),
        access(iss="https://evil.example"),
        access(exp=int(NOW)),
        access(iat=int(NOW) + 60),
        access(exp="never"),
        access(typ="JWT"),
        access(typ="logout+jwt"),
        access(key=ECKey.generate_key("P-256", {"kid": "one"})),
        access()[:-6] + "AAAAAA",
        "a.b.c",
        "opaque",
        "x" * 20_000,
    ],
)
def test_rfc9068_s4_whatever_is_not_for_us_now_is_refused(server: ResourceServer, token: str):
    assert said(server.check(call(token))) == (401, 'Bearer error="invalid_token"')


def test_rfc6750_s3_1_a_missing_scope_is_named(server: ResourceServer):
    answer = said(server.check(call(access()), Need(scopes=("admin",))))
    assert answer == (403, 'Bearer error="insufficient_scope", scope="admin"')


def test_rfc9728_s5_1_every_challenge_tells_where_the_metadata_is():
    where = f"{ISSUER}/resource-metadata?resource=https%3A%2F%2Fapi.example"
    server = ResourceServer(API, IssuerKeys(ISSUER, fetch), metadata=where, clock=lambda: NOW)
    none = Call("GET", "/orders", {})
    assert said(server.check(none)) == (401, f'Bearer resource_metadata="{where}"')
    assert said(server.check(none, Need(scopes=("read",))))[1] == f'Bearer scope="read", resource_metadata="{where}"'
    assert said(server.check(call("opaque")))[1].endswith(f'"invalid_token", resource_metadata="{where}"')
    assert said(server.check(call(access()), Need(scopes=("admin",))))[1].endswith(f'", resource_metadata="{where}"')
    assert isinstance(server.check(call(access())), Token)


def test_rfc9470_s3_a_weak_sign_in_is_told_what_is_needed(server: ResourceServer):
    status, challenge = said(server.check(call(access()), Need(acr_values=(STRONG,), max_age=60)))
    assert status == 401
    assert challenge == f'Bearer error="insufficient_user_authentication", acr_values="{STRONG}", max_age="60"'


def test_rfc9470_s3_a_stale_sign_in_is_told_the_age(server: ResourceServer):
    assert 'max_age="60"' in said(server.check(call(access()), Need(max_age=60)))[1]
    assert isinstance(server.check(call(access()), Need(max_age=100)), Token)


def test_rfc9470_s3_a_token_without_auth_time_is_never_fresh(server: ResourceServer):
    assert said(server.check(call(access(auth_time=None)), Need(max_age=10**9)))[0] == 401


def test_a_strong_sign_in_passes(server: ResourceServer):
    assert isinstance(server.check(call(access(acr=STRONG)), Need(acr_values=(STRONG,))), Token)


def test_rfc9449_s7_1_a_bound_token_passes_with_its_proof(server: ResourceServer):
    token = bound()
    assert isinstance(server.check(call(token, "DPoP", dpop=proof(token))), Token)


def test_rfc9449_s7_2_a_bound_token_is_no_bearer_token(server: ResourceServer):
    token = bound()
    assert said(server.check(call(token, dpop=proof(token))))[1].startswith('DPoP error="invalid_token"')


def test_rfc9449_s7_1_an_unbound_token_is_no_dpop_token(server: ResourceServer):
    token = access()
    assert "invalid_token" in said(server.check(call(token, "DPoP", dpop=proof(token))))[1]


@pytest.mark.parametrize(
    "changes",
    [
        {"htm": "POST"}, {"htu": f"{API}/other"}, {"htu": "https://evil.example/orders"}, {"ath": "wrong"},
        {"iat": int(NOW) - 61}, {"iat": int(NOW) + 61}, {"iat": "now"},
    ],
)  # fmt: skip
def test_rfc9449_s4_3_a_proof_for_something_else_is_refused(server: ResourceServer, changes: dict[str, Any]):
    token = bound()
    assert "invalid_dpop_proof" in said(server.check(call(token, "DPoP", dpop=proof(token, **changes))))[1]


def test_rfc9449_s11_1_a_proof_passes_once(server: ResourceServer):
    token = bound()
    shown = call(token, "DPoP", dpop=proof(token))
    assert isinstance(server.check(shown), Token)
    assert "invalid_dpop_proof" in said(server.check(shown))[1]


def test_rfc9449_s4_3_a_proof_of_another_key_is_refused(server: ResourceServer):
    token = access(cnf={"jkt": ECKey.generate_key("P-256").thumbprint()})
    assert "invalid_dpop_proof" in said(server.check(call(token, "DPoP", dpop=proof(token))))[1]


@pytest.mark.parametrize("broken", ["", "a.b", "a.b.c", "e30.e30.e30", "bnVsbA.e30.e30", "W10.e30.x", "x" * 9_000])
def test_no_broken_proof_raises(server: ResourceServer, broken: str):
    assert "invalid_dpop_proof" in said(server.check(call(bound(), "DPoP", dpop=broken)))[1]


def test_rfc8705_s3_a_certificate_bound_token_wants_its_certificate(server: ResourceServer):
    token = access(cnf={"x5t#S256": digest(b"certificate")})
    headers = {"authorization": f"Bearer {token}"}
    assert isinstance(server.check(Call("GET", "/orders", headers, b"certificate")), Token)
    for other in (b"another", None):
        assert said(server.check(Call("GET", "/orders", headers, other)))[0] == 401


def test_an_unbound_token_is_refused_where_proof_is_needed(server: ResourceServer):
    assert said(server.check(call(access()), Need(bound=True)))[0] == 401


def test_a_full_memory_of_proofs_refuses_rather_than_forgets():
    now = 0.0
    used = UsedProofs(lambda: now, most=2)
    assert [used.first_use(name, 10) for name in ("a", "b", "c")] == [True, True, False]
    now = 11.0
    assert used.first_use("c", 20)


def test_an_unknown_kid_fetches_again_but_not_on_and_on():
    now, asked = 0.0, []
    keys = IssuerKeys(ISSUER, lambda url: asked.append(url) or fetch(url), lambda: now)
    for _ in range(5):
        keys.get("unknown")
    assert len(asked) == 2  # metadata and keys
    now = 11.0
    keys.get("unknown")
    assert len(asked) == 3


def test_without_keys_the_caller_is_told_and_with_old_ones_it_serves_on():
    now, is_up = 0.0, False

    def sometimes(url: str) -> Any:
        if not is_up:
            raise OSError
        return fetch(url)

    keys = IssuerKeys(ISSUER, sometimes, lambda: now)
    with pytest.raises(KeysUnavailable):
        keys.get("one")
    is_up, now = True, 20.0
    assert keys.get("one")
    is_up, now = False, 1_000.0
    assert keys.get("one")


def test_rfc8414_s3_3_metadata_of_another_issuer_is_refused():
    keys = IssuerKeys(ISSUER, lambda _url: {"issuer": "https://evil.example", "jwks_uri": "https://evil.example/jwks"})
    with pytest.raises(KeysUnavailable):
        keys.refresh()


@pytest.mark.anyio
async def test_tokens_of_limen_pass(shop):
    documents = {
        "/.well-known/oauth-authorization-server": (await shop.http.get("/.well-known/oauth-authorization-server")),
        "/jwks": await shop.http.get("/jwks"),
    }
    issuer = shop.tenant.issuer
    keys = IssuerKeys(issuer, lambda url: documents[url.removeprefix(issuer)].json())
    server = ResourceServer(issuer, keys, clock=lambda: shop.house.clock.now() / 1e6)
    tokens = await shop.tokens()
    token = server.check(call(tokens["access_token"]), Need(scopes=("openid",), max_age=300))
    assert isinstance(token, Token)
    assert said(server.check(call(tokens["id_token"])))[0] == 401
