"""Tokens bound to a key (RFC 9449 §6.1) or a certificate (RFC 8705 §3.1), by every grant: one table."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from limen.access.clients.records import TokenExchange
from limen.access.tokens.waiting import WaitingKind
from tests.conformance.test_rfc7523_jwt_bearer import GRANT as JWT_BEARER
from tests.conformance.test_rfc7523_jwt_bearer import Trusted
from tests.conformance.test_rfc8693_token_exchange import GRANT as EXCHANGE
from tests.conformance.test_rfc8693_token_exchange import TYPE
from tests.integration.tokens.certificates import Certificate, handed_on
from tests.integration.tokens.kit import EMAIL, Shop, claims, error
from tests.integration.tokens.proofs import Prover
from tests.support.house import CALLBACK
from tests.support.walker import VERIFIER

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("edge")]
DEVICE, CIBA = WaitingKind.DEVICE.value, WaitingKind.BACKCHANNEL.value


# ------------------------------------------------------------------------------------------------------ the methods


class ByKey:
    """A client that proves a key with each request."""

    document = {"dpop_bound_access_tokens": True}  # noqa: RUF012
    kind, refusal = "DPoP", (400, "invalid_dpop_proof")

    def __init__(self, shop: Shop) -> None:
        self.prover = Prover(shop.house.clock)
        self.cnf = {"jkt": self.prover.jkt}

    def headers(self) -> dict[str, str]:
        return self.prover.header()

    def call(self, token: str) -> dict[str, str]:
        return self.prover.call(token)


class ByCertificate:
    """A client that has a certificate of its own, and proves itself by its secret."""

    document = {"tls_client_certificate_bound_access_tokens": True}  # noqa: RUF012
    kind, refusal = "Bearer", (400, "invalid_request")

    def __init__(self, shop: Shop) -> None:
        self.certificate = Certificate()
        self.cnf = {"x5t#S256": self.certificate.thumbprint}

    def headers(self) -> dict[str, str]:
        return handed_on(self.certificate, "NONE")

    def call(self, token: str) -> dict[str, str]:
        return {"authorization": f"Bearer {token}", **self.headers()}


METHODS = {"dpop": ByKey, "certificate": ByCertificate}
Holder = ByKey | ByCertificate


# ------------------------------------------------------------------------------------------------------- the grants


@dataclass
class Asked:
    """What a client of this grant asks the token endpoint for."""

    auth: tuple[str, str]
    form: dict[str, Any]


async def by_code(shop: Shop, holder: Holder) -> Asked:
    auth = await shop.another(**holder.document)
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    return Asked(auth, form | {"code": await shop.code(auth[0])})


async def by_refresh(shop: Shop, holder: Holder) -> Asked:
    first = await by_code(shop, holder)
    tokens = (await shop.post("/token", first.form, first.auth, headers=holder.headers())).json()
    return Asked(first.auth, {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})


async def by_itself(shop: Shop, holder: Holder) -> Asked:
    return Asked(await shop.machine("orders", **holder.document), {"grant_type": "client_credentials"})


async def by_device(shop: Shop, holder: Holder) -> Asked:
    auth = await shop.another(grant_types=(DEVICE,), redirect_uris=(), **holder.document)
    begun = (await shop.post("/device_authorization", {"scope": "openid"}, auth)).json()
    page = await shop.walker.post(await shop.walker.get("/device"), user_code=begun["user_code"])
    await shop.walker.post(page, decision="continue")
    return Asked(auth, {"grant_type": DEVICE, "device_code": begun["device_code"]})


async def by_ciba(shop: Shop, holder: Holder) -> Asked:
    poll = {"backchannel_token_delivery_mode": "poll"}
    auth = await shop.another(grant_types=(CIBA,), redirect_uris=(), **poll, **holder.document)
    ask = {"scope": "openid", "login_hint": EMAIL, "binding_message": "W4SCT"}
    begun = (await shop.post("/bc-authorize", ask, auth)).json()
    await shop.walker.post(await shop.walker.get("/approve"), decision="continue")
    return Asked(auth, {"grant_type": CIBA, "auth_req_id": begun["auth_req_id"]})


async def by_exchange(shop: Shop, holder: Holder) -> Asked:
    policy = {"token_exchange": TokenExchange(subject_clients=(shop.client_id,)), "scopes": ("orders",)}
    auth = await shop.another(grant_types=(EXCHANGE,), redirect_uris=(), **policy, **holder.document)
    token = (await shop.tokens(scope="openid orders"))["access_token"]
    form = {"grant_type": EXCHANGE, "subject_token": token, "subject_token_type": f"{TYPE}access_token"}
    return Asked(auth, form)


async def by_assertion(shop: Shop, holder: Holder) -> Asked:
    auth = await shop.another(grant_types=(JWT_BEARER,), redirect_uris=(), scopes=("orders",), **holder.document)
    trusted = Trusted(shop, auth)
    await trusted.trust()
    return Asked(auth, {"grant_type": JWT_BEARER, "assertion": trusted.assertion(), "scope": "orders"})


GRANTS: dict[str, Callable[[Shop, Holder], Awaitable[Asked]]] = {
    "authorization_code": by_code,
    "refresh_token": by_refresh,
    "client_credentials": by_itself,
    DEVICE: by_device,
    CIBA: by_ciba,
    EXCHANGE: by_exchange,
    JWT_BEARER: by_assertion,
}
OF_CUSTOMERS = ("authorization_code", "refresh_token", DEVICE, CIBA)
"""Grants whose tokens open userinfo."""


async def test_the_table_has_every_grant_that_is_served(shop: Shop):
    served = (await shop.http.get("/.well-known/oauth-authorization-server")).json()["grant_types_supported"]
    assert set(GRANTS) == set(served)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("grant", GRANTS, ids=lambda grant: grant.rpartition(":")[2])
async def test_a_token_names_the_key_of_whoever_asked_for_it(shop: Shop, grant: str, method: str):
    holder = METHODS[method](shop)
    asked = await GRANTS[grant](shop, holder)
    assert error(await shop.post("/token", asked.form, asked.auth)) == holder.refusal
    shop.house.clock.advance(10)  # nobody polls too fast
    answer = await shop.post("/token", asked.form, asked.auth, headers=holder.headers())
    assert answer.status_code == 200, answer.text
    token = answer.json()["access_token"]
    assert (answer.json()["token_type"], claims(token)["cnf"]) == (holder.kind, holder.cnf)
    told = await shop.introspect(token, asked.auth)
    assert (told["active"], told["token_type"], told["cnf"]) == (True, holder.kind, holder.cnf)
    if grant in OF_CUSTOMERS:
        assert (await shop.http.get("/userinfo", headers=holder.call(token))).status_code == 200
        stranger = METHODS[method](shop)
        for headers in ({"authorization": f"Bearer {token}"}, stranger.call(token)):
            assert error(await shop.http.get("/userinfo", headers=headers))[0] == 401
