"""RFC 9700 §4.13, TLS Terminating Reverse Proxies: only our own edge is believed."""

import pytest

from tests.integration.tokens.certificates import Certificate
from tests.integration.tokens.kit import Shop, error

pytestmark = pytest.mark.anyio


async def test_s4_13_a_certificate_that_anybody_sends_in_a_header_proves_nothing(shop: Shop):
    certificate = Certificate()
    client_id, _ = await shop.machine(token_endpoint_auth_method="self_signed_tls_client_auth", jwks=certificate.jwks)
    form = {"grant_type": "client_credentials", "client_id": client_id}
    for name, value in (
        ("client-cert", certificate.structured),
        ("x-ssl-client-cert", certificate.escaped),
        ("ssl-client-cert", certificate.escaped),
        ("x-forwarded-client-cert", certificate.envoy),
        ("x-forwarded-tls-client-cert", certificate.escaped),
    ):
        assert error(await shop.post("/token", form, headers={name: value})) == (401, "invalid_client"), name


@pytest.mark.parametrize("name", ["host", "x-forwarded-host", "forwarded", "x-original-url", "x-forwarded-proto"])
async def test_s4_13_a_header_cannot_change_the_issuer(shop: Shop, name: str):
    value = {"forwarded": "host=evil.example;proto=http", "x-forwarded-proto": "http"}.get(name, "evil.example")
    answer = await shop.http.get("/.well-known/openid-configuration", headers={name: value})
    if answer.status_code == 200:
        assert answer.json()["issuer"] == shop.tenant.issuer
        assert "evil.example" not in answer.text
    else:
        assert answer.status_code in {400, 404, 421}


async def test_s4_13_an_address_in_a_header_does_not_escape_the_limits(tmp_path, house_files):
    from tests.integration.tokens.kit import shop_in  # noqa: PLC0415 - a shop of its own, with a low limit

    async with shop_in(tmp_path, house_files, client_failures_per_address="3/60") as shop:
        statuses = []
        for number in range(6):
            headers = {"x-forwarded-for": f"198.51.100.{number}", "forwarded": f"for=198.51.100.{number}"}
            answer = await shop.post(
                "/token", {"grant_type": "client_credentials"}, (shop.client_id, "wrong"), headers=headers
            )
            statuses.append(answer.status_code)
        assert 429 in statuses
