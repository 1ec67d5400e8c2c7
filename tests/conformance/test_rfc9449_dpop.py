"""RFC 9449, OAuth 2.0 Demonstrating Proof of Possession (DPoP), clause by clause."""

import asyncio
from base64 import b64encode
from collections import Counter

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from limen.identity.tenants.records import TenantSettings
from tests.integration.tokens.kit import Shop, claims, error, open_shop
from tests.integration.tokens.proofs import Prover
from tests.support.house import CALLBACK
from tests.support.walker import VERIFIER

pytestmark = pytest.mark.anyio
BAD = (400, "invalid_dpop_proof")
OWN = {"grant_type": "client_credentials"}


@pytest.fixture
def prover(shop: Shop) -> Prover:
    return Prover(shop.house.clock)


async def own(shop: Shop, auth, headers):
    return await shop.post("/token", OWN, auth, headers=headers)


async def machine(shop: Shop, **document):
    return await shop.machine("orders", **document)


async def public(shop: Shop, **document) -> str:
    return (await shop.another(token_endpoint_auth_method="none", **document))[0]


async def bound(shop: Shop, prover: Prover, client_id: str, **params):
    """Take the whole way as a public client that shows its key."""
    code = await shop.code(client_id, **params)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    return await shop.post("/token", form | {"client_id": client_id}, headers=prover.header())


async def refresh(shop: Shop, token: str, client_id: str, headers=None):
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": client_id}
    return await shop.post("/token", form, headers=headers)


# -- §4: proofs -------------------------------------------------------------------------------------------------------


KEYS = {
    "ES256": ECKey.generate_key("P-256"),
    "ES384": ECKey.generate_key("P-384"),
    "EdDSA": OKPKey.generate_key("Ed25519"),
    "PS256": RSAKey.generate_key(2048),
    "RS256": RSAKey.generate_key(2048),
}


@pytest.mark.parametrize("alg", list(KEYS))
async def test_rfc9449_s4_2_each_announced_algorithm_is_taken(shop: Shop, alg: str):
    maker = Prover(shop.house.clock, key=KEYS[alg], alg=alg)
    answer = await own(shop, await machine(shop), maker.header())
    assert answer.status_code == 200, answer.text
    assert claims(answer.json()["access_token"])["cnf"] == {"jkt": maker.jkt}


async def test_rfc9449_s4_3_1_more_than_one_header_is_refused(shop: Shop, prover: Prover):
    basic = b64encode(":".join(await machine(shop)).encode()).decode()
    headers = [("authorization", f"Basic {basic}"), ("dpop", prover.proof()), ("dpop", prover.proof())]
    assert error(await shop.http.post("/token", data=OWN, headers=headers)) == BAD


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "..", "e30.e30.", "é", "a" * 9_000])
async def test_rfc9449_s4_3_2_what_is_no_jwt_is_refused(shop: Shop, text: str):
    assert error(await own(shop, await machine(shop), {"dpop": text.encode()})) == BAD


@pytest.mark.parametrize("claim", ["jti", "htm", "htu", "iat"])
async def test_rfc9449_s4_3_3_no_required_claim_may_be_missing(shop: Shop, prover: Prover, claim: str):
    assert error(await own(shop, await machine(shop), prover.header(**{claim: ...}))) == BAD


@pytest.mark.parametrize("typ", [..., "JWT", "jwt", "at+jwt", 7])
async def test_rfc9449_s4_3_4_typ_is_dpop_jwt(shop: Shop, prover: Prover, typ):
    assert error(await own(shop, await machine(shop), {"dpop": prover.proof(head={"typ": typ})})) == BAD


@pytest.mark.parametrize("alg", ["none", "HS256", "ES512", "RS1", 5, None, ...])
async def test_rfc9449_s4_3_5_alg_is_an_asymmetric_one_that_we_announce(shop: Shop, prover: Prover, alg):
    assert error(await own(shop, await machine(shop), {"dpop": prover.proof(head={"alg": alg})})) == BAD


async def test_rfc9449_s4_3_5_a_symmetric_key_is_refused(shop: Shop):
    key = OctKey.generate_key(256)
    maker = Prover(shop.house.clock, key=key, alg="HS256")
    text = maker.proof(head={"jwk": key.as_dict(private=True)})
    assert error(await own(shop, await machine(shop), {"dpop": text})) == BAD


async def test_rfc9449_s4_3_6_a_proof_signed_by_another_key_is_refused(shop: Shop, prover: Prover):
    other = ECKey.generate_key("P-256").as_dict(private=False)
    assert error(await own(shop, await machine(shop), {"dpop": prover.proof(head={"jwk": other})})) == BAD


async def test_rfc9449_s4_3_7_a_private_key_in_the_header_is_refused(shop: Shop, prover: Prover):
    text = prover.proof(head={"jwk": prover.key.as_dict(private=True)})
    assert error(await own(shop, await machine(shop), {"dpop": text})) == BAD


@pytest.mark.parametrize("method", ["GET", "post", ""])
async def test_rfc9449_s4_3_8_htm_is_the_method(shop: Shop, prover: Prover, method: str):
    assert error(await own(shop, await machine(shop), prover.header(htm=method))) == BAD


@pytest.mark.parametrize(
    "htu",
    [
        "https://id.example/userinfo",
        "https://id.example/t/acme/token",
        "http://id.example/token",
        "https://evil.example/token",
        "https://id.example:8443/token",
        "https://id.example@evil.example/token",
        "/token",
        "",
        7,
    ],
)
async def test_rfc9449_s4_3_9_htu_is_the_address(shop: Shop, prover: Prover, htu):
    assert error(await own(shop, await machine(shop), prover.header(htu=htu))) == BAD


@pytest.mark.parametrize(
    "htu", ["https://id.example/token?a=b", "https://id.example/token#x", "HTTPS://ID.Example:443/token"]
)
async def test_rfc9449_s4_3_9_query_fragment_and_spelling_do_not_count(shop: Shop, prover: Prover, htu: str):
    assert (await own(shop, await machine(shop), prover.header(htu=htu))).status_code == 200


async def test_rfc9449_s4_3_9_host_is_what_is_stored_and_not_what_a_request_says(shop: Shop, prover: Prover):
    headers = {"host": "evil.example", **prover.header(htu="https://evil.example/token")}
    assert error(await own(shop, await machine(shop), headers)) == BAD
    assert (await own(shop, await machine(shop), {"host": "evil.example", **prover.header()})).status_code == 200


@pytest.mark.parametrize(("seconds", "status"), [(-91, 400), (-89, 200), (0, 200), (29, 200), (31, 400)])
async def test_rfc9449_s4_3_11_iat_is_near_now_with_room_for_skewed_clocks(shop: Shop, prover: Prover, seconds, status):
    iat = shop.house.clock.now() // 1_000_000 + seconds
    assert (await own(shop, await machine(shop), prover.header(iat=iat))).status_code == status


@pytest.mark.parametrize("iat", ["1", None, True, -1, 1e300, []])
async def test_rfc9449_s4_3_11_iat_is_a_time(shop: Shop, prover: Prover, iat):
    assert error(await own(shop, await machine(shop), prover.header(iat=iat))) == BAD


# -- §5: token requests ----------------------------------------------------------------------------------------------


async def test_rfc9449_s5_a_bound_token_says_so(shop: Shop, prover: Prover):
    answer = (await own(shop, await machine(shop), prover.header())).json()
    assert answer["token_type"] == "DPoP"
    assert claims(answer["access_token"])["cnf"] == {"jkt": prover.jkt}


async def test_rfc9449_s5_without_a_proof_a_token_stays_a_bearer_token(shop: Shop):
    answer = (await own(shop, await machine(shop), {})).json()
    assert answer["token_type"] == "Bearer"
    assert "cnf" not in claims(answer["access_token"])


async def test_rfc9449_s5_codes_and_refresh_tokens_give_bound_tokens_too(shop: Shop, prover: Prover):
    client_id = await public(shop)
    first = (await bound(shop, prover, client_id)).json()
    second = (await refresh(shop, first["refresh_token"], client_id, prover.header())).json()
    for answer in (first, second):
        assert answer["token_type"] == "DPoP"
        assert claims(answer["access_token"])["cnf"] == {"jkt": prover.jkt}


async def test_rfc9449_s5_a_public_clients_refresh_token_wants_its_key_and_a_thief_ends_nothing(
    shop: Shop, prover: Prover
):
    client_id, thief = await public(shop), Prover(shop.house.clock)
    token = (await bound(shop, prover, client_id)).json()["refresh_token"]
    assert error(await refresh(shop, token, client_id)) == (400, "invalid_grant")
    assert error(await refresh(shop, token, client_id, thief.header())) == (400, "invalid_grant")
    assert (await refresh(shop, token, client_id, prover.header())).status_code == 200


async def test_rfc9449_s5_a_confidential_clients_refresh_token_is_bound_by_its_authentication(
    shop: Shop, prover: Prover
):
    auth = await shop.another()
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    code = await shop.code(auth[0])
    first = await shop.post("/token", form | {"code": code}, auth, headers=prover.header())
    other, token = Prover(shop.house.clock), first.json()["refresh_token"]
    again = {"grant_type": "refresh_token", "refresh_token": token}
    second = await shop.post("/token", again, auth, headers=other.header())
    assert claims(second.json()["access_token"])["cnf"] == {"jkt": other.jkt}


async def test_rfc9449_s5_2_a_client_that_registered_it_must_show_a_key(shop: Shop, prover: Prover):
    auth = await machine(shop, dpop_bound_access_tokens=True)
    assert error(await own(shop, auth, {})) == BAD
    assert (await own(shop, auth, prover.header())).status_code == 200


# -- §6, §7: what is bound, at resources ----------------------------------------------------------------------------


async def test_rfc9449_s6_2_introspection_shows_the_key(shop: Shop, prover: Prover):
    auth = await machine(shop)
    token = (await own(shop, auth, prover.header())).json()["access_token"]
    said = await shop.introspect(token, auth)
    assert (said["token_type"], said["cnf"]) == ("DPoP", {"jkt": prover.jkt})


async def test_rfc9449_s7_1_userinfo_wants_scheme_token_and_proof(shop: Shop, prover: Prover):
    token = (await bound(shop, prover, await public(shop))).json()["access_token"]
    assert (await shop.http.get("/userinfo", headers=prover.call(token))).status_code == 200
    posted = prover.call(token, method="POST")
    assert (await shop.http.post("/userinfo", headers=posted)).status_code == 200


async def test_rfc9449_s7_1_a_bound_token_as_a_bearer_token_is_refused_with_our_algorithms(shop: Shop, prover: Prover):
    token = (await bound(shop, prover, await public(shop))).json()["access_token"]
    headers = {"authorization": f"Bearer {token}", **prover.header("/userinfo", "GET")}
    for answer in (await shop.userinfo(token), await shop.http.get("/userinfo", headers=headers)):
        assert error(answer) == (401, "invalid_token")
        assert answer.headers["www-authenticate"] == (
            'DPoP algs="ES256 ES384 EdDSA Ed25519 PS256 RS256", error="invalid_token"'
        )
    assert error(await shop.http.post("/userinfo", data={"access_token": token})) == (401, "invalid_token")


async def test_rfc9449_s7_1_a_bearer_token_under_the_dpop_scheme_is_refused(shop: Shop, prover: Prover):
    token = (await shop.tokens())["access_token"]
    answer = await shop.http.get("/userinfo", headers=prover.call(token))
    assert error(answer) == (401, "invalid_token")
    assert answer.headers["www-authenticate"].startswith("DPoP ")


@pytest.mark.parametrize(
    "change", [{"ath": ...}, {"ath": "x" * 43}, {"htm": "POST"}, {"htu": "https://id.example/token"}]
)
async def test_rfc9449_s7_1_a_proof_for_another_token_or_request_is_refused(shop: Shop, prover: Prover, change):
    token = (await bound(shop, prover, await public(shop))).json()["access_token"]
    answer = await shop.http.get("/userinfo", headers=prover.call(token, **change))
    assert error(answer) == (401, "invalid_dpop_proof")
    assert 'error="invalid_dpop_proof"' in answer.headers["www-authenticate"]


async def test_rfc9449_s7_1_another_key_is_refused(shop: Shop, prover: Prover):
    token = (await bound(shop, prover, await public(shop))).json()["access_token"]
    answer = await shop.http.get("/userinfo", headers=Prover(shop.house.clock).call(token))
    assert error(answer) == (401, "invalid_token")


async def test_rfc9449_s7_2_without_a_token_both_schemes_are_offered(shop: Shop):
    offered = (await shop.http.get("/userinfo")).headers["www-authenticate"]
    assert offered.startswith('Bearer realm="limen", ')
    assert offered.endswith(', DPoP algs="ES256 ES384 EdDSA Ed25519 PS256 RS256"')
    assert "error" not in offered


# -- §8, §9: nonces ------------------------------------------------------------------------------------------------


async def test_rfc9449_s8_who_lacks_a_nonce_is_given_one_and_comes_again(shop: Shop, prover: Prover):
    auth = await machine(shop, require_dpop_nonce=True)
    told = await own(shop, auth, prover.header())
    assert error(told) == (400, "use_dpop_nonce")
    answer = await own(shop, auth, prover.header(nonce=told.headers["dpop-nonce"]))
    assert answer.status_code == 200
    assert "dpop-nonce" not in answer.headers


@pytest.mark.parametrize("nonce", ["", "x" * 24, 7, None, "é"])
async def test_rfc9449_s8_a_nonce_that_is_not_ours_is_no_nonce(shop: Shop, prover: Prover, nonce):
    auth = await machine(shop, require_dpop_nonce=True)
    assert error(await own(shop, auth, prover.header(nonce=nonce))) == (400, "use_dpop_nonce")


async def test_rfc9449_s8_2_a_newer_nonce_comes_with_the_answer_and_the_older_one_runs_out(shop: Shop, prover: Prover):
    auth = await machine(shop, require_dpop_nonce=True)
    nonce = (await own(shop, auth, prover.header())).headers["dpop-nonce"]
    shop.house.clock.advance(120)
    answer = await own(shop, auth, prover.header(nonce=nonce))
    assert answer.status_code == 200
    newer = answer.headers["dpop-nonce"]
    assert newer != nonce
    shop.house.clock.advance(120)
    assert error(await own(shop, auth, prover.header(nonce=nonce))) == (400, "use_dpop_nonce")
    assert (await own(shop, auth, prover.header(nonce=newer))).status_code == 200


async def test_rfc9449_s8_a_tenant_may_want_nonces_of_all_and_has_its_own(shop: Shop):
    strict = await shop.house.add_tenant("strict", TenantSettings(require_dpop_nonce=True))
    maker = Prover(shop.house.clock, base="https://id.example/t/strict")
    auth = await shop.house.register_client(
        strict, grant_types=("client_credentials",), redirect_uris=(), scopes=("orders",)
    )
    told = await shop.http.post("/t/strict/token", data=OWN, auth=auth, headers=maker.header())
    assert error(told) == (400, "use_dpop_nonce")
    nonce = told.headers["dpop-nonce"]
    answer = await shop.http.post("/t/strict/token", data=OWN, auth=auth, headers=maker.header(nonce=nonce))
    assert answer.status_code == 200
    here = await machine(shop, require_dpop_nonce=True)
    assert error(await own(shop, here, Prover(shop.house.clock).header(nonce=nonce))) == (400, "use_dpop_nonce")


async def test_rfc9449_s9_userinfo_of_such_a_tenant_wants_one_too(shop: Shop):
    strict = await shop.house.add_tenant("strict", TenantSettings(require_dpop_nonce=True))
    maker = Prover(shop.house.clock, base=strict.issuer)
    document = {"token_endpoint_auth_method": "none"}
    async with open_shop(shop.house, strict, "bo@example.com", **document) as there:
        nonce = (await bound(there, maker, there.client_id)).headers["dpop-nonce"]
        code = await there.code()
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        answer = await there.post("/token", form | {"client_id": there.client_id}, headers=maker.header(nonce=nonce))
        token = answer.json()["access_token"]
        told = await shop.http.get("/t/strict/userinfo", headers=maker.call(token))
        assert error(told) == (401, "use_dpop_nonce")
        assert 'error="use_dpop_nonce"' in told.headers["www-authenticate"]
        good = maker.call(token, nonce=told.headers["dpop-nonce"])
        assert (await shop.http.get("/t/strict/userinfo", headers=good)).status_code == 200


# -- §10: codes ------------------------------------------------------------------------------------------------------


async def test_rfc9449_s10_a_code_asked_for_with_a_key_is_redeemed_with_that_key(shop: Shop, prover: Prover):
    client_id = await public(shop)
    code = await shop.code(client_id, dpop_jkt=prover.jkt)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    form |= {"client_id": client_id}
    assert error(await shop.post("/token", form)) == (400, "invalid_grant")
    thief = Prover(shop.house.clock)
    assert error(await shop.post("/token", form, headers=thief.header())) == (400, "invalid_grant")
    assert (await shop.post("/token", form, headers=prover.header())).status_code == 200


@pytest.mark.parametrize("jkt", ["short", "x" * 44, "é" * 43])
async def test_rfc9449_s10_a_thumbprint_that_is_none_is_refused(shop: Shop, jkt: str):
    page = await shop.arrive(dpop_jkt=jkt)
    assert page.answer["error"] == "invalid_request"


async def pushed(shop: Shop, auth, headers, **changes):
    form = {
        "response_type": "code",
        "redirect_uri": CALLBACK,
        "scope": "openid",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
        **changes,
    }
    return await shop.post("/par", form, auth, headers=headers)


async def test_rfc9449_s10_1_a_proof_with_a_pushed_request_binds_its_code(shop: Shop, prover: Prover):
    auth = await shop.another()
    answer = await pushed(shop, auth, prover.header("/par"))
    assert answer.status_code == 201, answer.text
    page = await shop.walker.get(f"/authorize?client_id={auth[0]}&request_uri={answer.json()['request_uri']}")
    form = {"grant_type": "authorization_code", "code": page.answer["code"], "redirect_uri": CALLBACK}
    form |= {"code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"}
    assert error(await shop.post("/token", form, auth)) == (400, "invalid_grant")
    assert (await shop.post("/token", form, auth, headers=prover.header())).status_code == 200


async def test_rfc9449_s10_1_a_proof_and_another_thumbprint_contradict_each_other(shop: Shop, prover: Prover):
    auth = await shop.another()
    other = Prover(shop.house.clock)
    assert error(await pushed(shop, auth, prover.header("/par"), dpop_jkt=other.jkt)) == (400, "invalid_request")
    assert (await pushed(shop, auth, prover.header("/par"), dpop_jkt=prover.jkt)).status_code == 201


# -- §11: replay ---------------------------------------------------------------------------------------------------


async def test_rfc9449_s11_1_a_proof_is_taken_once(shop: Shop, prover: Prover):
    auth, proof = await machine(shop), prover.header()
    assert [(await own(shop, auth, proof)).status_code for _ in range(3)] == [200, 400, 400]
    assert error(await own(shop, auth, proof)) == BAD


async def test_rfc9449_s11_1_of_fifty_uses_at_once_one_wins(shop: Shop, prover: Prover):
    auth, proof = await machine(shop), prover.header()
    answers = await asyncio.gather(*(own(shop, auth, proof) for _ in range(25)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: 24}
    assert len(await shop.told("token.issued")) == 1


async def test_rfc9449_s11_1_a_proof_is_taken_once_at_a_resource_too(shop: Shop, prover: Prover):
    token = (await bound(shop, prover, await public(shop))).json()["access_token"]
    headers = prover.call(token)
    assert [(await shop.http.get("/userinfo", headers=headers)).status_code for _ in range(2)] == [200, 401]


async def test_rfc9449_s11_1_the_same_jti_of_another_key_is_another_proof(shop: Shop, prover: Prover):
    auth = await machine(shop)
    for maker in (prover, Prover(shop.house.clock)):
        assert (await own(shop, auth, maker.header(jti="same"))).status_code == 200


async def test_rfc9449_s11_1_a_proof_that_came_with_a_refused_request_is_spent_as_well(shop: Shop, prover: Prover):
    auth, proof = await machine(shop), prover.header()
    wrong = await shop.post("/token", OWN | {"scope": "nothing"}, auth, headers=proof)
    assert error(wrong) == (400, "invalid_scope")
    assert error(await own(shop, auth, proof)) == BAD


async def test_refused_proofs_are_recorded_with_their_reason_and_nothing_of_the_proof(shop: Shop, prover: Prover):
    auth = await machine(shop)
    await own(shop, auth, prover.header(htm="GET"))
    (record,) = await shop.told("proof.refused")
    assert record["data"] == {"door": "token", "why": "htm is another method"}
    assert record["client"] == auth[0]


# -- metadata ------------------------------------------------------------------------------------------------------


async def test_rfc9449_s5_1_metadata_names_the_algorithms(shop: Shop):
    found = (await shop.http.get("/.well-known/oauth-authorization-server")).json()
    assert found["dpop_signing_alg_values_supported"] == ["ES256", "ES384", "EdDSA", "Ed25519", "PS256", "RS256"]


async def test_a_bound_machine_token_costs_one_commit(shop: Shop, prover: Prover, monkeypatch: pytest.MonkeyPatch):
    group, steps = shop.house.storage.hot.group, []
    submit = group.submit

    async def counted(step):
        steps.append(step)
        return await submit(step)

    auth = await machine(shop)
    monkeypatch.setattr(group, "submit", counted)
    assert (await own(shop, auth, prover.header())).status_code == 200
    (step,) = steps
    assert (len(step.uses), step.step.entry.event) == (1, "token.issued")


@pytest.mark.parametrize("path", ["/introspect", "/revoke", "/device_authorization"])
async def test_rfc9449_s5_other_doors_pass_over_the_header(shop: Shop, path: str):
    form = {"token": "t", "scope": "openid"}
    auth = await shop.another(grant_types=("authorization_code", "urn:ietf:params:oauth:grant-type:device_code"))
    assert (await shop.post(path, form, auth, headers={"dpop": "nonsense"})).status_code == 200


async def test_rfc9449_s5_a_device_code_gives_a_token_bound_to_the_key_of_the_poll(shop: Shop, prover: Prover):
    device = "urn:ietf:params:oauth:grant-type:device_code"
    client_id = await public(shop, grant_types=(device,), redirect_uris=(), dpop_bound_access_tokens=True)
    begun = (await shop.post("/device_authorization", {"client_id": client_id, "scope": "openid"})).json()
    form = {"grant_type": device, "device_code": begun["device_code"], "client_id": client_id}
    assert error(await shop.post("/token", form)) == BAD
    assert error(await shop.post("/token", form, headers=prover.header())) == (400, "authorization_pending")


async def test_rfc9449_s4_proofs_are_counted_by_what_came_of_them(shop: Shop, prover: Prover):
    auth, once = await machine(shop), prover.header()
    for headers in (once, once, prover.header(htm="GET")):
        await own(shop, auth, headers)
    async with shop.house.client("127.0.0.1") as here:
        lines = (await here.get("/metrics")).text.splitlines()
    counted = {line for line in lines if line.startswith("limen_proofs_total")}
    assert {
        'limen_proofs_total{kind="dpop",outcome="accepted"} 1.0',
        'limen_proofs_total{kind="dpop",outcome="replayed"} 1.0',
    } <= counted
