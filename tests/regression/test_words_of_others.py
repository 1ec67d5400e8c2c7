"""Tokens that rest on somebody else's word, or on a token: they end with their customer and administer nothing."""

from typing import Any

import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from limen.access.clients.records import TokenExchange
from limen.app.basis import tenancy
from limen.identity.administrators import SYSTEM, Role
from limen.identity.tenants.management import TenantChange
from limen.identity.tenants.records import Tenant
from limen.identity.tenants.trust import TrustedIssuer
from limen.kernel.clock import SECOND
from tests.integration.tokens.kit import Shop, error, open_shop

pytestmark = pytest.mark.anyio

BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ISSUER = "https://ci.example"
KEY = ECKey.generate_key("P-256", {"kid": "one"})
ADMIN = "limen:customers:read"


@pytest.fixture
async def shop(house):
    async with open_shop(house) as shop:
        yield shop


async def trust(shop: Shop, client_id: str, **changes: Any) -> None:
    issuer = TrustedIssuer(
        **{"issuer": ISSUER, "jwks": {"keys": [KEY.as_dict(private=False)]}, "clients": (client_id,)} | changes
    )
    settings = msgspec.structs.replace(shop.tenant.settings, trusted_issuers=(issuer,))
    changed = await tenancy(shop.house.basis, shop.house.tenant).update(
        shop.tenant.slug, TenantChange(settings=settings), SYSTEM
    )
    assert isinstance(changed, Tenant), changed


def word(shop: Shop, subject: str, jti: str = "one") -> str:
    now = shop.house.clock.now() // SECOND
    said = {"iss": ISSUER, "sub": subject, "aud": "https://id.example", "exp": now + 120, "iat": now, "jti": jti}
    return jwt.encode({"alg": "ES256", "kid": "one"}, said, KEY)


async def bring(shop: Shop, auth: tuple[str, str], subject: str, **changes: Any) -> Any:
    form = {"grant_type": BEARER, "assertion": word(shop, subject), "scope": "orders"} | changes
    return await shop.post("/token", form, auth)


async def exchange(shop: Shop, auth: tuple[str, str], token: str, kind: str, **changes: Any) -> Any:
    form = {
        "grant_type": EXCHANGE,
        "subject_token": token,
        "subject_token_type": f"urn:ietf:params:oauth:token-type:{kind}",
    }
    return await shop.post("/token", form | changes, auth)


async def administer(shop: Shop, token: str) -> int:
    headers = {"authorization": f"Bearer {token}"}
    return (await shop.http.get("/api/v1/customers", headers=headers)).status_code


async def make_administrator(shop: Shop) -> None:
    async with shop.house.storage.database.begin(shop.tenant.id) as unit:
        await unit.administrators.appoint(shop.customer.id, Role.TENANT, shop.house.clock.now())


async def test_a_token_by_a_trusted_issuer_ends_with_all_that_its_customer_has(shop: Shop):
    auth = await shop.another(grant_types=(BEARER,), redirect_uris=())
    await trust(shop, auth[0], speaks_for="customer")
    token = (await bring(shop, auth, shop.customer.subject)).json()["access_token"]
    assert await shop.is_active(token, auth)
    await shop.house.administration(shop.tenant).sign_out_everywhere(shop.customer.id, SYSTEM)
    assert not await shop.is_active(token, auth)


async def test_a_token_by_a_trusted_issuer_ends_with_its_erased_customer(shop: Shop):
    auth = await shop.another(grant_types=(BEARER,), redirect_uris=())
    await trust(shop, auth[0], speaks_for="customer")
    token = (await bring(shop, auth, shop.customer.subject)).json()["access_token"]
    assert await shop.is_active(token, auth)
    await shop.house.administration(shop.tenant).delete(shop.customer.id, SYSTEM)
    assert not await shop.is_active(token, auth)


@pytest.mark.parametrize("speaks_for", ["service", "customer"])
async def test_no_trusted_issuer_makes_an_administrator(shop: Shop, speaks_for: str):
    auth = await shop.another(grant_types=(BEARER,), redirect_uris=(), scopes=("orders", ADMIN))
    await make_administrator(shop)
    await trust(shop, auth[0], speaks_for=speaks_for, subjects=(shop.customer.subject,))
    assert error(await bring(shop, auth, shop.customer.subject, scope=ADMIN)) == (400, "invalid_scope")
    answer = await bring(shop, auth, shop.customer.subject, scope=None)
    assert answer.json()["scope"] == "orders"
    assert await administer(shop, answer.json()["access_token"]) == 403


@pytest.mark.parametrize("kind", ["id_token", "access_token"])
async def test_no_exchanged_token_administers(shop: Shop, kind: str):
    auth = await shop.another(
        grant_types=(EXCHANGE,),
        redirect_uris=(),
        scopes=("orders", ADMIN),
        token_exchange=TokenExchange(subject_clients=(shop.client_id,), impersonation=True),
    )
    await make_administrator(shop)
    await shop.house.change_client(shop.client_id, scopes=("openid", "orders", ADMIN))
    source = (await shop.tokens(scope=f"openid orders {ADMIN}"))[kind]
    assert error(await exchange(shop, auth, source, kind, scope=ADMIN)) == (400, "invalid_scope")
    answer = await exchange(shop, auth, source, kind)
    assert answer.json()["scope"] == "orders"
    assert await administer(shop, answer.json()["access_token"]) == 403


async def test_an_id_token_is_no_consent_to_what_a_strange_client_may_ask_for(shop: Shop):
    auth = await shop.another(
        grant_types=(EXCHANGE,),
        redirect_uris=(),
        scopes=("payments",),
        require_consent=True,
        token_exchange=TokenExchange(subject_clients=(shop.client_id,)),
    )
    source = (await shop.tokens())["id_token"]
    assert error(await exchange(shop, auth, source, "id_token", scope="payments")) == (400, "unauthorized_client")
