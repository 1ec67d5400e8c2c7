"""Userinfo: which claims for which scopes, and who gets none (OpenID Connect Core §5.3, §5.4, RFC 6750)."""

import msgspec
import pytest

from limen.identity.customers.directory import seal
from limen.kernel.clock import SECOND
from tests.integration.tokens.kit import EMAIL, Shop

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("scope", "known"),
    [
        ("openid", set()),
        ("openid orders", set()),
        ("openid email", {"email", "email_verified"}),
        ("openid profile", {"name", "updated_at"}),
        ("openid profile email", {"name", "updated_at", "email", "email_verified"}),
    ],
)
async def test_the_scopes_decide_which_claims_are_given(shop: Shop, scope: str, known: set[str]):
    said = (await shop.userinfo((await shop.tokens(scope=scope))["access_token"])).json()
    assert said.pop("sub") == shop.customer.subject
    assert set(said) == known


async def test_claims_are_what_the_profile_says_now(shop: Shop):
    token = (await shop.tokens())["access_token"]
    said = (await shop.userinfo(token)).json()
    assert (said["email"], said["email_verified"], said["name"]) == (EMAIL, True, "Ann Lee")


async def test_the_instant_is_that_of_the_profile_and_of_nothing_else(shop: Shop):
    made_at = shop.house.clock.now() // SECOND
    token = (await shop.tokens())["access_token"]
    assert (await shop.userinfo(token)).json()["updated_at"] == made_at
    shop.house.clock.advance(60)
    async with shop.house.storage.database.begin(shop.tenant.id) as unit:
        found = await shop.house.directory(shop.tenant).open(await unit.customers.get(shop.customer.id))
        vault = await shop.house.directory(shop.tenant).vault_of(found.id)
        later = found.with_other_password(shop.house.clock.now())
        assert await unit.customers.update(seal(later, vault), found.version)
    assert (await shop.userinfo(token)).json()["updated_at"] == made_at
    profile = msgspec.structs.replace(found.profile, updated_at=0)  # from before it was kept: at the latest
    async with shop.house.storage.database.begin(shop.tenant.id) as unit:
        assert await unit.customers.update(seal(msgspec.structs.replace(later, profile=profile, version=3), vault), 2)
    assert (await shop.userinfo(token)).json()["updated_at"] == made_at + 60


async def test_a_narrowed_token_gives_narrow_claims(shop: Shop):
    tokens = await shop.tokens()
    narrow = (await shop.refresh(tokens["refresh_token"], scope="openid email")).json()
    assert "name" not in (await shop.userinfo(narrow["access_token"])).json()


async def test_a_token_without_openid_is_told_that_its_scope_is_too_small(shop: Shop):
    answer = await shop.userinfo((await shop.tokens(scope="orders"))["access_token"])
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


async def test_a_machine_has_no_userinfo(shop: Shop):
    token = (await shop.own_token(await shop.machine()))["access_token"]
    assert (await shop.userinfo(token)).status_code == 403


async def test_a_post_may_carry_the_token_in_its_form(shop: Shop):
    token = (await shop.tokens())["access_token"]
    assert (await shop.post("/userinfo", {"access_token": token})).json()["sub"] == shop.customer.subject


async def test_a_token_in_header_and_form_at_once_is_a_malformed_request(shop: Shop):
    token = (await shop.tokens())["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    answer = await shop.post("/userinfo", {"access_token": token}, headers=headers)
    assert answer.status_code == 400
    assert 'error="invalid_request"' in answer.headers["www-authenticate"]


async def test_a_token_in_the_query_is_no_token(shop: Shop):
    token = (await shop.tokens())["access_token"]
    answer = await shop.http.get("/userinfo", params={"access_token": token})
    assert answer.status_code == 401
    assert "error" not in answer.headers["www-authenticate"]


@pytest.mark.parametrize("kind", ["id_token", "refresh_token"])
async def test_no_other_token_opens_it(shop: Shop, kind: str):
    answer = await shop.userinfo((await shop.tokens())[kind])
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_the_answer_is_kept_by_no_cache(shop: Shop):
    assert (await shop.userinfo((await shop.tokens())["access_token"])).headers["cache-control"] == "no-store"
