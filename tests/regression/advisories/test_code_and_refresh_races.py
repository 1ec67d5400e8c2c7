"""Advisories on codes and refresh tokens that were taken twice, or by another client."""

import asyncio

import pytest

from limen.identity.administrators import SYSTEM
from limen.identity.customers.records import Customer
from tests.integration.tokens.kit import Shop, error, open_shop
from tests.support.house import HouseClock, copy_files, open_house

pytestmark = pytest.mark.anyio


async def test_nocodb_cve_2026_47386_of_many_redemptions_at_once_one_gives_tokens(shop: Shop):
    """GHSA-8m7c-hf24-5g47: the code was marked as used at the end of the path."""
    code = await shop.code()
    answers = await asyncio.gather(*(shop.redeem(code) for _ in range(20)))
    assert sum(answer.status_code == 200 for answer in answers) == 1


async def test_keycloak_cve_2026_1035_of_many_refreshes_at_once_one_successor_is_born(shop: Shop):
    token = (await shop.tokens())["refresh_token"]
    answers = await asyncio.gather(*(shop.refresh(token) for _ in range(20)))
    assert len({answer.json()["refresh_token"] for answer in answers if answer.status_code == 200}) == 1


async def test_better_auth_ghsa_392p_2q2v_4372_of_refreshes_at_once_no_second_family_is_born(shop: Shop):
    """Each of two that raced had a successor that lived on: the theft was seen by neither."""
    first = (await shop.tokens())["refresh_token"]
    answers = await asyncio.gather(*(shop.refresh(first) for _ in range(8)))
    (second,) = {answer.json()["refresh_token"] for answer in answers if answer.status_code == 200}
    third = (await shop.refresh(second)).json()["refresh_token"]
    shop.house.clock.advance(60)
    assert error(await shop.refresh(first)) == (400, "invalid_grant")
    for token in (second, third):
        assert error(await shop.refresh(token)) == (400, "invalid_grant")


async def test_better_auth_ghsa_7w99_5wm4_3g79_who_comes_second_with_a_code_ends_what_the_first_was_given(shop: Shop):
    """Both of two redemptions at once gave tokens."""
    code = await shop.code()
    answers = await asyncio.gather(*(shop.redeem(code) for _ in range(8)))
    (given,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert not await shop.is_active(given["access_token"])
    assert error(await shop.refresh(given["refresh_token"])) == (400, "invalid_grant")


async def test_apache_cxf_cve_2026_50631_likewise_where_tokens_do_not_rotate(shop: Shop):
    auth = await shop.another(rotate_refresh_tokens=False)
    token = (await shop.tokens(auth))["refresh_token"]
    answers = await asyncio.gather(*(shop.refresh(token, auth) for _ in range(20)))
    assert {answer.json()["refresh_token"] for answer in answers if answer.status_code == 200} == {token}


async def test_keycloak_issue_50999_rotations_within_one_second_are_told_apart(shop: Shop):
    """Three rotations within a second: the first token was taken again, for its time was no older."""
    first = (await shop.tokens())["refresh_token"]
    second = (await shop.refresh(first)).json()["refresh_token"]
    third = (await shop.refresh(second)).json()["refresh_token"]
    assert error(await shop.refresh(first)) == (400, "invalid_grant")
    assert error(await shop.refresh(third)) == (400, "invalid_grant")


async def test_keycloak_issue_51312_no_refresh_survives_a_revocation_beside_it(shop: Shop):
    token = (await shop.tokens())["refresh_token"]
    answers = await asyncio.gather(shop.refresh(token), shop.revoke(token), shop.refresh(token))
    for answer in answers:
        given = answer.json() if answer.content else {}
        if "access_token" in given:
            assert not await shop.is_active(given["access_token"])
            assert error(await shop.refresh(given["refresh_token"])) == (400, "invalid_grant")


async def test_keycloak_cve_2026_9802_a_restart_forgives_no_reuse(tmp_path, house_files):
    """The detection of reuse compared with the time of the start."""
    copy_files(house_files, tmp_path)
    clock = HouseClock()
    async with open_house(tmp_path, clock=clock) as house, open_shop(house) as shop:
        old = (await shop.tokens())["refresh_token"]
        new = (await shop.refresh(old)).json()["refresh_token"]
        auth = shop.auth
    clock.advance(60)
    form = {"grant_type": "refresh_token"}
    async with open_house(tmp_path, clock=clock) as house, house.client() as http:
        for token in (old, new):
            answer = await http.post("/token", data={**form, "refresh_token": token}, auth=auth)
            assert error(answer) == (400, "invalid_grant")


async def test_keycloak_cve_2026_16089_a_code_cannot_be_turned_to_another_client(shop: Shop):
    other = await shop.another()
    code = await shop.code()
    for changed in (code, code + "." + other[0], code[:-1] + ("A" if code[-1] != "A" else "B"), code.swapcase()):
        assert error(await shop.redeem(changed, other)) == (400, "invalid_grant")


async def test_zitadel_ghsa_xqxv_4jc2_x56x_codes_and_refresh_tokens_belong_to_one_client(shop: Shop):
    other = await shop.another()
    public = ((await shop.another(token_endpoint_auth_method="none"))[0], "")
    code, token = await shop.code(), (await shop.tokens())["refresh_token"]
    assert error(await shop.redeem(code, other)) == (400, "invalid_grant")
    assert error(await shop.redeem_publicly(code, public[0])) == (400, "invalid_grant")
    assert error(await shop.refresh(token, public)) == (400, "invalid_grant")


async def test_keycloak_cve_2026_4282_what_is_used_once_for_one_purpose_is_no_code_for_another(shop: Shop):
    """One store without kinds held everything that is used once: a code could be forged from something else."""
    form = shop.walker.request(shop.client_id)
    uri = (await shop.post("/par", form, shop.auth)).json()["request_uri"]
    refresh = (await shop.tokens())["refresh_token"]
    for thing in (uri, uri.rpartition(":")[2], refresh, "jti", "code"):
        assert error(await shop.redeem(thing)) == (400, "invalid_grant"), thing
    code = await shop.code()
    assert error(await shop.refresh(code)) == (400, "invalid_grant")
    page = await shop.walker.get(
        "/authorize", client_id=shop.client_id, request_uri=uri.rpartition(":")[0] + ":" + code
    )
    assert (page.status, page.location) == (410, "")


async def test_zitadel_cve_2023_22492_refresh_tokens_of_disabled_customers_are_dead(shop: Shop):
    """GHSA-6rrr-78xp-5jp8."""
    tokens = await shop.tokens()
    assert isinstance(await shop.house.administration().disable(shop.customer.id, SYSTEM), Customer)
    assert error(await shop.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
    assert not await shop.is_active(tokens["access_token"])
