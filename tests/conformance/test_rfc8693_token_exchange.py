"""RFC 8693, OAuth 2.0 Token Exchange.

Only access tokens are issued. Refresh tokens and SAML assertions are not exchanged.
"""

from dataclasses import replace
from typing import Any

import httpx2
import pytest

from limen.access.clients.records import AuthMethod, TokenExchange
from limen.identity.customers.records import CustomerState
from tests.integration.tokens.kit import Shop, claims, error
from tests.integration.tokens.proofs import Prover

pytestmark = pytest.mark.anyio

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
TYPE = "urn:ietf:params:oauth:token-type:"
SCOPE = "openid email orders offline_access"
ORDERS, STOCK = "https://orders.example", "https://stock.example"


async def service(shop: Shop, *more: str, **policy: Any) -> tuple[str, str]:
    """A back end that may exchange the shop's tokens."""
    given = {"subject_clients": (shop.client_id,), **policy}
    return await shop.another(
        grant_types=(GRANT, "client_credentials", *more),
        redirect_uris=(),
        scopes=("orders", "stock", "openid", "email"),
        audiences=(ORDERS, STOCK),
        token_exchange=TokenExchange(**given),
    )


async def exchange(
    shop: Shop, auth: tuple[str, str], token: str, headers: dict[str, str] | None = None, **changes: Any
) -> httpx2.Response:
    form = {"grant_type": GRANT, "subject_token": token, "subject_token_type": f"{TYPE}access_token"}
    return await shop.post("/token", form | changes, auth, headers=headers or {})


async def test_rfc8693_s2_1_subject_token_and_its_type_are_required(shop: Shop):
    auth = await service(shop)
    token = (await shop.tokens())["access_token"]
    for missing in ("subject_token", "subject_token_type"):
        assert error(await exchange(shop, auth, token, **{missing: None})) == (400, "invalid_request")


async def test_rfc8693_s2_1_an_actor_token_type_needs_an_actor_token(shop: Shop):
    auth = await service(shop)
    token = (await shop.tokens())["access_token"]
    answer = await exchange(shop, auth, token, actor_token_type=f"{TYPE}access_token")
    assert error(answer) == (400, "invalid_request")


async def test_rfc8693_s2_2_1_the_answer_names_what_was_issued(shop: Shop):
    auth = await service(shop)
    source = (await shop.tokens(scope=SCOPE))["access_token"]
    answer = await exchange(shop, auth, source, scope="orders", resource=ORDERS)
    body = answer.json()
    assert answer.status_code == 200, answer.text
    assert (body["issued_token_type"], body["token_type"], body["scope"]) == (f"{TYPE}access_token", "Bearer", "orders")
    assert 0 < body["expires_in"] <= 300
    assert "refresh_token" not in body
    assert answer.headers["cache-control"] == "no-store"


async def test_rfc8693_s1_1_delegation_says_who_acts_and_for_whom(shop: Shop):
    auth = await service(shop)
    source = (await shop.tokens())["access_token"]
    said = claims((await exchange(shop, auth, source)).json()["access_token"])
    assert said["sub"] == shop.customer.subject
    assert said["client_id"] == auth[0]
    assert said["act"] == {"sub": auth[0]}
    assert set(said["aud"]) == {ORDERS, STOCK}
    assert (await shop.told("token.exchanged"))[0]["data"]["delegated"] is True


async def test_rfc8693_s1_1_impersonation_only_where_the_policy_allows_it(shop: Shop):
    source = (await shop.tokens())["access_token"]
    said = claims((await exchange(shop, await service(shop, impersonation=True), source)).json()["access_token"])
    assert "act" not in said
    only = await service(shop, impersonation=True, delegation=False)
    assert "act" not in claims((await exchange(shop, only, source)).json()["access_token"])
    actor = (await shop.own_token(only, scope="orders"))["access_token"]
    refused = await exchange(shop, only, source, actor_token=actor, actor_token_type=f"{TYPE}access_token")
    assert error(refused) == (400, "invalid_request")


async def test_rfc8693_s4_1_actors_nest_and_the_latest_is_outermost(shop: Shop):
    front = await service(shop)
    back = await service(shop, subject_clients=(front[0],))
    first = (await exchange(shop, front, (await shop.tokens())["access_token"])).json()["access_token"]
    actor = (await shop.own_token(back, scope="orders"))["access_token"]
    answer = await exchange(shop, back, first, actor_token=actor, actor_token_type=f"{TYPE}jwt")
    assert claims(answer.json()["access_token"])["act"] == {"sub": back[0], "act": {"sub": front[0]}}


async def test_rfc8693_s4_1_a_chain_of_actors_ends_somewhere(shop: Shop):
    auth = await service(shop)
    token, answers = (await shop.tokens())["access_token"], []
    for _ in range(6):
        answer = await exchange(shop, auth, token)
        answers.append(answer.status_code)
        token = answer.json().get("access_token", token)
    assert answers == [200] * 5 + [400]


async def test_rfc8693_s4_an_actor_token_of_another_client_proves_nothing(shop: Shop):
    auth, other = await service(shop), await service(shop)
    actor = (await shop.own_token(other, scope="orders"))["access_token"]
    source = (await shop.tokens())["access_token"]
    answer = await exchange(shop, auth, source, actor_token=actor, actor_token_type=f"{TYPE}access_token")
    assert error(answer) == (400, "invalid_request")


async def test_rfc8693_s5_who_may_exchange_what_is_the_policy_of_the_client(shop: Shop):
    source = (await shop.tokens())["access_token"]
    stranger = await service(shop, subject_clients=())
    assert error(await exchange(shop, stranger, source)) == (400, "invalid_request")
    served = await service(shop, subject_clients=(), subject_audiences=(claims(source)["aud"],))
    assert (await exchange(shop, served, source)).status_code == 200
    assert error(await exchange(shop, shop.auth, source)) == (400, "unauthorized_client")


async def test_rfc8693_s2_1_targets_and_scopes_only_narrow(shop: Shop):
    auth = await service(shop)
    source = (await shop.tokens(scope=SCOPE))["access_token"]
    said = claims((await exchange(shop, auth, source, audience=STOCK)).json()["access_token"])
    assert (said["aud"], set(said["scope"].split())) == (STOCK, {"orders", "email"})
    for wrong in ({"audience": "https://evil.example"}, {"resource": "https://evil.example"}):
        assert error(await exchange(shop, auth, source, **wrong)) == (400, "invalid_target")
    for scope in ("stock", "admin", "openid", "offline_access"):  # not held by the token, or not by the client
        assert error(await exchange(shop, auth, source, scope=scope)) == (400, "invalid_scope")


async def test_rfc8693_s3_an_id_token_is_exchanged_for_what_the_client_may_have(shop: Shop):
    auth = await service(shop)
    source = (await shop.tokens())["id_token"]
    answer = await exchange(shop, auth, source, subject_token_type=f"{TYPE}id_token", scope="stock")
    said = claims(answer.json()["access_token"])
    assert (said["sub"], said["scope"], said["act"]) == (shop.customer.subject, "stock", {"sub": auth[0]})
    assert said["exp"] <= claims(source)["exp"]
    assert error(await exchange(shop, auth, source)) == (400, "invalid_request")  # it is no access token
    shop.house.clock.advance(300)
    late = await exchange(shop, auth, source, subject_token_type=f"{TYPE}id_token")
    assert error(late) == (400, "invalid_request")


@pytest.mark.parametrize("kind", ["refresh_token", "saml2", "saml1", "nonsense"])
async def test_rfc8693_s2_2_2_what_is_not_exchanged_is_said(shop: Shop, kind: str):
    auth, tokens = await service(shop), await shop.tokens()
    wrong = await exchange(shop, auth, tokens["refresh_token"], subject_token_type=TYPE + kind)
    assert error(wrong) == (400, "invalid_request")
    unserved = await exchange(shop, auth, tokens["access_token"], requested_token_type=TYPE + kind)
    assert error(unserved) == (400, "invalid_request")


async def test_rfc8693_s2_1_an_exchanged_token_ends_with_the_sign_in_and_never_later(shop: Shop):
    auth = await service(shop)
    tokens = await shop.tokens()
    shop.house.clock.advance(200)
    answer = (await exchange(shop, auth, tokens["access_token"])).json()
    assert answer["expires_in"] == 100
    assert claims(answer["access_token"])["exp"] == claims(tokens["access_token"])["exp"]
    assert await shop.is_active(answer["access_token"], auth)
    await shop.revoke(tokens["refresh_token"])
    assert not await shop.is_active(answer["access_token"], auth)
    assert error(await exchange(shop, auth, tokens["access_token"])) == (400, "invalid_request")


async def test_rfc8693_s2_1_an_id_token_counts_while_its_sign_in_does(shop: Shop):
    auth, tokens = await service(shop), await shop.tokens()
    first = await exchange(shop, auth, tokens["id_token"], subject_token_type=f"{TYPE}id_token")
    page = await shop.walker.get("/account")
    await shop.walker.post(page, form=page.forms[-1], intent="sign_out")
    assert not await shop.is_active(first.json()["access_token"], auth)
    second = await exchange(shop, auth, tokens["id_token"], subject_token_type=f"{TYPE}id_token")
    assert error(second) == (400, "invalid_request")


async def test_rfc8693_s5_a_disabled_customers_tokens_are_worth_nothing(shop: Shop):
    auth, tokens = await service(shop), await shop.tokens()
    async with shop.house.storage.database.begin(shop.tenant.id) as unit:
        sealed = await unit.customers.get(shop.customer.id)
        gone = replace(sealed, state=CustomerState.DISABLED, version=sealed.version + 1)
        assert await unit.customers.update(gone, sealed.version)
    assert error(await exchange(shop, auth, tokens["access_token"])) == (400, "invalid_request")


async def test_rfc8693_a_machines_token_is_exchanged_for_one_about_the_machine(shop: Shop):
    auth = await service(shop)
    machine = await shop.machine("orders")
    allowed = await service(shop, subject_clients=(machine[0],))
    source = (await shop.own_token(machine))["access_token"]
    said = claims((await exchange(shop, allowed, source)).json()["access_token"])
    assert (said["sub"], said["act"]) == (machine[0], {"sub": allowed[0]})
    assert error(await exchange(shop, auth, source)) == (400, "invalid_request")


async def test_rfc8693_garbage_is_refused_and_never_a_fault(shop: Shop):
    auth = await service(shop)
    for token in ("x", "a.b.c", "at_" + "A" * 40, "ey" * 4_000):
        for kind in ("access_token", "id_token", "jwt"):
            answer = await exchange(shop, auth, token, subject_token_type=TYPE + kind)
            assert error(answer) == (400, "invalid_request")


async def test_rfc8693_public_clients_do_not_exchange(shop: Shop):
    with pytest.raises(AssertionError, match="public_client"):
        await shop.another(grant_types=(GRANT,), redirect_uris=(), token_endpoint_auth_method=AuthMethod.NONE)


async def test_rfc8693_a_token_bound_to_a_key_is_exchanged_only_for_one_that_is(shop: Shop):
    applications, services = Prover(shop.house.clock), Prover(shop.house.clock)
    machine = await shop.machine("orders")
    auth = await service(shop, subject_clients=(machine[0],))
    form = {"grant_type": "client_credentials"}
    source = (await shop.post("/token", form, machine, headers=applications.header())).json()["access_token"]
    assert error(await exchange(shop, auth, source)) == (400, "invalid_request")
    answer = (await exchange(shop, auth, source, services.header())).json()
    assert answer["token_type"] == "DPoP"
    assert claims(answer["access_token"])["cnf"] == {"jkt": services.jkt}
