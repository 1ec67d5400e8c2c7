"""RFC 7523 §2.1 and §3, JWT assertions as authorization grants (client assertions have a file of their own)."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx2
import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from limen.access.clients.records import AuthMethod
from limen.app.basis import tenancy
from limen.identity.administrators import SYSTEM
from limen.identity.tenants.management import TenantChange
from limen.identity.tenants.records import Tenant
from limen.identity.tenants.trust import TrustedIssuer
from limen.kernel.clock import SECOND
from tests.integration.tokens.kit import Shop, claims, error

pytestmark = pytest.mark.anyio

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ISSUER = "https://ci.example"
SERVICE = "repo:acme/shop:ref:main"
KEY, OTHER = ECKey.generate_key("P-256", {"kid": "one"}), ECKey.generate_key("P-256", {"kid": "one"})


@dataclass
class Trusted:
    """A tenant that trusts an issuer with one client."""

    shop: Shop
    auth: tuple[str, str]
    count: int = field(default=0)

    async def trust(self, **changes: Any) -> None:
        given = {
            "issuer": ISSUER,
            "jwks": {"keys": [KEY.as_dict(private=False)]},
            "subjects": ("repo:acme/*",),
            "clients": (self.auth[0],),
        }
        issuers = (TrustedIssuer(**given | changes),)
        house, tenant = self.shop.house, self.shop.tenant
        settings = msgspec.structs.replace(tenant.settings, trusted_issuers=issuers)
        change = TenantChange(settings=settings)
        changed = await tenancy(house.basis, house.tenant).update(tenant.slug, change, SYSTEM)
        assert isinstance(changed, Tenant), changed

    def assertion(self, key: Any = KEY, header: dict[str, Any] | None = None, **changes: Any) -> str:
        self.count += 1
        now = self.shop.house.clock.now() // SECOND
        says = {
            "iss": ISSUER,
            "sub": SERVICE,
            "aud": "https://id.example",
            "exp": now + 120,
            "iat": now,
            "jti": f"n{self.count}",
        }
        told = {name: value for name, value in {**says, **changes}.items() if value is not ...}
        return jwt.encode({"alg": "ES256", "kid": "one", **(header or {})}, told, key)

    async def show(self, assertion: str, auth: tuple[str, str] | None = None, **changes: Any) -> httpx2.Response:
        form = {"grant_type": GRANT, "assertion": assertion, "scope": "orders"}
        return await self.shop.post("/token", form | changes, auth or self.auth)


@pytest.fixture
async def trusted(shop: Shop) -> Trusted:
    auth = await shop.another(
        grant_types=(GRANT,), redirect_uris=(), scopes=("orders", "openid"), audiences=("https://orders.example",)
    )
    made = Trusted(shop, auth)
    await made.trust()
    return made


async def test_rfc7523_s2_1_a_trusted_word_is_an_access_token_and_nothing_else(trusted: Trusted):
    answer = await trusted.show(trusted.assertion())
    body = answer.json()
    assert answer.status_code == 200, answer.text
    assert set(body) == {"access_token", "token_type", "expires_in", "scope"}
    said = claims(body["access_token"])
    assert (said["sub"], said["client_id"], said["scope"]) == (f"{ISSUER}|{SERVICE}", trusted.auth[0], "orders")
    assert said["aud"] == "https://orders.example"
    assert {"auth_time", "sid", "fid"}.isdisjoint(said)
    assert await trusted.shop.is_active(body["access_token"], trusted.auth)
    [told] = [one for one in await trusted.shop.told("token.issued") if one["data"]["grant"] == "jwt-bearer"]
    assert told["data"]["service"] == SERVICE


async def test_rfc7523_s2_1_the_assertion_is_required(trusted: Trusted):
    assert error(await trusted.show("")) == (400, "invalid_request")


async def test_rfc7523_s3_1_of_many_at_once_one_assertion_works_once(trusted: Trusted):

    text = trusted.assertion()
    answers = await asyncio.gather(*(trusted.show(text) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 19
    assert error(await trusted.show(text)) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"iss": ...},
        {"sub": "repo:evil/shop"},
        {"sub": ...},
        {"sub": ""},
        {"sub": 7},
        {"aud": "https://other.example"},
        {"aud": ["https://id.example", "https://other.example"]},
        {"aud": []},
        {"aud": ...},
        {"jti": ...},
        {"jti": "x" * 300},
        {"exp": ...},
        {"exp": 1},
        {"exp": "soon"},
        {"exp": 10**10},
        {"nbf": 10**10},
        {"iat": 10**10},
        {"iat": True},
    ],
)
async def test_rfc7523_s3_each_claim_is_judged(trusted: Trusted, changes: dict[str, Any]):
    assert error(await trusted.show(trusted.assertion(**changes))) == (400, "invalid_grant")


@pytest.mark.parametrize("audience", ["https://id.example", "https://id.example/token", ["https://id.example"]])
async def test_rfc7523_s3_the_audience_is_the_issuer_or_the_token_endpoint(trusted: Trusted, audience: Any):
    assert (await trusted.show(trusted.assertion(aud=audience))).status_code == 200


async def test_rfc7523_s3_only_the_issuers_key_and_a_signature_will_do(trusted: Trusted):
    assert error(await trusted.show(trusted.assertion(OTHER))) == (400, "invalid_grant")
    public = OctKey.import_key(KEY.as_dict(private=False)["x"])
    shared = trusted.assertion(public, {"alg": "HS256"})
    assert error(await trusted.show(shared)) == (400, "invalid_grant")
    body = trusted.assertion().split(".")[1]
    for text in (f"eyJhbGciOiJub25lIn0.{body}.", "x", "a.b.c", "ey" * 9_000):
        assert error(await trusted.show(text)) == (400, "invalid_grant")


async def test_rfc7523_s3_a_token_of_another_type_is_no_grant(trusted: Trusted):
    for kind in ("at+jwt", "dpop+jwt", "client-authentication+jwt", "logout+jwt"):
        assert error(await trusted.show(trusted.assertion(header={"typ": kind}))) == (400, "invalid_grant")
    assert (await trusted.show(trusted.assertion(header={"typ": "JWT"}))).status_code == 200


async def test_rfc7521_s4_1_the_client_proves_itself_as_well(trusted: Trusted):
    assert error(await trusted.show(trusted.assertion(), (trusted.auth[0], "wrong" * 10))) == (401, "invalid_client")
    other = await trusted.shop.another(grant_types=(GRANT,), redirect_uris=(), scopes=("orders",))
    assert error(await trusted.show(trusted.assertion(), other)) == (400, "invalid_grant")  # not trusted with it
    assert error(await trusted.show(trusted.assertion(), trusted.shop.auth)) == (400, "unauthorized_client")
    with pytest.raises(AssertionError, match="public_client"):
        await trusted.shop.another(grant_types=(GRANT,), redirect_uris=(), token_endpoint_auth_method=AuthMethod.NONE)


async def test_rfc7523_s3_1_scopes_are_those_of_the_client_and_nobody_signs_in(trusted: Trusted):
    for scope in ("stock", "openid", "offline_access"):
        assert error(await trusted.show(trusted.assertion(), scope=scope)) == (400, "invalid_scope")
    text = trusted.assertion()
    await trusted.show(text, scope="stock")
    assert (await trusted.show(text)).status_code == 200  # what was refused was not spent


async def test_rfc7523_s3_a_customer_is_spoken_for_only_where_that_is_said(trusted: Trusted):
    mine = trusted.shop.customer.subject
    said = claims((await trusted.show(trusted.assertion(sub=SERVICE))).json()["access_token"])
    assert said["sub"] != mine
    assert error(await trusted.show(trusted.assertion(sub=mine))) == (400, "invalid_grant")
    await trusted.trust(speaks_for="customer", subjects=())
    body = (await trusted.show(trusted.assertion(sub=mine))).json()
    assert claims(body["access_token"])["sub"] == mine
    assert await trusted.shop.is_active(body["access_token"], trusted.auth)
    assert error(await trusted.show(trusted.assertion(sub="nobody"))) == (400, "invalid_grant")
    await trusted.trust(speaks_for="customer", subjects=("somebody-else",))
    assert error(await trusted.show(trusted.assertion(sub=mine))) == (400, "invalid_grant")


async def test_rfc7523_s3_where_a_customer_must_consent_nobody_speaks_for_them(trusted: Trusted):
    await trusted.trust(speaks_for="customer", subjects=())
    await trusted.shop.house.change_client(trusted.auth[0], require_consent=True)
    answer = await trusted.show(trusted.assertion(sub=trusted.shop.customer.subject))
    assert error(answer) == (400, "unauthorized_client")


async def test_rfc7523_s3_an_issuer_that_is_trusted_no_more_is_heard_no_more(trusted: Trusted):
    await trusted.trust(clients=("another",))
    assert error(await trusted.show(trusted.assertion())) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "changes",
    [
        {"jwks": None},
        {"jwks_uri": "https://ci.example/jwks"},
        {"subjects": ()},
        {"subjects": ("*",)},
        {"clients": ()},
        {"issuer": ""},
        {"max_life": 86_400},
    ],
)
async def test_trust_that_is_not_named_is_not_accepted(trusted: Trusted, changes: dict[str, Any]):
    with pytest.raises(AssertionError, match="trusted_issuers"):
        await trusted.trust(**changes)
