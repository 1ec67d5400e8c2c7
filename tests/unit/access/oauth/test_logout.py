"""Signing out at the wish of a relying party: never an open redirect."""

from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.access.oauth.logout import LogoutRequest, parse_logout
from limen.access.oauth.request import PageRefusal
from tests.unit.access.oauth.doubles import AFTERWARDS, CLIENT_ID, DOCUMENT, client, desk, id_token
from tests.unit.access.oauth.test_redirects import ATTACKS
from tests.unit.access.oauth.test_request import run

pytestmark = pytest.mark.anyio


async def parsed(at, **parameters):
    return await parse_logout(at, urlencode(parameters))


async def test_a_hint_names_person_session_and_client_even_when_it_is_expired():
    at = desk()
    wish = await parsed(at, id_token_hint=id_token(at), post_logout_redirect_uri=AFTERWARDS, state="a&b")
    assert wish == LogoutRequest("a-subject", "a-sid", CLIENT_ID, AFTERWARDS, "a&b", hint_valid=True)
    assert wish.location == AFTERWARDS + "?state=a%26b"


async def test_a_client_id_alone_allows_the_redirect_but_proves_nobody():
    wish = await parsed(desk(), client_id=CLIENT_ID, post_logout_redirect_uri=AFTERWARDS)
    assert wish == LogoutRequest(client_id=CLIENT_ID, redirect=AFTERWARDS)
    assert wish.location == AFTERWARDS


async def test_no_parameters_at_all():
    wish = await parse_logout(desk(), "")
    assert wish == LogoutRequest()
    assert wish.location == ""


async def test_the_query_of_the_registered_uri_stays():
    uri = "https://shop.example/bye?from=limen"
    wish = await parsed(desk(), client_id=CLIENT_ID, post_logout_redirect_uri=uri, state="s")
    assert wish.location == uri + "&state=s"


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"client_id": "nobody"},
        {"client_id": "sleeping"},
        {"client_id": "bank"},
        {"id_token_hint": "no token"},
    ],
)
async def test_without_the_client_that_registered_it_nobody_is_sent_anywhere(parameters):
    sleeping = client("sleeping", msgspec.structs.replace(DOCUMENT, disabled=True))
    bank = client("bank", msgspec.structs.replace(DOCUMENT, post_logout_redirect_uris=()))
    wish = await parsed(desk(client(), sleeping, bank), post_logout_redirect_uri=AFTERWARDS, **parameters)
    assert isinstance(wish, LogoutRequest)
    assert wish.redirect == wish.location == ""
    assert not wish.hint_valid


@pytest.mark.parametrize("presented", [uri.replace("/cb", "/bye") for uri in ATTACKS])
async def test_what_only_resembles_the_registered_uri_leads_nowhere(presented):
    outcome = await parsed(desk(), client_id=CLIENT_ID, post_logout_redirect_uri=presented)
    assert isinstance(outcome, PageRefusal) or outcome.location == ""


async def test_a_redirect_uri_for_signing_in_is_none_for_signing_out():
    wish = await parsed(desk(), client_id=CLIENT_ID, post_logout_redirect_uri="https://shop.example/cb")
    assert wish.location == ""


async def test_a_hint_for_one_client_presented_by_another_is_refused():
    at = desk(client(), client("bank"))
    refusal = await parsed(at, id_token_hint=id_token(at), client_id="bank")
    assert type(refusal) is PageRefusal
    assert refusal.code == "client_mismatch"


async def test_a_hint_of_another_tenant_counts_as_none():
    elsewhere = desk(issuer="https://elsewhere.example")
    wish = await parsed(desk(), id_token_hint=id_token(elsewhere), post_logout_redirect_uri=AFTERWARDS)
    assert wish == LogoutRequest()


async def test_a_hint_for_several_clients_needs_the_client_to_say_which_it_is():
    at = desk()
    hint = id_token(at, aud=["bank", CLIENT_ID])
    assert (await parsed(at, id_token_hint=hint)).client_id == ""
    assert (await parsed(at, id_token_hint=hint, client_id=CLIENT_ID)).client_id == CLIENT_ID


@pytest.mark.parametrize("query", ["state=a&state=b", "x=%ff", "state=a%0d%0ab", "client_id=a%0ab", "%00"])
async def test_what_is_malformed_is_refused(query):
    refusal = await parse_logout(desk(), query)
    assert type(refusal) is PageRefusal
    assert refusal.code == "malformed_request"


@given(
    st.dictionaries(
        st.sampled_from(["client_id", "post_logout_redirect_uri", "state", "id_token_hint", "ui_locales"]),
        st.one_of(st.text(max_size=30), st.sampled_from([CLIENT_ID, AFTERWARDS, "https://evil.example"])),
    )
)
def test_whatever_comes_leads_to_a_registered_place_or_none(parameters):
    outcome = run(parse_logout(desk(), urlencode(parameters, errors="replace")))
    if isinstance(outcome, LogoutRequest):
        assert outcome.redirect in {"", *DOCUMENT.post_logout_redirect_uris}
        assert outcome.location.startswith(outcome.redirect)
        assert "\n" not in outcome.location
