"""OpenID Connect Front-Channel Logout 1.0, clause by clause."""

import pytest

from limen.access.clients.records import AuthMethod, ClientDocument
from limen.access.clients.validation import validate
from tests.integration.tokens.kit import Shop, claims
from tests.support.house import CALLBACK, GOODBYE

pytestmark = pytest.mark.anyio
ORIGIN = CALLBACK.rpartition("/")[0]
FRAME = f"{ORIGIN}/bye?from=limen"


async def signed_out(shop: Shop, **document: object):
    auth = await shop.another(frontchannel_logout_uri=FRAME, **document)
    tokens = await shop.tokens(auth)
    page = await shop.walker.get("/logout", id_token_hint=tokens["id_token"], post_logout_redirect_uri=GOODBYE)
    return page, claims(tokens["id_token"])


async def test_s2_the_page_frames_the_address_and_the_policy_allows_just_its_origin(shop: Shop):
    page, _ = await signed_out(shop)
    assert f'src="{FRAME}"' in page.text
    policy = page.headers["content-security-policy"]
    host = "/".join(ORIGIN.split("/")[:3])
    assert f"frame-src {host}" in policy
    assert policy.count("frame-src") == 1


async def test_s3_iss_and_sid_go_along_where_they_are_required(shop: Shop):
    page, identity = await signed_out(shop, frontchannel_logout_session_required=True)
    assert "iss=https%3A%2F%2Fid.example" in page.text
    assert f"sid={identity['sid']}" in page.text


async def test_the_browser_goes_on_to_the_application_after_the_frames(shop: Shop):
    page, _ = await signed_out(shop)
    assert page.headers["refresh"] == f"3;url={GOODBYE}"
    assert f'href="{GOODBYE}"' in page.text


async def test_without_frames_the_browser_goes_on_at_once(shop: Shop):
    tokens = await shop.tokens()
    page = await shop.walker.get("/logout", id_token_hint=tokens["id_token"], post_logout_redirect_uri=GOODBYE)
    assert page.location == GOODBYE


async def test_s3_discovery_says_that_it_is_served(shop: Shop):
    metadata = (await shop.http.get("/.well-known/openid-configuration")).json()
    assert metadata["frontchannel_logout_supported"] is True
    assert metadata["frontchannel_logout_session_supported"] is True


@pytest.mark.parametrize(
    "address", ["https://elsewhere.example/bye", "javascript:alert(1)", "https://shop.example:444/bye", "ftp://x/y"]
)
def test_s2_an_address_that_is_not_where_redirects_lead_is_refused(address: str):
    document = ClientDocument(
        client_name="Shop",
        redirect_uris=("https://shop.example/cb",),
        frontchannel_logout_uri=address,
        token_endpoint_auth_method=AuthMethod.BASIC,
    )
    refused = validate(document)
    assert refused is not None
    assert "frontchannel_logout_uri" in refused.fields
