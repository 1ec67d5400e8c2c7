"""RFC 9700 §4.5, Authorization Code Injection: PKCE (§4.5.3.1), nonce (§4.5.3.2)."""

import pytest

from tests.integration.tokens.kit import Shop, claims, error
from tests.support.walker import CHALLENGE, VERIFIER

pytestmark = pytest.mark.anyio


async def test_s4_5_3_1_a_stolen_code_does_not_fit_the_attackers_own_transaction(shop: Shop):
    stolen = await shop.code()
    attackers = "a" * 64
    assert error(await shop.redeem(stolen, code_verifier=attackers)) == (400, "invalid_grant")


async def test_s4_5_3_1_trying_verifiers_is_not_possible(shop: Shop):
    code = await shop.code()
    await shop.redeem(code, code_verifier="a" * 64)
    later = await shop.redeem(code)
    assert later.status_code in {200, 400}
    for guess in ("b" * 64, "c" * 64):
        assert error(await shop.redeem(code, code_verifier=guess)) == (400, "invalid_grant")


async def test_s4_5_3_1_the_challenge_is_no_verifier(shop: Shop):
    assert error(await shop.redeem(await shop.code(), code_verifier=CHALLENGE)) == (400, "invalid_grant")


async def test_s4_5_3_a_code_belongs_to_the_client_it_was_given_to(shop: Shop):
    other = await shop.another()
    assert error(await shop.redeem(await shop.code(), other)) == (400, "invalid_grant")


async def test_s4_5_3_2_the_nonce_of_the_transaction_that_began_is_in_the_id_token(shop: Shop):
    code = await shop.code(nonce="victims")
    await shop.code(nonce="attackers")
    assert claims((await shop.redeem(code, code_verifier=VERIFIER)).json()["id_token"])["nonce"] == "victims"
