"""Authlib, an independent relying party, goes the whole way."""

from urllib.parse import parse_qs, urlsplit

import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client

from tests.interop.authlib_party import AuthlibParty
from tests.interop.conftest import CALLBACK, EMAIL, GOODBYE, PARTIES
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.anyio
SCOPE = "openid profile email offline_access"


@pytest.fixture(params=PARTIES)
async def party(request, place):
    told = place.parties[request.param]
    async with AsyncOAuth2Client(
        told.client_id,
        told.key or told.secret or None,
        token_endpoint_auth_method=told.method,
        revocation_endpoint_auth_method=told.method,
        scope=SCOPE,
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
        trust_env=False,
        timeout=PATIENCE,
    ) as client:
        yield await AuthlibParty(place.issuer, client, told.alg).discover()


async def test_the_whole_flow(party, person):
    claims = await party.redeem(await person.approve(party.begin()))
    known = (await party.client.get(party.metadata["userinfo_endpoint"])).json()
    assert known["sub"] == claims["sub"]
    assert (known["email"], known["email_verified"], known["name"]) == (EMAIL, True, "Ann Lee")
    first = dict(party.client.token)
    await refreshed(party, claims["sub"])
    page = await person.leave(party.farewell(first["id_token"], GOODBYE))
    assert page.location == f"{GOODBYE}?state=till-then"
    assert "password" in (await person.get(party.begin())).fields  # nobody is signed in any more


async def test_one_that_knows_no_pkce_signs_in_by_its_nonce(place, person):
    told = place.parties["without-pkce"]
    async with AsyncOAuth2Client(
        told.client_id,
        told.secret,
        token_endpoint_auth_method=told.method,
        scope=SCOPE,
        redirect_uri=CALLBACK,
        trust_env=False,
        timeout=PATIENCE,
    ) as client:
        party = await AuthlibParty(place.issuer, client, told.alg).discover()
        url, state = client.create_authorization_url(party.metadata["authorization_endpoint"], nonce="of-this-time")
        assert "code_challenge" not in url
        callback = await person.approve(url)
        token = await client.fetch_token(party.metadata["token_endpoint"], authorization_response=callback, state=state)
        subject = party.claims(token["id_token"], token["access_token"], "of-this-time")["sub"]
        await refreshed(party, subject)
        url, _ = client.create_authorization_url(party.metadata["authorization_endpoint"], scope=SCOPE)
        page = await person.get(url)
        assert page.answer["error"] == "invalid_request"  # neither a nonce nor a challenge


async def refreshed(party, subject):
    before = dict(party.client.token)
    await party.client.refresh_token(party.metadata["token_endpoint"], refresh_token=before["refresh_token"])
    after = party.client.token
    assert after["access_token"] != before["access_token"]
    assert after["refresh_token"] != before["refresh_token"]
    assert party.claims(after["id_token"], after["access_token"], None)["sub"] == subject


async def test_a_second_redemption_of_a_code_ends_what_the_first_gave(party, person):
    callback = await person.approve(party.begin())
    await party.redeem(callback)
    token = dict(party.client.token)
    with pytest.raises(OAuthError, match="invalid_grant"):
        await party.redeem(callback)
    party.client.token = None
    with pytest.raises(OAuthError, match="invalid_grant"):
        await party.client.refresh_token(party.metadata["token_endpoint"], refresh_token=token["refresh_token"])


async def test_revocation_ends_a_refresh_token(party, person):
    await party.redeem(await person.approve(party.begin()))
    refresh = party.client.token["refresh_token"]
    gone = await party.client.revoke_token(party.metadata["revocation_endpoint"], refresh, "refresh_token")
    assert gone.status_code == 200
    with pytest.raises(OAuthError, match="invalid_grant"):
        await party.client.refresh_token(party.metadata["token_endpoint"], refresh_token=refresh)


async def test_a_client_in_its_own_name(party):
    if party.client.token_endpoint_auth_method == "none":
        with pytest.raises(OAuthError, match="unauthorized_client"):
            await machine_token(party)
        return
    token = await machine_token(party)
    assert "refresh_token" not in token
    url = party.metadata["introspection_endpoint"]
    told = (await party.client.introspect_token(url, token["access_token"])).json()
    assert (told["active"], told["client_id"], told["scope"]) == (True, party.client.client_id, "stock:read")
    await party.client.revoke_token(party.metadata["revocation_endpoint"], token["access_token"], "access_token")
    assert (await party.client.introspect_token(url, token["access_token"])).json() == {"active": False}


async def machine_token(party):
    url = party.metadata["token_endpoint"]
    return await party.client.fetch_token(url, grant_type="client_credentials", scope="stock:read")


async def test_a_denial_comes_back_as_an_error(party, person):
    page = await person.sign_in(
        EMAIL, "plum lantern quarry sixteen", await person.get(party.begin() + "&prompt=consent")
    )
    page = await person.post(page, decision="deny")
    answer = parse_qs(urlsplit(page.location).query)
    assert (answer["error"], answer["iss"]) == (["access_denied"], [party.issuer])
