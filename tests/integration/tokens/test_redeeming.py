"""Redeeming codes over HTTP (RFC 6749 §4.1.3, RFC 9700 §4.5).

A code that comes twice burns what the first one began, whether the second came an hour or a moment later: nothing tells
a careless client from a thief, and a client that sends one code twice can begin again.
"""

import asyncio

import pytest

from limen.identity.administrators import SYSTEM
from limen.identity.tenants.records import Lifetimes
from tests.integration.tokens.kit import Shop, claims, error

pytestmark = pytest.mark.anyio


async def test_of_fifty_at_once_one_is_answered_with_tokens_which_the_others_burn(shop: Shop):
    code = await shop.code()
    answers = await asyncio.gather(*(shop.redeem(code) for _ in range(50)))
    good = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(good) == 1
    assert [error(answer) for answer in answers if answer.status_code != 200] == [(400, "invalid_grant")] * 49
    assert not await shop.is_active(good[0]["access_token"])
    assert (await shop.userinfo(good[0]["access_token"])).status_code == 401
    assert error(await shop.refresh(good[0]["refresh_token"])) == (400, "invalid_grant")
    assert (await shop.house.rows())["families"] == 1


async def test_a_replay_later_burns_the_family_too(shop: Shop):
    code = await shop.code()
    tokens = (await shop.redeem(code)).json()
    refreshed = (await shop.refresh(tokens["refresh_token"])).json()
    shop.house.clock.advance(3_600)
    assert error(await shop.redeem(code)) == (400, "invalid_grant")
    assert error(await shop.refresh(refreshed["refresh_token"])) == (400, "invalid_grant")


@pytest.mark.parametrize("wrong", ["code_verifier", "redirect_uri", "client"])
async def test_a_replay_burns_the_family_even_with_the_wrong_proof(shop: Shop, wrong: str):
    """Whoever has the code has it from somewhere, and the one who should have it has used it."""
    code, other = await shop.code(), await shop.another()
    tokens = (await shop.redeem(code)).json()
    changes = {"code_verifier": "w" * 43} if wrong == "code_verifier" else {}
    changes |= {"redirect_uri": "https://shop.example/other"} if wrong == "redirect_uri" else {}
    assert error(await shop.redeem(code, other if wrong == "client" else None, **changes)) == (400, "invalid_grant")
    assert not await shop.is_active(tokens["access_token"])


async def test_a_replay_is_told_to_whoever_must_reconstruct(shop: Shop):
    code = await shop.code()
    tokens = (await shop.redeem(code)).json()
    await shop.redeem(code)
    family = claims(tokens["access_token"])["fid"]
    (record,) = await shop.told("code.replayed")
    assert (record["outcome"], record["reason"], record["data"]["family"]) == ("refused", "replayed", family)


async def test_a_code_and_its_redemption_leave_a_record_each_that_names_client_and_request(shop: Shop):
    answer = await shop.redeem(await shop.code())
    (issued,), (redeemed,) = await shop.told("code.issued"), await shop.told("code.redeemed")
    assert (issued["client"], issued["actor"]) == (shop.client_id, f"customer:{shop.customer.id}")
    assert (redeemed["client"], redeemed["actor"]) == (shop.client_id, f"client:{shop.client_id}")
    assert redeemed["request_id"] == answer.headers["x-request-id"]


async def test_neither_code_nor_token_is_in_the_audit_log_or_the_database(shop: Shop):
    code = await shop.code()
    tokens = (await shop.redeem(code)).json()
    await shop.refresh(tokens["refresh_token"])
    files = [file.read_bytes() for file in shop.house.basis.storage.database.dialect.path.parent.iterdir()]
    for secret in (code, tokens["access_token"], tokens["refresh_token"], tokens["id_token"], shop.auth[1]):
        assert not any(secret.encode() in content for content in files)


async def test_another_verifier_another_client_or_another_address_gets_nothing_and_does_not_spend_the_code(shop: Shop):
    code, other = await shop.code(), await shop.another()
    assert error(await shop.redeem(code, code_verifier="w" * 43)) == (400, "invalid_grant")
    assert error(await shop.redeem(code, redirect_uri="https://shop.example/callback/")) == (400, "invalid_grant")
    assert error(await shop.redeem(code, other)) == (400, "invalid_grant")
    assert (await shop.redeem(code)).status_code == 200
    assert len(await shop.told("code.mismatched")) == 3


async def test_a_code_lives_as_long_as_configured(shop: Shop):
    in_time, late = await shop.code(), await shop.code()
    shop.house.clock.advance(Lifetimes().authorization_code - 1)
    assert (await shop.redeem(in_time)).status_code == 200
    shop.house.clock.advance(1)
    assert error(await shop.redeem(late)) == (400, "invalid_grant")
    assert len(await shop.told("code.expired")) == 1


@pytest.mark.parametrize("missing", ["code", "code_verifier", "redirect_uri"])
async def test_a_request_with_a_part_missing_is_malformed(shop: Shop, missing: str):
    assert error(await shop.redeem(await shop.code(), **{missing: None})) == (400, "invalid_request")


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "short"},
        {"code_verifier": "v" * 129},
        {"code_verifier": "v" * 42 + "\u00e9"},
        {"code": "c" * 129},
        {"code": "\u00e9"},
        {"code": "unknown"},
    ],
    ids=range(6),
)
async def test_a_malformed_or_unknown_code_or_verifier_is_no_grant(shop: Shop, changes: dict[str, str]):
    assert error(await shop.redeem(await shop.code(), **changes)) == (400, "invalid_grant")


async def test_a_code_of_a_session_that_was_ended_is_worth_nothing(shop: Shop):
    code = await shop.code()
    page = await shop.walker.get("/account")
    await shop.walker.post(page, intent="sign_out")
    assert error(await shop.redeem(code)) == (400, "invalid_grant")


async def test_a_code_of_a_customer_who_was_disabled_is_worth_nothing(shop: Shop):
    code = await shop.code()
    await shop.house.administration().disable(shop.customer.id, SYSTEM)
    assert error(await shop.redeem(code)) == (400, "invalid_grant")


async def test_codes_of_two_tabs_are_redeemed_side_by_side(shop: Shop):
    first, second = await shop.code(), await shop.code()
    tokens = [(await shop.redeem(code)).json()["access_token"] for code in (second, first)]
    assert [await shop.is_active(token) for token in tokens] == [True, True]
