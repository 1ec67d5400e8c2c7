"""Profiles at the authorization and PAR endpoints: FAPI 2.0 Security Profile, FAPI 2.0 Message Signing, and MCP.

A refusal names the clause. What the profiles ask at the token endpoint is tested with it.
"""

from typing import Any

import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from limen.access.clients.records import AuthMethod, ClientDocument
from limen.access.clients.validation import validate
from limen.access.jose.foreign import ClientKeys
from limen.access.oauth.draft import Draft, Way
from limen.access.oauth.profiles import PROFILES
from limen.access.oauth.records import AuthorizationRequest, PageRefusal, RedirectRefusal
from limen.access.oauth.request import parse_authorization, parse_pushed
from limen.access.tokens.desk import LoadedClient
from limen.access.tokens.pushed import Pushed
from limen.kernel.clock import SECOND
from tests.unit.access.oauth.doubles import (
    CHALLENGE,
    CLIENT_ID,
    DOCUMENT,
    ISSUER,
    REDIRECT,
    asked,
    client,
    desk,
    request,
)

pytestmark = pytest.mark.anyio

KEY = ECKey.generate_key("P-256", {"kid": "one", "use": "sig"})
JWKS = {"keys": [KEY.as_dict(private=False)]}
GOOD = {
    "client_id": CLIENT_ID,
    "redirect_uri": REDIRECT,
    "response_type": "code",
    "scope": "openid",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def document(profile: str, **changes: Any) -> ClientDocument:
    given = {"profile": profile, "jwks": JWKS, "token_endpoint_auth_method": AuthMethod.PRIVATE_KEY_JWT, **changes}
    return msgspec.structs.replace(DOCUMENT, **given)


async def push(of: ClientDocument, given: dict[str, str]) -> Pushed | PageRefusal | RedirectRefusal:
    keys = ClientKeys.parse(JWKS)
    assert isinstance(keys, ClientKeys)
    pushing = client(document=of)

    async def found(_client_id: str) -> LoadedClient:
        return LoadedClient(pushing, keys)

    return await parse_pushed(desk(clients=found), pushing, given)


def objected(at, **changes: Any) -> dict[str, str]:
    now = at.clock.now() // SECOND
    claims = {"iss": CLIENT_ID, "aud": ISSUER, "nbf": now, "exp": now + 600, "response_mode": "jwt", **GOOD, **changes}
    claims = {name: value for name, value in claims.items() if value is not ...}
    head = {"alg": "ES256", "kid": "one", "typ": "oauth-authz-req+jwt"}
    return {"client_id": CLIENT_ID, "request": jwt.encode(head, claims, KEY)}


def says(outcome: object, clause: str) -> bool:
    words = outcome.description if isinstance(outcome, RedirectRefusal) else getattr(outcome, "detail", "")
    return getattr(outcome, "code", "") in {"invalid_request", "invalid_request_object"} and clause in words


# ------------------------------------------------------------------ FAPI 2.0 Security Profile, section 5.3.2


async def test_fapi2_s5_3_2_2_a_request_that_was_not_pushed_is_refused():
    for profile in ("fapi2_security", "fapi2_message_signing"):
        at = desk(client(document=document(profile)))
        assert says(await parse_authorization(at, asked()), "FAPI 2.0 Security Profile section 5.3.2.2")


async def test_fapi2_s5_3_2_2_a_pushed_one_is_taken():
    assert isinstance(await push(document("fapi2_security"), GOOD), Pushed)


async def test_fapi2_s5_3_2_2_pkce_with_s256_is_required():
    for changes in ({"code_challenge": ""}, {"code_challenge_method": "plain"}):
        given = {name: value for name, value in (GOOD | changes).items() if value}
        assert isinstance(await push(document("fapi2_security"), given), RedirectRefusal)


async def test_fapi2_s5_3_2_2_redirect_uris_are_https():
    for uri in ("http://127.0.0.1/native", "com.example.app:/cb"):
        outcome = await push(document("fapi2_security"), GOOD | {"redirect_uri": uri})
        assert says(outcome, "FAPI 2.0 Security Profile section 5.3.2.2")


async def test_fapi2_s5_3_2_1_public_clients_are_refused():
    public = document("fapi2_security", token_endpoint_auth_method=AuthMethod.NONE)
    assert says(await push(public, GOOD), "section 5.3.2.1")


async def test_answers_of_a_fapi2_client_travel_in_no_fragment():
    for mode in ("fragment", "fragment.jwt"):
        assert says(await push(document("fapi2_security"), GOOD | {"response_mode": mode}), "RFC 9700")


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"token_endpoint_auth_method": AuthMethod.NONE, "jwks": None}, "token_endpoint_auth_method"),
        ({"redirect_uris": ("http://127.0.0.1/cb",)}, "redirect_uris.0"),
        ({"redirect_uris": (REDIRECT, "com.example.app:/cb")}, "redirect_uris.1"),
    ],
)
def test_fapi2_a_client_that_cannot_keep_the_profile_is_not_registered(changes, place):
    refusal = validate(document("fapi2_security", **{"redirect_uris": (REDIRECT,), **changes}))
    assert refusal is not None
    assert place in refusal.fields


# ------------------------------------------------------------- FAPI 2.0 Message Signing, sections 5.3 and 5.4


async def test_fapi2_message_signing_a_signed_pushed_request_for_a_signed_answer_is_taken():
    pushed = await push(document("fapi2_message_signing"), objected(desk()))
    assert isinstance(pushed, Pushed)
    assert pushed.is_signed


async def test_fapi2_message_signing_s5_3_1_a_signed_request_object_is_required():
    outcome = await push(document("fapi2_message_signing"), GOOD | {"response_mode": "jwt"})
    assert says(outcome, "FAPI 2.0 Message Signing section 5.3.1")


async def test_fapi2_message_signing_s5_4_1_a_signed_answer_is_required():
    outcome = await push(document("fapi2_message_signing"), objected(desk(), response_mode=...))
    assert says(outcome, "FAPI 2.0 Message Signing section 5.4.1")


@pytest.mark.parametrize("name", ["exp", "nbf", "aud", "iss"])
async def test_fapi2_message_signing_s5_3_1_times_and_audience_are_required(name):
    outcome = await push(document("fapi2_message_signing"), objected(desk(), **{name: ...}))
    assert isinstance(outcome, PageRefusal)
    assert outcome.code == "invalid_request_object"


@pytest.mark.parametrize(
    ("age", "life", "is_good"),
    [
        (0, 3_600, True),
        (3_590, 3_600, True),
        (3_610, 3_650, False),
        (0, 3_601, False),
        (-20, 600, True),
        (-60, 600, False),
    ],
)
async def test_fapi2_message_signing_s5_3_1_nbf_is_at_most_60_minutes_old_and_exp_60_minutes_later(age, life, is_good):
    at = desk()
    begins = at.clock.now() // SECOND - age
    outcome = await push(document("fapi2_message_signing"), objected(at, nbf=begins, exp=begins + life))
    assert isinstance(outcome, Pushed) is is_good


# --------------------------------------------------------------------------------------------------- MCP


async def test_mcp_a_resource_is_required():
    at = desk(client(document=document("mcp", token_endpoint_auth_method=AuthMethod.NONE)))
    assert says(await parse_authorization(at, asked()), "RFC 8707")


def test_mcp_redirects_are_https_or_loopback():
    def problems(uri: str) -> list[str]:
        of = request(redirect_uri=uri, resources=("https://mcp.example",))
        draft = Draft(desk(), {}, document("mcp"), of, Way())
        return [problem for rule in PROFILES["mcp"] if (problem := rule(draft)) is not None]

    assert problems("https://agent.example/cb") == problems("http://127.0.0.1:7/cb") == []
    assert "MCP" in problems("com.example.agent:/cb")[0]


# --------------------------------------------------------------------------------------------- all of them


def test_every_profile_that_can_be_registered_has_rules():
    kinds = ClientDocument.__annotations__["profile"].__args__
    assert set(PROFILES) == set(kinds)


async def test_the_usual_profile_asks_for_nothing_more():
    assert isinstance(await parse_authorization(desk(), asked()), AuthorizationRequest)
