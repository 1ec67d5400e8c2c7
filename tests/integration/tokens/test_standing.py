"""What a token is worth later: revoked, its customer or client gone, its key rotated, at another tenant."""

import pytest

from limen.access.jose.rotation import RotationPolicy, Urgency
from limen.app.basis import tenancy
from limen.app.jobs.upkeep import rotate_tenant
from limen.identity.administrators import SYSTEM
from limen.identity.tenants.management import TenantChange
from tests.integration.tokens.kit import Shop, claims, error, header, open_shop

pytestmark = pytest.mark.anyio


async def worth(shop: Shop, tokens: dict) -> tuple[bool, int, int]:
    """Active at introspection; the status of userinfo; the status of a refresh."""
    active = await shop.is_active(tokens["access_token"])
    seen = (await shop.userinfo(tokens["access_token"])).status_code
    return active, seen, (await shop.refresh(tokens["refresh_token"])).status_code


async def test_what_was_just_issued_is_good_everywhere(shop: Shop):
    assert await worth(shop, await shop.tokens()) == (True, 200, 200)


async def test_a_revoked_refresh_token_takes_its_whole_family_along_at_once(shop: Shop):
    tokens = await shop.tokens()
    refreshed = (await shop.refresh(tokens["refresh_token"])).json()
    assert (await shop.revoke(tokens["refresh_token"])).status_code == 200  # an older one of the family
    assert not await shop.is_active(tokens["access_token"])
    assert await worth(shop, refreshed) == (False, 401, 400)
    (record,) = await shop.told("token.revoked")
    assert record["data"] == {"family": claims(tokens["access_token"])["fid"]}


async def test_a_revoked_access_token_ends_alone(shop: Shop):
    tokens = await shop.tokens()
    other = (await shop.refresh(tokens["refresh_token"])).json()
    await shop.revoke(tokens["access_token"])
    assert not await shop.is_active(tokens["access_token"])
    assert await worth(shop, other) == (True, 200, 200)
    (record,) = await shop.told("token.revoked")
    assert record["data"] == {"jti": claims(tokens["access_token"])["jti"]}


async def test_revoking_again_or_revoking_nothing_is_answered_alike(shop: Shop):
    tokens = await shop.tokens()
    answers = [await shop.revoke(tokens["refresh_token"]), await shop.revoke(tokens["refresh_token"])]
    answers += [await shop.revoke("nonsense"), await shop.revoke("rt_nonsense")]
    assert {(answer.status_code, answer.text) for answer in answers} == {(200, "{}")}
    assert len(await shop.told("token.revoked")) == 1


async def test_nobody_revokes_what_was_issued_to_another(shop: Shop):
    tokens, other = await shop.tokens(), await shop.another()
    await shop.revoke(tokens["refresh_token"], other)
    await shop.revoke(tokens["access_token"], other)
    assert await worth(shop, tokens) == (True, 200, 200)
    assert await shop.told("token.revoked") == []


async def test_a_disabled_customer_ends_everything(shop: Shop):
    tokens = await shop.tokens()
    await shop.house.administration().disable(shop.customer.id, SYSTEM)
    assert await worth(shop, tokens) == (False, 401, 400)
    await shop.house.administration().enable(shop.customer.id, SYSTEM)
    assert await worth(shop, tokens) == (False, 401, 400)


async def test_an_erased_customer_ends_everything(shop: Shop):
    tokens = await shop.tokens()
    await shop.house.administration().delete(shop.customer.id, SYSTEM)
    assert await worth(shop, tokens) == (False, 401, 400)


async def test_an_erased_customers_tokens_stay_dead_when_all_that_was_held_in_memory_is_dropped(shop: Shop):
    tokens = await shop.tokens()
    shop.house.clock.advance(2)
    await shop.house.administration().delete(shop.customer.id, SYSTEM)
    await tenancy(shop.house.basis, shop.tenant).update(shop.tenant.slug, TenantChange(name="Renamed"), SYSTEM)
    assert await worth(shop, tokens) == (False, 401, 400)


async def test_signing_out_ends_what_hangs_on_the_session(shop: Shop):
    tokens = await shop.tokens()
    await shop.walker.post(await shop.walker.get("/account"), intent="sign_out")
    assert await worth(shop, tokens) == (False, 401, 400)


async def test_a_disabled_client_holds_nothing_and_gets_it_back_when_it_is_enabled(shop: Shop):
    tokens, other = await shop.tokens(), await shop.machine("introspect")
    await shop.house.change_client(shop.client_id, disabled=True)
    assert error(await shop.refresh(tokens["refresh_token"])) == (401, "invalid_client")
    assert (await shop.userinfo(tokens["access_token"])).status_code == 401
    assert not await shop.is_active(tokens["access_token"], other)
    await shop.house.change_client(shop.client_id, disabled=False)
    assert await worth(shop, tokens) == (True, 200, 200)


async def test_a_deleted_client_leaves_nothing_behind(shop: Shop):
    tokens, machine = await shop.tokens(), await shop.another(audiences=("https://api.example",))
    own = await shop.own_token(await shop.machine())
    await shop.house.registration().delete(shop.client_id, SYSTEM)
    assert (await shop.userinfo(tokens["access_token"])).status_code == 401
    assert error(await shop.refresh(tokens["refresh_token"])) == (401, "invalid_client")
    assert not await shop.is_active(tokens["access_token"], machine)
    assert (await shop.house.rows())["families"] == 0
    assert claims(own["access_token"])["exp"] > 0


async def test_a_client_made_anew_under_the_same_name_inherits_no_family(shop: Shop):
    tokens = await shop.tokens()
    shop.house.clock.advance(2)
    old = await shop.house.registration().delete(shop.client_id, SYSTEM)
    made = await shop.house.registration().create(old.document, SYSTEM, client_id=shop.client_id)
    shop.auth = (shop.client_id, made.secret.reveal())
    assert (await shop.refresh(tokens["refresh_token"])).status_code == 400


async def test_an_expired_access_token_is_inactive_to_the_second(shop: Shop):
    tokens = await shop.tokens()
    shop.house.clock.advance(tokens["expires_in"] - 1)
    assert await shop.is_active(tokens["access_token"])
    shop.house.clock.advance(1)
    assert not await shop.is_active(tokens["access_token"])
    assert (await shop.userinfo(tokens["access_token"])).status_code == 401


async def test_tokens_outlive_a_rotation_of_the_signing_keys_and_not_a_compromise(shop: Shop):
    basis, policy = shop.house.basis, RotationPolicy()

    async def rotate(urgency: Urgency) -> None:
        await rotate_tenant(basis, shop.tenant, urgency)

    old = await shop.tokens()
    await rotate(Urgency.SOON)
    shop.house.clock.advance(policy.publish_before.total_seconds() - 100)
    late = (await shop.refresh(old["refresh_token"])).json()
    shop.house.clock.advance(101)
    await rotate(Urgency.DUE)
    new = (await shop.refresh(late["refresh_token"])).json()
    kids = [header(one["access_token"])["kid"] for one in (old, late, new)]
    assert kids[0] == kids[1] != kids[2]
    published = {key["kid"] for key in (await shop.http.get("/jwks")).json()["keys"]}
    assert {kids[1], kids[2]} <= published
    assert await shop.is_active(late["access_token"])
    assert await shop.is_active(new["access_token"])
    await rotate(Urgency.COMPROMISED)
    assert not await shop.is_active(new["access_token"])
    assert (await shop.refresh(new["refresh_token"])).status_code == 200


async def test_another_tenant_knows_neither_our_clients_nor_our_tokens(shop: Shop):
    acme = await shop.house.add_tenant("acme")
    tokens = await shop.tokens()
    async with open_shop(shop.house, acme, email="bob@example.com") as other:
        theirs = await other.tokens()
        assert claims(theirs["access_token"])["iss"] == "https://id.example/t/acme"
        assert not await other.is_active(tokens["access_token"])
        assert not await shop.is_active(theirs["access_token"])
        assert (await other.userinfo(tokens["access_token"])).status_code == 401
        assert error(await other.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
        assert (await other.revoke(tokens["refresh_token"])).status_code == 200
        assert error(await other.refresh(tokens["refresh_token"], shop.auth)) == (401, "invalid_client")
        assert error(await other.redeem(await shop.code(), shop.auth)) == (401, "invalid_client")
        assert error(await other.redeem(await shop.code())) == (400, "invalid_grant")
        assert await worth(shop, tokens) == (True, 200, 200)
        assert await worth(other, theirs) == (True, 200, 200)


async def test_a_disabled_tenant_answers_nobody(shop: Shop):
    acme = await shop.house.add_tenant("acme")
    async with open_shop(shop.house, acme, email="bob@example.com") as other:
        tokens = await other.tokens()
        await tenancy(shop.house.basis, shop.tenant).disable("acme", SYSTEM)
        assert (await other.refresh(tokens["refresh_token"])).status_code == 400
        assert (await other.userinfo(tokens["access_token"])).status_code == 401
        assert (await other.post("/introspect", {"token": tokens["access_token"]}, other.auth)).status_code == 400
