"""RFC 8705, OAuth 2.0 Mutual-TLS Client Authentication and Certificate-Bound Access Tokens, clause by clause.

TLS ends at an edge of ours, which hands the certificate on; whoever else sends such a header is not heard.
"""

from typing import Any

import pytest

from tests.conformance.conftest import MTLS
from tests.integration.tokens.certificates import SUBJECT, Certificate, handed_on
from tests.integration.tokens.kit import Shop, claims, error
from tests.integration.tokens.proofs import Prover
from tests.support.house import CALLBACK
from tests.support.walker import VERIFIER

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("edge")]
OWN = {"grant_type": "client_credentials"}
BAD = (401, "invalid_client")


async def tls(shop: Shop, **document: Any) -> str:
    return (await shop.machine(**{"token_endpoint_auth_method": "tls_client_auth", **document}))[0]


async def ask(shop: Shop, client_id: str, headers: dict[str, str] | None = None, path: str = "/token"):
    form = OWN | {"client_id": client_id, "token": "t"}
    return await shop.post(path, form, headers=headers)


# -- §2.1: by a name that an authority vouches for -------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/token", "/introspect", "/revoke"])
async def test_rfc8705_s2_1_a_certificate_with_the_registered_subject_authenticates_at_every_door(
    shop: Shop, path: str
):
    client_id = await tls(shop, tls_client_auth_subject_dn=SUBJECT)
    assert (await ask(shop, client_id, handed_on(Certificate()), path)).status_code == 200


@pytest.mark.parametrize(
    "spelling", ["CN=SHOP, OU=Payments, O=Shop  Ltd, C=gb", "2.5.4.3=shop,OU=Payments,O=Shop Ltd,C=GB"]
)
async def test_rfc8705_s2_1_2_spellings_of_one_name_are_one_name(shop: Shop, spelling: str):
    client_id = await tls(shop, tls_client_auth_subject_dn=spelling)
    assert (await ask(shop, client_id, handed_on(Certificate()))).status_code == 200


@pytest.mark.parametrize(
    "subject", ["CN=shop2,OU=Payments,O=Shop Ltd,C=GB", "CN=shop", "C=GB,O=Shop Ltd,OU=Payments,CN=shop", "CN=x"]
)
async def test_rfc8705_s2_1_another_subject_is_refused(shop: Shop, subject: str):
    client_id = await tls(shop, tls_client_auth_subject_dn=SUBJECT)
    assert error(await ask(shop, client_id, handed_on(Certificate(subject)))) == BAD


NAMES = {
    "dns": ("client.shop.example", "other.shop.example"),
    "uri": ("urn:shop:client", "urn:shop:other"),
    "ip": ("2001:db8::7", "2001:db8::8"),
    "email": ("client@shop.example", "other@shop.example"),
}


@pytest.mark.parametrize("kind", list(NAMES))
async def test_rfc8705_s2_1_2_an_alternative_name_authenticates_and_another_does_not(shop: Shop, kind: str):
    right, wrong = NAMES[kind]
    client_id = await tls(shop, **{f"tls_client_auth_san_{kind}": right})
    assert (await ask(shop, client_id, handed_on(Certificate(**{kind: right})))).status_code == 200
    assert error(await ask(shop, client_id, handed_on(Certificate(**{kind: wrong})))) == BAD
    assert error(await ask(shop, client_id, handed_on(Certificate(f"CN={right.replace('=', '')}")))) == BAD


async def test_rfc8705_s2_1_a_wildcard_is_a_name_as_any_other(shop: Shop):
    client_id = await tls(shop, tls_client_auth_san_dns="client.shop.example")
    assert error(await ask(shop, client_id, handed_on(Certificate(dns="*.shop.example")))) == BAD


@pytest.mark.parametrize("said", ["", "NONE", "FAILED:self-signed certificate", "success", "1"])
async def test_rfc8705_s2_1_a_certificate_that_no_authority_vouches_for_names_nobody(shop: Shop, said: str):
    client_id = await tls(shop, tls_client_auth_subject_dn=SUBJECT)
    assert error(await ask(shop, client_id, handed_on(Certificate(), said))) == BAD
    assert error(await ask(shop, client_id, {"client-cert": Certificate().structured})) == BAD


# -- §2.2: by a certificate that is registered ---------------------------------------------------------------------


@pytest.mark.parametrize("by", ["jwks", "jwks_by_name"])
async def test_rfc8705_s2_2_a_registered_certificate_authenticates_and_another_does_not(shop: Shop, by: str):
    mine = Certificate()
    document = {"token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": getattr(mine, by)}
    client_id = (await shop.machine(**document))[0]
    assert (await ask(shop, client_id, handed_on(mine, "NONE"))).status_code == 200
    assert error(await ask(shop, client_id, handed_on(Certificate(), "NONE"))) == BAD


async def test_rfc8705_s2_2_2_a_certificate_that_is_new_at_jwks_uri_is_found(shop: Shop):
    old, new, url = Certificate(), Certificate(), "https://client.example/jwks"
    shop.house.web.serve(url, old.jwks)
    document = {"token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks_uri": url}
    client_id = (await shop.machine(**document))[0]
    assert (await ask(shop, client_id, handed_on(old, "NONE"))).status_code == 200
    shop.house.web.serve(url, new.jwks)
    shop.house.clock.advance(60)
    assert (await ask(shop, client_id, handed_on(new, "NONE"))).status_code == 200
    assert error(await ask(shop, client_id, handed_on(Certificate(), "NONE"))) == BAD


# -- §2, §6.5: how a certificate comes to us -------------------------------------------------------------------------


async def test_rfc8705_s2_without_a_certificate_nobody_is_proven(shop: Shop):
    client_id = await tls(shop, tls_client_auth_subject_dn=SUBJECT)
    assert error(await ask(shop, client_id)) == BAD


@pytest.mark.parametrize("days", [(-30, -1), (1, 30)])
async def test_rfc8705_s2_a_certificate_that_is_over_or_not_yet_valid_is_refused(shop: Shop, days: tuple[int, int]):
    client_id = await tls(shop, tls_client_auth_subject_dn=SUBJECT)
    assert error(await ask(shop, client_id, handed_on(Certificate(days=days)))) == BAD


@pytest.mark.parametrize("form", ["structured", "escaped", "envoy"])
async def test_rfc8705_s6_5_each_spelling_of_the_header_is_read(shop: Shop, form: str):
    client_id = await tls(shop, tls_client_auth_subject_dn=SUBJECT)
    headers = {"client-cert": getattr(Certificate(), form), "x-ssl-client-verify": "SUCCESS"}
    assert (await ask(shop, client_id, headers)).status_code == 200


async def test_rfc8705_s6_5_a_header_from_anybody_but_the_edge_is_not_heard(shop: Shop):
    client_id = await tls(shop, tls_client_auth_subject_dn=SUBJECT)
    async with shop.house.client("203.0.113.9") as stranger:
        answer = await stranger.post("/token", data=OWN | {"client_id": client_id}, headers=handed_on(Certificate()))
    assert error(answer) == BAD


async def test_rfc8705_s6_5_a_header_that_comes_twice_is_refused(shop: Shop):
    client_id = await tls(shop, tls_client_auth_subject_dn=SUBJECT)
    text = Certificate().structured
    headers = [("client-cert", text), ("client-cert", text), ("x-ssl-client-verify", "SUCCESS")]
    assert error(await shop.http.post("/token", data=OWN | {"client_id": client_id}, headers=headers)) == BAD


@pytest.mark.parametrize("text", ["x", ":", "::", ":AAAA:", "-----BEGIN%20CERTIFICATE-----", "Cert=x", "%%%", "é"])
async def test_rfc8705_s6_5_what_is_no_certificate_is_refused(shop: Shop, text: str):
    client_id = await tls(shop, tls_client_auth_subject_dn=SUBJECT)
    headers = {"client-cert": text.encode(), "x-ssl-client-verify": b"SUCCESS"}
    assert error(await ask(shop, client_id, headers)) == BAD


async def test_rfc8705_s2_a_secret_beside_the_certificate_is_not_the_registered_method(shop: Shop):
    client_id = await tls(shop, tls_client_auth_subject_dn=SUBJECT)
    form = OWN | {"client_id": client_id, "client_secret": "x" * 40}
    assert error(await shop.post("/token", form, headers=handed_on(Certificate()))) == BAD


# -- §3: tokens bound to the certificate ------------------------------------------------------------------------------


async def test_rfc8705_s3_1_a_bound_token_and_introspection_name_the_certificate(shop: Shop):
    mine = Certificate()
    client_id = await tls(shop, tls_client_auth_subject_dn=SUBJECT, tls_client_certificate_bound_access_tokens=True)
    answer = (await ask(shop, client_id, handed_on(mine))).json()
    assert answer["token_type"] == "Bearer"
    assert claims(answer["access_token"])["cnf"] == {"x5t#S256": mine.thumbprint}
    form = {"token": answer["access_token"], "client_id": client_id}
    said = (await shop.post("/introspect", form, headers=handed_on(mine))).json()
    assert (said["token_type"], said["cnf"]) == ("Bearer", {"x5t#S256": mine.thumbprint})


async def test_rfc8705_s3_4_a_client_that_registered_it_needs_a_certificate(shop: Shop):
    auth = await shop.machine(tls_client_certificate_bound_access_tokens=True)
    assert error(await shop.post("/token", OWN, auth)) == (400, "invalid_request")
    assert (await shop.post("/token", OWN, auth, headers=handed_on(Certificate(), "NONE"))).status_code == 200


async def test_rfc8705_s3_without_the_registration_tokens_are_not_bound(shop: Shop):
    client_id = await tls(shop, tls_client_auth_subject_dn=SUBJECT)
    token = (await ask(shop, client_id, handed_on(Certificate()))).json()["access_token"]
    assert "cnf" not in claims(token)


async def public(shop: Shop, mine: Certificate):
    """The tokens of a public client (§4), bound to *mine*."""
    document = {"token_endpoint_auth_method": "none", "tls_client_certificate_bound_access_tokens": True}
    client_id = (await shop.another(**document))[0]
    form = {"grant_type": "authorization_code", "code": await shop.code(client_id), "redirect_uri": CALLBACK}
    form |= {"code_verifier": VERIFIER, "client_id": client_id}
    return client_id, (await shop.post("/token", form, headers=handed_on(mine, "NONE"))).json()


async def test_rfc8705_s3_userinfo_wants_the_same_certificate(shop: Shop):
    mine = Certificate()
    _, tokens = await public(shop, mine)
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    assert (await shop.http.get("/userinfo", headers=bearer | handed_on(mine))).status_code == 200
    for other in ({}, handed_on(Certificate())):
        assert error(await shop.http.get("/userinfo", headers=bearer | other)) == (401, "invalid_token")
    dpop = Prover(shop.house.clock).call(tokens["access_token"])
    assert error(await shop.http.get("/userinfo", headers=dpop | handed_on(mine))) == (401, "invalid_token")


async def test_rfc8705_s4_a_public_clients_refresh_token_is_bound_to_its_certificate(shop: Shop):
    mine = Certificate()
    client_id, tokens = await public(shop, mine)
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": client_id}
    assert error(await shop.post("/token", form, headers=handed_on(Certificate()))) == (400, "invalid_grant")
    assert (await shop.post("/token", form, headers=handed_on(mine))).status_code == 200


# -- metadata ---------------------------------------------------------------------------------------------------------


async def test_rfc8705_s3_3_and_s5_metadata_says_what_is_served_and_where(shop: Shop):
    found = (await shop.http.get("/.well-known/oauth-authorization-server")).json()
    assert found["tls_client_certificate_bound_access_tokens"] is True
    assert {"tls_client_auth", "self_signed_tls_client_auth"} <= set(found["token_endpoint_auth_methods_supported"])
    assert found["mtls_endpoint_aliases"]["token_endpoint"] == f"{MTLS}/token"
    assert found["token_endpoint"] == "https://id.example/token"


async def test_rfc8705_s5_a_proof_for_the_alias_counts_too(shop: Shop):
    maker = Prover(shop.house.clock, base=MTLS)
    assert (await shop.post("/token", OWN, await shop.machine(), headers=maker.header())).status_code == 200


async def test_rfc8705_s2_3_a_client_registers_one_name(shop: Shop):
    for document in ({}, {"tls_client_auth_subject_dn": SUBJECT, "tls_client_auth_san_dns": "a.example"}):
        with pytest.raises(AssertionError, match=r"certificate\.one_name"):
            await tls(shop, **document)
    with pytest.raises(AssertionError, match=r"certificate\.name"):
        await tls(shop, tls_client_auth_subject_dn="not a name")
