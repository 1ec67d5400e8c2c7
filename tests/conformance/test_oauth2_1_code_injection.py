"""OAuth 2.1 (draft-ietf-oauth-v2-1), §4.1.1 to §4.1.3 and §7.5.1: for whom a nonce may stand in for PKCE.

PKCE is required of everybody unless an administrator vouches for a confidential OpenID Connect client. What is asked of
those that rest on it all the same is RFC 7636 and RFC 9700 §4.8, tested there.
"""

from typing import Any

import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from limen.access.clients.pkce import clause_for
from limen.access.clients.records import AuthMethod, ClientDocument
from limen.access.clients.validation import validate
from limen.access.oauth.code import Approval, issue_code
from limen.access.oauth.records import RedirectRefusal
from limen.access.oauth.request import parse_authorization
from limen.access.tokens.records import NO_CHALLENGE
from tests.integration.tokens.kit import Shop, claims, error
from tests.unit.access.oauth.doubles import DOCUMENT, REDIRECT, asked, client, customer, desk, request, session
from tests.unit.access.oauth.test_code import MemoryUnit

pytestmark = pytest.mark.anyio
WITHOUT = {"code_challenge": None, "code_challenge_method": None}
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
WEB = msgspec.structs.replace(DOCUMENT, redirect_uris=(REDIRECT,), require_pkce=False)
"""A client that may rest on its nonce."""


@pytest.fixture
async def trusted(shop: Shop) -> tuple[str, str]:
    """An application of which somebody knows that it checks the nonce."""
    return await shop.another(require_pkce=False)


def words(page: Any) -> str:
    return page.answer["error_description"]


# ------------------------------------------------------------------------------- §7.5.1: who may, and for what


async def test_s7_5_1_a_confidential_client_with_a_nonce_gets_its_tokens_without_pkce(shop: Shop, trusted):
    code = await shop.code(trusted[0], nonce="of-this-transaction", **WITHOUT)
    tokens = await shop.redeem(code, trusted, code_verifier=None)
    assert tokens.status_code == 200, tokens.text
    assert claims(tokens.json()["id_token"])["nonce"] == "of-this-transaction"
    assert [one["data"].get("pkce") for one in await shop.told("code.issued")] == [False]


@pytest.mark.parametrize("changes", [{"nonce": None}, {"nonce": ""}, {"nonce": " "}, {"scope": "orders"}])
async def test_s7_5_1_without_a_nonce_or_openid_it_needs_pkce_as_everybody(shop: Shop, trusted, changes):
    page = await shop.arrive(trusted[0], **WITHOUT, **changes)
    assert page.answer["error"] == "invalid_request"
    assert "OAuth 2.1 section 7.5.1" in words(page)
    assert "code" in (await shop.arrive(trusted[0], **changes)).answer


async def test_s7_5_1_nobody_may_unless_it_is_registered(shop: Shop):
    page = await shop.arrive(**WITHOUT)
    assert page.answer["error"] == "invalid_request"
    assert "OAuth 2.1 section 7.5.1, RFC 9700 section 2.1.1" in words(page)


@pytest.mark.parametrize(
    ("changes", "problem", "clause"),
    [
        ({"token_endpoint_auth_method": AuthMethod.NONE}, "require_pkce.public_client", "RFC 9700 section 2.1.1"),
        ({"application_type": "native"}, "require_pkce.native", "RFC 8252 section 8.1"),
        ({"redirect_uris": (REDIRECT, "com.example.app:/cb")}, "require_pkce.native", "RFC 8252 section 8.1"),
        ({"scopes": ("orders",)}, "require_pkce.openid", "OAuth 2.1 section 7.5.1"),
        ({"profile": "fapi2_security"}, "profile.fapi2.5_3_2_2.pkce", "FAPI 2.0 Security Profile section 5.3.2.2"),
        ({"profile": "fapi2_message_signing"}, "profile.fapi2.5_3_2_2.pkce", "FAPI 2.0 Security Profile section 5.3.2"),
        ({"profile": "mcp"}, "profile.mcp.pkce", "MCP authorization"),
    ],
)
async def test_s7_5_1_of_whom_more_is_asked_nobody_vouches_for_and_the_clause_is_named(changes, problem, clause):
    document = msgspec.structs.replace(WEB, **changes)
    refusal = validate(document)
    assert refusal is not None
    assert refusal.fields["require_pkce"] == problem
    assert "require_pkce" not in (getattr(validate(msgspec.structs.replace(document, require_pkce=True)), "fields", {}))
    # However it came to be stored: neither door takes a request without a challenge.
    assert clause in clause_for(document)
    scope = " ".join(document.scopes[:1])
    without = {"code_challenge": ..., "code_challenge_method": ...}
    found = await parse_authorization(desk(client(document=document)), asked(scope=scope, **without))
    assert isinstance(found, RedirectRefusal)
    assert found.code == "invalid_request"
    assert clause in found.description


def test_s7_5_1_a_web_application_may_be_vouched_for_on_loopback_while_it_is_written():
    assert validate(msgspec.structs.replace(WEB, redirect_uris=(REDIRECT, "http://localhost:3000/cb"))) is None


async def test_s7_5_1_where_it_is_pushed_or_signed_the_same_holds(shop: Shop, trusted):
    form = shop.walker.request(trusted[0], **WITHOUT)
    for wrong in ({"nonce": ""}, {"scope": "orders"}):
        assert error(await shop.post("/par", form | wrong, trusted)) == (400, "invalid_request")
    assert error(await shop.post("/par", form | {"client_id": shop.client_id}, shop.auth)) == (400, "invalid_request")
    pushed = (await shop.post("/par", form, trusted)).json()["request_uri"]
    page = await shop.walker.get("/authorize", client_id=trusted[0], request_uri=pushed)
    assert (await shop.redeem(page.answer["code"], trusted, code_verifier=None)).status_code == 200

    key = ECKey.generate_key("P-256", {"kid": "sig", "use": "sig"})
    signer = await shop.another(require_pkce=False, jwks={"keys": [key.as_dict(private=False)]})
    now = shop.house.clock.now() // 1_000_000
    said = {"iss": signer[0], "aud": shop.tenant.issuer, "exp": now + 60, "nbf": now}
    said |= shop.walker.request(signer[0], **WITHOUT)
    sent = {"client_id": signer[0], "nonce": "beside", "code_challenge": "beside"}
    for nonce, outcome in (("inside", "code"), ("", "error")):
        signed = jwt.encode({"alg": "ES256", "kid": "sig"}, said | {"nonce": nonce}, key)
        page = await shop.walker.get("/authorize", request=signed, **sent)
        assert outcome in page.answer, nonce  # what stands beside an object does not count


# ---------------------------------------------------- §4.1.3, RFC 9700 §4.8.2: what was asked with must be proven


async def test_s4_1_3_a_challenge_that_was_sent_must_be_met(shop: Shop, trusted):
    code = await shop.code(trusted[0])
    for wrong in (None, "", "x" * 43):
        assert error(await shop.redeem(code, trusted, code_verifier=wrong)) == (400, "invalid_grant"), wrong
    assert (await shop.redeem(code, trusted)).status_code == 200


async def test_rfc9700_s4_8_2_a_verifier_for_a_code_without_a_challenge_is_refused(shop: Shop, trusted):
    code = await shop.code(trusted[0], **WITHOUT)
    for verifier in ("x" * 43, "none" * 11, NO_CHALLENGE):
        assert error(await shop.redeem(code, trusted, code_verifier=verifier)) == (400, "invalid_grant")
    assert (await shop.redeem(code, trusted, code_verifier=None)).status_code == 200


async def test_rfc9700_s4_8_2_half_a_challenge_is_one_that_was_cut_out(shop: Shop, trusted):
    for changes in ({"code_challenge": None}, {"code_challenge": ""}, {"code_challenge_method": None}):
        assert (await shop.arrive(trusted[0], **changes)).answer["error"] == "invalid_request", changes
    for challenge in (NO_CHALLENGE, "none" * 11):
        assert (await shop.arrive(trusted[0], code_challenge=challenge)).answer["error"] == "invalid_request"


async def test_s7_5_1_a_code_without_a_challenge_is_redeemed_once_and_by_its_own_client_alone(shop: Shop, trusted):
    other, public = await shop.another(require_pkce=False), await shop.another(token_endpoint_auth_method="none")
    code = await shop.code(trusted[0], **WITHOUT)
    assert error(await shop.redeem(code, other, code_verifier=None)) == (400, "invalid_grant")
    assert error(await shop.redeem(code, (trusted[0], "wrong" * 9), code_verifier=None)) == (401, "invalid_client")
    for client_id, expected in ((trusted[0], (401, "invalid_client")), (public[0], (400, "invalid_request"))):
        assert error(await shop.redeem_publicly(code, client_id, code_verifier="")) == expected
    assert error(await shop.redeem(code, trusted, code_verifier=None, redirect_uri="https://x.example/")) == (
        400,
        "invalid_grant",
    )
    tokens = (await shop.redeem(code, trusted, code_verifier=None)).json()
    assert error(await shop.redeem(code, trusted, code_verifier=None)) == (400, "invalid_grant")
    assert not await shop.is_active(tokens["access_token"], trusted)


async def test_s7_5_1_an_injected_code_tells_the_nonce_of_the_transaction_that_it_is_from(shop: Shop, trusted):
    stolen = await shop.code(trusted[0], nonce="the victims", **WITHOUT)
    await shop.code(trusted[0], nonce="the attackers", **WITHOUT)
    tokens = (await shop.redeem(stolen, trusted, code_verifier=None)).json()
    assert claims(tokens["id_token"])["nonce"] == "the victims"


async def test_s7_5_1_what_is_answered_on_another_device_is_no_code_without_a_challenge(shop: Shop):
    """Its code is stored with an empty challenge and the grant's name for a redirect URI."""
    both = await shop.another(require_pkce=False, grant_types=("authorization_code", DEVICE))
    begun = (await shop.post("/device_authorization", {"scope": "openid"}, both)).json()
    walker = shop.walker
    page = await walker.post(await walker.get("/device"), user_code=begun["user_code"])
    await walker.post(page, decision="continue")
    code = begun["device_code"]
    assert error(await shop.redeem(code, both, code_verifier=None, redirect_uri=DEVICE)) == (400, "invalid_grant")
    polled = await shop.post("/token", {"grant_type": DEVICE, "device_code": code}, both)
    assert polled.status_code == 200, polled.text


# ------------------------------------------------------------------------------ the setting changes on the way


async def test_s7_5_1_a_client_that_was_tightened_meanwhile_gets_nothing_for_its_code(shop: Shop, trusted):
    code = await shop.code(trusted[0], **WITHOUT)
    await shop.house.change_client(trusted[0], require_pkce=True)
    answer = await shop.redeem(code, trusted, code_verifier=None)
    assert error(answer) == (400, "invalid_request")
    assert "OAuth 2.1 section 7.5.1" in answer.json()["error_description"]
    assert error(await shop.redeem(code, trusted)) == (400, "invalid_grant")


async def test_s4_1_3_a_client_that_was_loosened_meanwhile_proves_what_it_began_with(shop: Shop):
    auth = await shop.another()
    code = await shop.code(auth[0])
    await shop.house.change_client(auth[0], require_pkce=False)
    assert error(await shop.redeem(code, auth, code_verifier=None)) == (400, "invalid_grant")
    assert (await shop.redeem(code, auth)).status_code == 200


@pytest.mark.parametrize(
    ("document", "scopes"),
    [(msgspec.structs.replace(WEB, require_pkce=True), ("openid", "profile")), (WEB, ("profile",))],
    ids=["tightened", "openid not allowed"],
)
async def test_s7_5_1_no_code_leaves_where_the_nonce_would_guard_nothing_any_more(
    document: ClientDocument, scopes: tuple[str, ...]
):
    unit, asking = MemoryUnit(), request(code_challenge=NO_CHALLENGE)
    approval = Approval(asking, session(), customer(), scopes)
    refusal = await issue_code(unit, desk(client(document=document)), approval)
    assert isinstance(refusal, RedirectRefusal)
    assert refusal.code == "invalid_request"
    assert not unit.codes
    assert not unit.kept
