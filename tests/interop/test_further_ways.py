"""openid-client by PAR, JAR, JARM, DPoP, devices, CIBA, exchanges and assertions; oauth4webapi by FAPI 2.0 and MCP.

Authlib exchanges tokens and brings assertions too, which it makes itself.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncAssertionClient, AsyncOAuth2Client
from joserfc import jwt

from limen.kernel.clock import SECOND, SystemClock
from tests.integration.tokens.kit import claims
from tests.interop.authlib_party import AuthlibParty
from tests.interop.conftest import (
    CALLBACK,
    EMAIL,
    EXCHANGE,
    JWT_BEARER,
    PASSWORD,
    PIPELINE,
    TRUSTED,
    Person,
    Place,
)
from tests.interop.test_openid_client import Script
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.anyio
FURTHER = Path(__file__).with_name("further_party.mjs")
FAPI = Path(__file__).with_name("fapi_party.mjs")
AGENT = Path(__file__).with_name("agent_party.mjs")


@asynccontextmanager
async def speaking(node_path: Path, script: Path, place: Place, name: str, **more: Any) -> AsyncIterator[Script]:
    party = place.parties[name]
    told = {"issuer": place.issuer, "client_id": name, "secret": party.secret, "redirect_uri": CALLBACK, **more}
    if party.key is not None:
        told["jwk"] = party.key.as_dict(private=True)
    pipe = asyncio.subprocess.PIPE
    words = (str(node_path), str(script), json.dumps(told))
    process = await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe, stderr=pipe)
    try:
        yield Script(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.parametrize("way", ["par", "jar", "jarm", "dpop"])
async def test_openid_client_signs_in_by(node_path, place: Place, person: Person, way: str):
    async with speaking(node_path, FURTHER, place, "signing-requests", way=way) as script:
        url = (await script.says())["url"]
        assert ("request_uri=" in url, "request=" in url) == (way == "par", way == "jar")
        script.hears(await person.approve(url))
        found = await script.says()
    assert found["userinfo"]["email"] == EMAIL
    assert found["token_type"] == found["refreshed"] == ("dpop" if way == "dpop" else "bearer")
    assert claims(found["id_token"])["sub"] == found["userinfo"]["sub"]


@pytest.mark.parametrize("way", ["device", "ciba"])
async def test_openid_client_waits_for_a_person_elsewhere(node_path, place: Place, person: Person, way: str):
    async with speaking(node_path, FURTHER, place, "waiting", way=way, email=EMAIL) as script:
        begun = await script.says()
        page = await person.get(begun["url"])
        if "password" in page.fields:
            page = await person.sign_in(EMAIL, PASSWORD, page)
        if way == "ciba":
            page = await person.get("/approve")
        assert begun["user_code"] in page.text
        page = await person.post(page, decision="continue")
        if "password" in page.fields:
            page = await person.sign_in(EMAIL, PASSWORD, page)
        if any(name == "decision" for name, _ in page.form.buttons):
            page = await person.allow(page)
        script.hears("done")
        found = await script.says()
    assert found["has_token"] is True
    assert claims(found["id_token"])["aud"] == "waiting"


@pytest.mark.parametrize("name", ["fapi2_security", "fapi2_message_signing"])
async def test_oauth4webapi_keeps_fapi_2(node_path, place: Place, person: Person, name: str):
    signing = name == "fapi2_message_signing"
    async with speaking(node_path, FAPI, place, name, signing=signing) as script:
        callback = await person.approve((await script.says())["url"])
        assert ("response=" in callback) is signing
        script.hears(callback)
        found = await script.says()
    assert (found["token_type"], found["as_bearer"], found["rotated"]) == ("dpop", 401, False)
    assert found["userinfo"] == {**found["userinfo"], "sub": found["claims"]["sub"], "email": EMAIL}
    assert found["introspected"]["active"] is True
    assert set(found["introspected"]["cnf"]) == {"jkt"}
    assert 0 < found["expires_in"] < 600


# ------------------------------------------------------------------------------------ grants without a person at hand


ACCESS = "urn:ietf:params:oauth:token-type:access_token"
WORKLOAD = "repo:acme/shop"


def authlib(place: Place, name: str, **more: Any) -> AsyncOAuth2Client:
    party = place.parties[name]
    given = {"token_endpoint_auth_method": party.method, "trust_env": False, "timeout": PATIENCE, **more}
    return AsyncOAuth2Client(name, party.secret, **given)


async def persons_token(place: Place, person: Person) -> dict[str, Any]:
    """What an application of Authlib's holds for the customer."""
    more = {"scope": "openid email stock:read", "redirect_uri": CALLBACK, "code_challenge_method": "S256"}
    async with authlib(place, "basic-es256", **more) as client:
        party = await AuthlibParty(place.issuer, client, "ES256").discover()
        return {"sub": (await party.redeem(await person.approve(party.begin())))["sub"], **client.token}


async def answers_of(
    node_path, place: Place, name: str, grant: str, forms: list[dict[str, str]]
) -> list[dict[str, Any]]:
    """What openid-client is told; it proves a key from the second form on."""
    async with speaking(node_path, FURTHER, place, name, way="grant", grant=grant, forms=forms) as script:
        return list(await script.says())


async def test_a_back_end_exchanges_a_persons_token(node_path, place: Place, person: Person):
    given = await persons_token(place, person)
    form = {"subject_token": given["access_token"], "subject_token_type": ACCESS}
    wide = form | {"scope": "profile"}
    plain, bound, refused = await answers_of(
        node_path, place, "back-end", EXCHANGE, [form, form | {"scope": "email"}, wide]
    )
    assert (plain["token_type"], plain["issued_token_type"]) == ("bearer", ACCESS)
    said = claims(plain["access_token"])
    assert (said["sub"], said["act"], set(said["scope"].split())) == (
        given["sub"], {"sub": "back-end"}, {"email", "stock:read"},
    )  # fmt: skip
    assert (bound["token_type"], set(claims(bound["access_token"])["cnf"])) == ("dpop", {"jkt"})
    assert refused == {"error": "invalid_scope", "status": 400}
    async with authlib(place, "back-end") as client:
        url = f"{place.issuer}/token"
        token = await client.fetch_token(url, grant_type=EXCHANGE, **form)
        assert claims(token["access_token"])["act"] == {"sub": "back-end"}
        with pytest.raises(OAuthError, match="invalid_request"):
            await client.fetch_token(url, grant_type=EXCHANGE, **form | {"subject_token": "x"})


def word(place: Place, number: int) -> str:
    now = SystemClock().now() // SECOND
    says = {"iss": TRUSTED, "sub": WORKLOAD, "aud": place.issuer, "iat": now, "exp": now + 60, "jti": f"node-{number}"}
    return jwt.encode({"alg": "ES256", "kid": PIPELINE.kid}, says, PIPELINE)


async def test_a_workload_brings_the_word_of_its_issuer(node_path, place: Place):
    forms = [{"assertion": word(place, number), "scope": "stock:read"} for number in (1, 2)]
    plain, bound, again = await answers_of(node_path, place, "deploying", JWT_BEARER, [*forms, forms[0]])
    said = claims(plain["access_token"])
    assert (said["sub"], said["client_id"], plain["token_type"]) == (f"{TRUSTED}|{WORKLOAD}", "deploying", "bearer")
    assert (bound["token_type"], set(claims(bound["access_token"])["cnf"])) == ("dpop", {"jkt"})
    assert again == {"error": "invalid_grant", "status": 400}


class Workload(AsyncAssertionClient):
    """Authlib's client of assertions, which proves that it is a client as well (RFC 7521 §4.1 leaves that open)."""

    secret = ""

    async def _refresh_token(self, data: dict[str, Any]) -> Any:
        proven = (self.client_id, self.secret)
        answer = await self.request("POST", self.token_endpoint, data=data, withhold_token=True, auth=proven)
        return self.parse_response_token(answer)


async def test_authlib_makes_the_assertion_itself(place: Place):
    made = {"key": PIPELINE, "header": {"alg": "ES256", "kid": PIPELINE.kid}, "expires_in": 60}
    async with Workload(
        f"{place.issuer}/token", TRUSTED, WORKLOAD, place.issuer, client_id="deploying", scope="stock:read",
        trust_env=False, timeout=PATIENCE, **made,
    ) as client:  # fmt: skip
        client.secret = place.parties["deploying"].secret
        token = await client.refresh_token()
    said = claims(token["access_token"])
    assert (said["sub"], said["scope"]) == (f"{TRUSTED}|{WORKLOAD}", "stock:read")


async def test_oauth4webapi_finds_its_way_from_an_mcp_server_that_it_was_told_of(
    node_path, place: Place, person: Person
):
    resource = f"{place.issuer}/mcp"
    async with speaking(node_path, AGENT, place, "spa", resource=resource) as script:
        script.hears(await person.approve((await script.says())["url"]))
        found = await script.says()
    assert found["described"]["authorization_servers"] == [place.issuer]
    for tokens in (found["tokens"], found["renewed"]):
        assert claims(tokens["access_token"])["aud"] == resource
        assert tokens["token_type"] == "bearer"
    assert claims(found["tokens"]["access_token"])["client_id"] == found["client"]["client_id"]
    assert found["renewed"]["refresh_token"] != found["tokens"]["refresh_token"]
