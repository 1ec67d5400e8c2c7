"""Advisories on who may do what: assertions confused, PKCE left out, devices unbound, tokens exchanged too far."""

import asyncio

import pytest
from joserfc.jwk import ECKey

from limen.access.clients.records import AuthMethod, TokenExchange
from limen.access.tokens.waiting import WaitingKind
from limen.identity.administrators import SYSTEM
from limen.identity.customers.records import Customer
from tests.integration.tokens.certificates import Certificate
from tests.integration.tokens.kit import Shop, claims, error
from tests.integration.tokens.strict import KEY, Strict

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


async def test_a_device_code_belongs_to_the_client_that_asked(shop: Shop):
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
