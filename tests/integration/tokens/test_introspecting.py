"""Introspection: to whom a token says something, and what (RFC 7662 §2.2, §4)."""

import pytest

from tests.integration.tokens.kit import Shop, claims, error

pytestmark = pytest.mark.anyio
API = "https://api.example"


async def test_the_clients_own_token_says_what_it_says_and_nothing_internal(shop: Shop):
    tokens = await shop.tokens()
    said = await shop.introspect(tokens["access_token"])
    token = claims(tokens["access_token"])
    assert said == {"active": True, "token_type": "Bearer"} | {name: token[name] for name in token if name != "fid"}
    assert "fid" not in said


async def test_a_resource_server_in_the_audience_is_concerned(shop: Shop):
    resource = await shop.machine("introspect", audiences=(API,))
    auth = await shop.another(audiences=(API,))
    token = (await shop.tokens(auth))["access_token"]
    assert claims(token)["aud"] == API
    assert await shop.is_active(token, resource)


@pytest.mark.parametrize(
    "document",
    [
        {"scopes": ("introspect",), "audiences": ("https://other.example",)},
        {"scopes": ("orders",), "audiences": (API,)},
        {"scopes": ("introspect",)},
    ],
    ids=["for another audience", "no resource server", "for nothing"],
)
async def test_whoever_is_not_concerned_learns_nothing(shop: Shop, document: dict):
    other = await shop.machine(**document)
    auth = await shop.another(audiences=(API,))
    token = (await shop.tokens(auth))["access_token"]
    assert await shop.introspect(token, other) == {"active": False}


@pytest.mark.parametrize("kind", ["refresh_token", "id_token"])
async def test_what_is_no_access_token_is_never_active(shop: Shop, kind: str):
    assert await shop.introspect((await shop.tokens())[kind]) == {"active": False}


async def test_a_machines_token_is_active_for_its_machine(shop: Shop):
    machine = await shop.machine("orders")
    token = (await shop.own_token(machine))["access_token"]
    said = await shop.introspect(token, machine)
    assert (said["active"], said["sub"], said["client_id"]) == (True, machine[0], machine[0])


async def test_a_public_client_may_not_ask(shop: Shop):
    """RFC 7662 §2.1: the endpoint is protected from scanning."""
    client_id, _ = await shop.another(token_endpoint_auth_method="none")
    token = (await shop.tokens((client_id, "")))["access_token"]
    answer = await shop.post("/introspect", {"token": token, "client_id": client_id})
    assert error(answer) == (401, "invalid_client")


@pytest.mark.parametrize("place", ["header", "payload", "signature"])
async def test_a_token_with_one_character_changed_is_inactive(shop: Shop, place: str):
    parts = (await shop.tokens())["access_token"].split(".")
    at = ["header", "payload", "signature"].index(place)
    parts[at] = ("A" if parts[at][0] != "A" else "B") + parts[at][1:]
    assert await shop.introspect(".".join(parts)) == {"active": False}


async def test_asking_leaves_nothing_behind(shop: Shop):
    tokens = await shop.tokens()
    before = await shop.house.rows()
    await shop.introspect(tokens["access_token"])
    await shop.introspect("nonsense")
    assert await shop.house.rows() == before
