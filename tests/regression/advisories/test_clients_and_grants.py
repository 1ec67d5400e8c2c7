"""Advisories on who may do what: assertions confused, PKCE left out, devices unbound, tokens exchanged too far."""

import asyncio

import pytest
from joserfc.jwk import ECKey

from limen.access.clients.records import AuthMethod, TokenExchange
from limen.access.tokens.waiting import WaitingKind
from limen.identity.administrators import SYSTEM
from limen.identity.customers.records import Customer
from limen.identity.tenants.records import TenantSettings
from limen.identity.tenants.registration import RegistrationSettings
from tests.integration.tokens.certificates import Certificate
from tests.integration.tokens.kit import PASSWORD, Shop, claims, error
from tests.integration.tokens.proofs import Prover
from tests.integration.tokens.strict import JWKS, KEY, Strict
from tests.support.walker import says

pytestmark = pytest.mark.anyio
DEVICE, CIBA = WaitingKind.DEVICE.value, WaitingKind.BACKCHANNEL.value
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS = "urn:ietf:params:oauth:token-type:access_token"
JWT = "application/token-introspection+jwt"


async def keyed(shop: Shop, key: ECKey = KEY) -> Strict:
    return await Strict.register(shop, "oauth2.1", jwks={"keys": [key.as_dict(private=False)]})


async def test_rfc7523bis_an_assertion_for_two_servers_is_for_neither(shop: Shop):
    """Found at the University of Stuttgart in 2024: another server of the audience replays the assertion here."""
    strict = await keyed(shop)
    for audience in (
        [strict.issuer, "https://evil.example"],
        ["https://evil.example", strict.issuer],
        "https://evil",
        [],
    ):
        form = {**shop.walker.request(strict.client_id), **strict.proven(aud=audience)}
        assert error(await shop.post("/par", form)) == (401, "invalid_client"), audience


async def test_esignet_issue_2418_an_assertion_is_good_once_at_all_doors_together(shop: Shop):
    strict = await keyed(shop)
    proof = strict.proven()
    form = shop.walker.request(strict.client_id)
    assert (await shop.post("/par", {**form, **proof})).status_code == 201
    assert error(await shop.post("/par", {**form, **proof})) == (401, "invalid_client")
    own = {"grant_type": "refresh_token", "refresh_token": "x"}
    answer = await shop.post("/token", {**own, **proof}, headers=strict.prover.header())
    assert error(answer) == (401, "invalid_client")


async def test_hydra_ghsa_3p3g_vpw6_4w66_an_assertion_gives_one_token(shop: Shop):
    """The ``jti`` was kept nowhere, and the same assertion gave token after token."""
    client_id, _ = await shop.machine(token_endpoint_auth_method="private_key_jwt", jwks=JWKS)
    form = {"grant_type": "client_credentials", **Strict(shop, client_id, Prover(shop.house.clock)).proven()}
    answers = await asyncio.gather(*(shop.post("/token", form) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 9
    shop.house.clock.advance(30)
    assert error(await shop.post("/token", form)) == (401, "invalid_client")


async def test_keycloak_issue_49215_a_forged_assertion_uses_up_nobodys_jti(shop: Shop):
    """The ``jti`` was remembered before the signature was verified, and in one namespace for all."""
    strict, other = await keyed(shop), await keyed(shop)
    thief = Strict(shop, strict.client_id, strict.prover, ECKey.generate_key("P-256", {"kid": "client"}))
    form = shop.walker.request(strict.client_id)
    assert (await shop.post("/par", {**form, **thief.proven(jti="same")})).status_code == 401
    theirs = shop.walker.request(other.client_id)
    assert (await shop.post("/par", {**theirs, **other.proven(jti="same")})).status_code == 201
    assert (await shop.post("/par", {**form, **strict.proven(jti="same")})).status_code == 201


async def test_client_ids_in_form_header_and_assertion_must_be_one(shop: Shop):
    strict, other = await keyed(shop), await keyed(shop)
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    for changes in (
        {"client_id": other.client_id, **strict.proven()},
        {"client_id": shop.client_id, **strict.proven()},
        strict.proven(iss=other.client_id),
        strict.proven(sub=other.client_id),
        strict.proven(iss=other.client_id, sub=other.client_id) if strict.key is not other.key else {},
    ):
        assert error(await shop.post("/token", {**form, **changes}))[0] == 401, changes
    both = {**form, **strict.proven()}
    assert (await shop.post("/token", both, shop.auth)).status_code in {400, 401}


async def test_two_clients_with_one_key_are_still_two(shop: Shop):
    one, two = await keyed(shop), await keyed(shop)
    code = await one.code()
    assert error(await two.redeem(code)) == (400, "invalid_grant")


async def test_keycloak_cve_2024_10039_a_certificate_in_a_header_of_nobodys_edge_is_nothing(shop: Shop):
    """GHSA-93ww-43rr-79v3."""
    certificate = Certificate()
    client_id, _ = await shop.machine(token_endpoint_auth_method="self_signed_tls_client_auth", jwks=certificate.jwks)
    form = {"grant_type": "client_credentials", "client_id": client_id}
    headers = {"client-cert": certificate.structured, "ssl-client-cert": certificate.escaped}
    assert error(await shop.post("/token", form, headers=headers)) == (401, "invalid_client")


async def test_kanidm_issue_1097_and_league_issue_1323_pkce_cannot_be_left_out_on_the_way(shop: Shop):
    """The attacker drops the challenge from the victim's request, and the verifier was then looked at by nobody."""
    page = await shop.arrive(code_challenge=None, code_challenge_method=None)
    assert page.answer["error"] == "invalid_request"
    twice = await shop.walker.http.get(
        "/authorize", params=[*shop.walker.request(shop.client_id).items(), ("code_challenge", "x" * 43)]
    )
    assert "code=" not in twice.headers.get("location", "")
    # Of a client that may rest on its nonce such a request passes, and the verifier that follows gives it away.
    trusting = await shop.another(require_pkce=False)
    code = await shop.code(trusting[0], code_challenge=None, code_challenge_method=None)
    assert error(await shop.redeem(code, trusting)) == (400, "invalid_grant")


async def test_cve_2023_48228_a_verifier_that_was_left_out_is_a_wrong_one(shop: Shop):
    """Authentik compared verifiers only where there was one: whoever stole a code sent none."""
    for auth in (shop.auth, await shop.another(require_pkce=False)):
        code = await shop.code(auth[0])
        for nothing in (None, ""):
            assert (await shop.redeem(code, auth, code_verifier=nothing)).status_code == 400
        assert (await shop.redeem(code, auth)).status_code == 200


# ---------------------------------------------------------------------------------------------- devices and CIBA


async def television(shop: Shop) -> tuple[str, dict]:
    client_id, _ = await shop.another(
        grant_types=(DEVICE, "refresh_token"), redirect_uris=(), token_endpoint_auth_method=AuthMethod.NONE
    )
    answer = await shop.post("/device_authorization", {"client_id": client_id, "scope": "openid"})
    return client_id, answer.json()


async def allow(shop: Shop, user_code: str) -> None:
    walker = shop.walker
    page = await walker.post(await walker.get("/device"), user_code=user_code)
    await walker.post(page, decision="continue")


async def test_keycloak_cve_2023_2585_and_zitadel_cve_2026_55672_a_device_code_belongs_to_its_client(shop: Shop):
    """Neither linked the code to the client that had asked: another one had tokens for it."""
    client_id, begun = await television(shop)
    thief, _ = await television(shop)
    await allow(shop, begun["user_code"])
    form = {"grant_type": DEVICE, "device_code": begun["device_code"]}
    assert error(await shop.post("/token", form | {"client_id": thief})) == (400, "invalid_grant")
    shop.house.clock.advance(10)
    assert (await shop.post("/token", form | {"client_id": client_id})).status_code == 200


async def test_a_link_with_the_code_in_it_allows_nothing_by_itself(shop: Shop):
    """Device-code phishing: the victim follows the attacker's ``verification_uri_complete``, signed in."""
    client_id, begun = await television(shop)
    page = await shop.walker.get(begun["verification_uri_complete"])
    assert begun["user_code"] in page.text
    form = {"grant_type": DEVICE, "device_code": begun["device_code"], "client_id": client_id}
    assert error(await shop.post("/token", form)) == (400, "authorization_pending")
    assert (await shop.walker.post(page, decision="continue", csrf=None)).status == 403
    shop.house.clock.advance(10)
    assert error(await shop.post("/token", form)) == (400, "authorization_pending")


async def test_better_auth_cve_2026_45337_a_code_that_somebody_compares_is_answered_by_nobody_else(shop: Shop):
    """GHSA-cq3f-vc6p-68fh: whoever had seen a code could allow it, or deny it, while its owner was at it still."""
    await shop.house.customer("eve@example.com")
    client_id, begun = await television(shop)
    page = await shop.walker.post(await shop.walker.get("/device"), user_code=begun["user_code"])
    eve = shop.house.walker(address="203.0.113.9")
    await eve.sign_in("eve@example.com", PASSWORD)
    for decision in ("", "continue", "deny"):
        seen = await eve.post(await eve.get("/device"), user_code=begun["user_code"], decision=decision)
        assert seen.errors == {"user_code": says("error.user_code_unknown")}, decision
    await shop.walker.post(page, decision="continue")
    form = {"grant_type": DEVICE, "device_code": begun["device_code"], "client_id": client_id}
    token = (await shop.post("/token", form)).json()["access_token"]
    assert claims(token)["sub"] == shop.customer.subject


async def test_better_auth_cve_2026_45364_a_network_of_addresses_guesses_no_more_codes_than_one(shop: Shop):
    """GHSA-p6v2-xcpg-h6xw: tries were counted by the text of an address; an IPv6 network has endlessly many."""
    seen = []
    for number in range(21):
        walker = shop.house.walker(address=("2001:db8:0:7::%x", "2001:DB8::7:0:0:0:%x")[number % 2] % (number + 1))
        seen.append((await walker.post(await walker.get("/device"), user_code="BCDF-GHJK")).status)
    assert seen == [400] * 20 + [429]


async def test_a_device_code_gives_tokens_once_however_often_it_is_asked_at_once(shop: Shop):
    client_id, begun = await television(shop)
    await allow(shop, begun["user_code"])
    form = {"grant_type": DEVICE, "device_code": begun["device_code"], "client_id": client_id}
    answers = await asyncio.gather(*(shop.post("/token", form) for _ in range(20)))
    assert sum(answer.status_code == 200 for answer in answers) == 1


async def test_keycloak_cve_2026_88770_a_device_gets_nothing_for_a_customer_who_was_disabled_since(shop: Shop):
    """A sibling of CVE-2026-9798, the same in CIBA: the state of the account was not looked at again."""
    client_id, begun = await television(shop)
    await allow(shop, begun["user_code"])
    assert isinstance(await shop.house.administration().disable(shop.customer.id, SYSTEM), Customer)
    form = {"grant_type": DEVICE, "device_code": begun["device_code"], "client_id": client_id}
    answer = await shop.post("/token", form)
    assert answer.status_code == 400
    assert "access_token" not in answer.json()


async def test_keycloak_cve_2026_9798_nor_does_a_client_that_asked_in_the_background(shop: Shop):
    auth = await shop.another(grant_types=(CIBA,), redirect_uris=(), backchannel_token_delivery_mode="poll")
    ask = {"scope": "openid", "login_hint": "ann@example.com", "binding_message": "X"}
    begun = (await shop.post("/bc-authorize", ask, auth)).json()
    page = await shop.walker.get("/approve")
    await shop.walker.post(page, decision="continue")
    assert isinstance(await shop.house.administration().disable(shop.customer.id, SYSTEM), Customer)
    answer = await shop.post("/token", {"grant_type": CIBA, "auth_req_id": begun["auth_req_id"]}, auth)
    assert answer.status_code == 400
    assert "access_token" not in answer.json()


# ------------------------------------------------------------------------------------- tokens that travel further


async def exchange(shop: Shop, auth: tuple[str, str], token: str, **more: str):
    form = {"grant_type": EXCHANGE, "subject_token": token, "subject_token_type": ACCESS}
    return await shop.post("/token", form | more, auth)


async def test_zitadel_cve_2026_56668_an_exchange_gives_no_more_than_there_was(shop: Shop):
    """GHSA-vrh8-c9cm-wh8v: a token of few rights was exchanged for one with more, of another application."""
    back = await shop.another(
        grant_types=(EXCHANGE,),
        redirect_uris=(),
        scopes=("orders", "stock", "admin"),
        token_exchange=TokenExchange(subject_clients=(shop.client_id,)),
    )
    token = (await shop.tokens(scope="openid orders"))["access_token"]
    assert error(await exchange(shop, back, token, scope="admin"))[0] == 400
    given = await exchange(shop, back, token, scope="orders")
    assert given.json()["scope"] == "orders"
    stranger = await shop.another(grant_types=(EXCHANGE,), redirect_uris=(), scopes=("orders",))
    assert (await exchange(shop, stranger, token)).status_code == 400


@pytest.mark.parametrize("kind", ["access_token", "id_token", "jwt"])
async def test_logto_issue_8772_a_token_is_exchanged_by_whom_its_audience_allows(shop: Shop, kind: str):
    """The exchange did not ask whether the caller was meant by the token: one client's was good in another's hands."""
    back = await shop.another(
        grant_types=(EXCHANGE, "client_credentials"),
        redirect_uris=(),
        scopes=("orders",),
        token_exchange=TokenExchange(subject_clients=("somebody",), subject_audiences=("https://api.example",)),
    )
    tokens = await shop.tokens(scope="openid orders")
    subject = tokens["id_token" if kind == "id_token" else "access_token"]
    more = {"subject_token_type": f"urn:ietf:params:oauth:token-type:{kind}"}
    assert error(await exchange(shop, back, subject, **more)) == (400, "invalid_request")
    actor = (await shop.own_token(back))["access_token"]
    more |= {"actor_token": actor, "actor_token_type": ACCESS}
    assert error(await exchange(shop, back, subject, **more)) == (400, "invalid_request")
    assert error(await exchange(shop, back, subject, **more, audience=back[0]))[0] == 400


async def test_logto_pull_6100_who_registers_itself_exchanges_nothing(shop: Shop):
    """Third parties' applications may not exchange tokens: here no client gets the grant by asking for it."""
    tenant = await shop.house.add_tenant("open", TenantSettings(registration=RegistrationSettings(mode="open")))
    document = {"client_name": "Third", "grant_types": [EXCHANGE], "token_exchange": {"subject_clients": ["*"]}}
    answer = await shop.http.post(f"{tenant.prefix}/register", json=document)
    assert error(answer) == (400, "invalid_client_metadata")


async def test_better_auth_ghsa_xr8f_h2gw_9xh6_signing_in_is_no_right_to_register(shop: Shop):
    """Whoever was signed in made clients, past the rule that says who may."""
    document = {"client_name": "Mine", "redirect_uris": ["https://evil.example/cb"]}
    token = (await shop.tokens())["access_token"]
    for headers in ({}, {"authorization": f"Bearer {token}"}, {"origin": "https://id.example"}):
        for path in ("/register", "/api/v1/clients"):
            answer = await shop.walker.http.post(path, json=document, headers=headers)
            assert answer.status_code in {401, 403, 404}, (path, headers)


async def test_better_auth_ghsa_p2fr_6hmx_4528_a_resource_is_bound_to_what_was_allowed(shop: Shop):
    """The token request alone said for which resource a token is, and so did each refresh."""
    api, other = "https://api.example", "https://other.example"
    auth = await shop.another(audiences=(api, other))
    for resource in (other, "https://unheard.example"):
        code = await shop.code(auth[0], resource=api)
        assert error(await shop.redeem(code, auth, resource=resource)) == (400, "invalid_target")
        tokens = await shop.tokens(auth, resource=api)
        assert claims(tokens["access_token"])["aud"] == api
        assert error(await shop.refresh(tokens["refresh_token"], auth, resource=resource)) == (400, "invalid_target")


async def test_keycloak_cve_2026_1609_no_assertion_gives_tokens_for_a_disabled_customer(shop: Shop):
    back = await shop.another(
        grant_types=(EXCHANGE,),
        redirect_uris=(),
        scopes=("orders",),
        token_exchange=TokenExchange(subject_clients=(shop.client_id,)),
    )
    token = (await shop.tokens(scope="openid orders"))["access_token"]
    await shop.house.administration().disable(shop.customer.id, SYSTEM)
    assert (await exchange(shop, back, token)).status_code == 400


async def test_keycloak_cve_2026_93999_a_resource_server_that_went_is_in_no_refreshed_token(shop: Shop):
    api = "https://gone.example"
    await shop.resource_server(api)
    auth = await shop.another(audiences=(api,))
    token = (await shop.tokens(auth, resource=api))["refresh_token"]
    await shop.house.change_client(auth[0], audiences=())
    answer = await shop.refresh(token, auth)
    if answer.status_code == 200:
        assert claims(answer.json()["access_token"])["aud"] != api


@pytest.mark.parametrize("accept", ["application/json", JWT])
async def test_keycloak_cve_2026_37979_and_cve_2026_18208_others_learn_nothing_by_asking(shop: Shop, accept: str):
    """Introspection told any client of a realm what a token for another said; in its signed form even after the fix."""
    api, other = await shop.machine(), await shop.machine()
    await shop.resource_server("https://api.example", introspection_clients=(api[0],))
    token = (await shop.own_token(await shop.machine(audiences=("https://api.example",))))["access_token"]
    answer = await shop.post("/introspect", {"token": token}, other, headers={"accept": accept})
    told = answer.json() if accept != JWT else claims(answer.text)["token_introspection"]
    assert told == {"active": False}
