"""Mix-up: a client of several servers takes one's answer for another's, and carries a code where it does not belong.

Found by Fett, Küsters and Schmitz ("A Comprehensive Formal Security Analysis of OAuth 2.0", 2016); RFC 9207 and RFC
9700 §4.4 answer it. The client compares issuers. Ours is to name the right one in every answer, once, whatever a
request or a registration brings; and to make a code that went astray worth nothing to whoever has it.
"""

from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from limen.access.clients.records import AuthMethod, ClientDocument
from limen.access.clients.registration import Registered
from limen.identity.administrators import SYSTEM
from limen.identity.tenants.records import TenantSettings
from limen.identity.tenants.registration import RegistrationSettings
from limen.kernel.errors import Invalid
from tests.integration.tokens.kit import SCOPES, Shop, claims, error, open_shop
from tests.integration.tokens.proofs import Prover
from tests.integration.tokens.strict import JWKS, Strict
from tests.support.house import CALLBACK
from tests.support.walker import Page

pytestmark = pytest.mark.anyio
EVIL = "https://evil.example"
OURS = "https://id.example"


def answered(page: Page) -> list[tuple[str, str]]:
    """Every parameter of an answer, however it is carried: one that came twice is there twice."""
    if page.location:
        parts = urlsplit(page.location)
        found = parse_qsl(f"{parts.query}&{parts.fragment}", keep_blank_values=True)
    else:
        found = list(page.fields.items())
    told = dict(found)
    return list(claims(told["response"]).items()) if "response" in told else found


def issuers(page: Page) -> list[str]:
    return [value for name, value in answered(page) if name == "iss"]


MODES = ("query", "fragment", "form_post", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt")


@pytest.mark.parametrize("mode", MODES)
async def test_rfc9207_codes_and_errors_name_their_issuer_once_in_every_mode(shop: Shop, mode: str):
    good = await shop.arrive(response_mode=mode)
    bad = await shop.arrive(response_mode=mode, scope="openid unheard")
    assert "code" in dict(answered(good))
    assert dict(answered(bad))["error"] == "invalid_scope"
    assert issuers(good) == issuers(bad) == [OURS]


@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
async def test_rfc9207_nothing_in_a_request_becomes_an_issuer(shop: Shop, mode: str):
    """A parameter that goes back as it came is where an attacker would put a second ``iss``."""
    for brought in (
        {"iss": EVIL},
        {"state": f"x&iss={EVIL}"},
        {"state": f"x%26iss={quote(EVIL)}"},
        {"nonce": "&iss=x"},
    ):
        page = await shop.arrive(response_mode=mode, **brought)
        assert issuers(page) == [OURS], brought
        assert dict(answered(page))["state"] == brought.get("state", "the-state")


@pytest.mark.parametrize("name", ["iss", "code", "state", "error", "response", "%69ss", "ISS"])
async def test_rfc9207_no_registered_address_brings_a_parameter_of_the_answer(shop: Shop, name: str):
    """Who may register clients could give an honest application's address, with the attacker's issuer in it.

    The application would find two issuers, and RFC 6749 §3.1 forbids the second; redirect addresses with parameters of
    ours in them are how Innocenti and others took codes over ("OAuth 2.0 Redirect URI Validation Falls Short,
    Literally", 2023).
    """
    uri = f"{CALLBACK}?tenant=1&{name}={EVIL}"
    made = await shop.house.registration().create(ClientDocument(client_name="Bad", redirect_uris=(uri,)), SYSTEM)
    tenant = await shop.house.add_tenant("open", TenantSettings(registration=RegistrationSettings(mode="open")))
    answer = await shop.http.post(f"{tenant.prefix}/register", json={"client_name": "Bad", "redirect_uris": [uri]})
    if name == "ISS":  # names differ by case: nobody takes this for ours
        assert answer.status_code == 201
        return
    assert isinstance(made, Invalid)
    assert error(answer) == (400, "invalid_redirect_uri")


async def test_rfc9700_s4_4_a_code_that_went_astray_is_worth_nothing_to_the_attacker(shop: Shop):
    """The attacker's server was handed the code; it comes here with every credential that it may have."""
    attackers, public = await shop.another(), await shop.another(token_endpoint_auth_method="none")
    code = await shop.code()
    assert error(await shop.redeem(code, attackers)) == (400, "invalid_grant")
    assert error(await shop.redeem_publicly(code, public[0])) == (400, "invalid_grant")
    assert error(await shop.redeem_publicly(code, shop.client_id)) == (401, "invalid_client")
    stolen = await shop.code()  # with the client's own credentials, as a public client's are everybody's
    for verifier in (None, "", "x" * 43):
        answer = await shop.redeem(stolen, code_verifier=verifier)
        assert answer.status_code == 400
        assert "access_token" not in answer.json()


async def same(shop: Shop) -> Strict:
    """A client of a name and a key that it has at other servers too."""
    given = {"client_name": "Both", "redirect_uris": (CALLBACK,), "scopes": SCOPES, "require_consent": False}
    document = ClientDocument(**given, token_endpoint_auth_method=AuthMethod.PRIVATE_KEY_JWT, jwks=JWKS)
    made = await shop.house.registration(shop.tenant).create(document, SYSTEM, client_id="both")
    assert isinstance(made, Registered)
    return Strict(shop, "both", Prover(shop.house.clock, base=shop.tenant.issuer))


async def test_rfc9700_s4_4_one_name_and_one_key_at_two_issuers_are_two_clients(shop: Shop):
    """Client identifiers are picked by servers: an attacker's may hand out the one that the client has here."""
    acme = await shop.house.add_tenant("acme")
    async with open_shop(shop.house, acme, email="bob@example.com") as other:
        here, there = await same(shop), await same(other)
        for one, issuer in ((here, acme.issuer), (there, OURS)):
            answer = await one.redeem(await one.shop.code("both"), **one.proven(aud=issuer))
            assert error(answer) == (401, "invalid_client")
        assert error(await there.redeem(await shop.code("both"))) == (400, "invalid_grant")
        assert (await there.redeem(await other.code("both"))).status_code == 200


DOCUMENTS = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")


@pytest.mark.parametrize("path", DOCUMENTS)
async def test_rfc9700_s4_4_metadata_is_of_the_issuer_that_was_asked_whatever_headers_say(shop: Shop, path: str):
    """Mixed-up metadata needs no mixed-up answer: one endpoint of another's is enough (RFC 8414 §6.2)."""
    acme = await shop.house.add_tenant("acme")
    lying = {"host": "evil.example", "x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}
    asked = {path: OURS, f"{acme.prefix}{path}": acme.issuer}
    if path.endswith("server"):
        asked[f"{path}{acme.prefix}"] = acme.issuer  # RFC 8414 §3.1
    for address, issuer in asked.items():
        for headers in ({}, *({name: value} for name, value in lying.items())):
            answer = await shop.http.get(address, headers=headers)
            if answer.status_code != 200:
                assert answer.status_code in {400, 404, 421}, (address, headers)
                continue
            told = answer.json()
            assert told["issuer"] == issuer
            assert "evil.example" not in answer.text
            ends = [value for name, value in told.items() if name.endswith("_endpoint") or name == "jwks_uri"]
            assert all(value.startswith(f"{issuer}/") for value in ends), ends
