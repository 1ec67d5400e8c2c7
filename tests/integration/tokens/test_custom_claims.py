"""Custom claims: where they come from, where they go, and what they can never say."""

import msgspec
import pytest

from limen.access.clients.records import ClientDocument
from limen.app.basis import tenancy
from limen.identity.administrators import SYSTEM
from limen.identity.tenants.claims import RESERVED, ClaimRule
from limen.identity.tenants.management import TenantChange
from limen.kernel.errors import Invalid
from tests.integration.tokens.kit import Shop, claims

pytestmark = pytest.mark.anyio
NAME = ClaimRule(claim="https://shop.example/name", source="profile", field="name", scope="profile")
PLAN = ClaimRule(claim="plan", source="constant", value="gold", into=("access_token",))
ALLOWED = ClaimRule(claim="allowed", source="scopes", into=("access_token", "id_token"))


async def _for_all(shop: Shop, *rules: ClaimRule):
    settings = msgspec.structs.replace(shop.tenant.settings, claims=rules)
    return await tenancy(shop.house.basis, shop.tenant).update(
        shop.tenant.slug, TenantChange(settings=settings), SYSTEM
    )


async def test_a_claim_goes_where_its_rule_says_and_nowhere_else(shop: Shop):
    await _for_all(shop, NAME, PLAN, ALLOWED)
    tokens = await shop.tokens(scope="openid profile")
    userinfo = (await shop.userinfo(tokens["access_token"])).json()
    access, identity = claims(tokens["access_token"]), claims(tokens["id_token"])
    assert (access["plan"], access["allowed"], NAME.claim in access) == ("gold", ["openid", "profile"], False)
    assert (identity[NAME.claim], identity["allowed"], "plan" in identity) == ("Ann Lee", ["openid", "profile"], False)
    assert userinfo[NAME.claim] == "Ann Lee"
    assert not {"plan", "allowed"} & userinfo.keys()
    assert (await shop.introspect(tokens["access_token"]))["plan"] == "gold"


async def test_a_claim_that_waits_for_a_scope_is_not_there_without_it(shop: Shop):
    await _for_all(shop, NAME)
    assert NAME.claim not in claims((await shop.tokens(scope="openid"))["id_token"])


@pytest.mark.parametrize(
    ("when", "is_there"),
    [
        ("email_domain == 'example.com'", True),
        ("email_domain == 'example.org' || name.startsWith('Ann')", True),
        ("email_domain == 'example.org'", False),
        ("name.startsWith('Bob')", False),
        ("nickname == 'Annie'", False),  # what is not known does not hold,
        ("!(nickname == 'Annie')", False),  # nor does its contrary
        ("into == 'access_token' && client != ''", True),
        ("into == 'id_token'", False),
        ("attributes.tier == 'gold'", False),
    ],
)
async def test_a_claim_is_there_where_its_condition_holds(shop: Shop, when: str, is_there: bool):
    await _for_all(shop, msgspec.structs.replace(PLAN, when=when))
    assert ("plan" in claims((await shop.tokens(scope="openid"))["access_token"])) is is_there


async def test_a_condition_on_a_customer_holds_for_no_client_of_its_own(shop: Shop):
    await _for_all(shop, msgspec.structs.replace(PLAN, when="name != 'Bob'"))
    assert "plan" not in claims((await shop.own_token(await shop.machine()))["access_token"])


async def test_a_clients_rule_wins_over_the_tenants(shop: Shop):
    await _for_all(shop, PLAN)
    other = msgspec.structs.replace(PLAN, value="silver")
    machine = await shop.machine(claims=(other,))
    assert claims((await shop.own_token(machine))["access_token"])["plan"] == "silver"
    assert claims((await shop.own_token(await shop.machine()))["access_token"])["plan"] == "gold"


async def test_claims_are_read_anew_when_a_token_is_refreshed(shop: Shop):
    await _for_all(shop, PLAN)
    tokens = await shop.tokens()
    await _for_all(shop, msgspec.structs.replace(PLAN, value="bronze"))
    assert claims((await shop.refresh(tokens["refresh_token"])).json()["access_token"])["plan"] == "bronze"


@pytest.mark.parametrize("name", sorted(RESERVED))
async def test_no_rule_may_say_what_we_vouch_for(shop: Shop, name: str):
    refused = await _for_all(shop, ClaimRule(claim=name, source="constant", value="x"))
    assert isinstance(refused, Invalid)
    assert refused.fields == {"settings.claims.0.claim": "claim.reserved"}


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (ClaimRule(claim="", source="scopes"), "claim"),
        (ClaimRule(claim="with space", source="scopes"), "claim"),
        (ClaimRule(claim="x", source="profile"), "field"),
        (ClaimRule(claim="x", source="profile", field="password"), "field"),
        (ClaimRule(claim="x", source="constant"), "value"),
        (ClaimRule(claim="x", source="scopes", value="y"), "value"),
        (ClaimRule(claim="x", source="scopes", into=()), "into"),
        (ClaimRule(claim="x", source="scopes", when="password == 'x'"), "when"),
        (ClaimRule(claim="x", source="scopes", when="name"), "when"),
    ],
)
async def test_a_rule_that_means_nothing_is_refused(shop: Shop, rule: ClaimRule, field: str):
    document = ClientDocument(client_name="x", redirect_uris=("https://shop.example/",), claims=(rule,))
    refused = await shop.house.registration().create(document, SYSTEM)
    assert isinstance(refused, Invalid)
    assert f"claims.0.{field}" in refused.fields
