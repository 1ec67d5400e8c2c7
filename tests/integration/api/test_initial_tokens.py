"""Initial access tokens over the API."""

import pytest

pytestmark = pytest.mark.anyio
PATH = "/initial-access-tokens"


async def test_a_token_is_shown_once_listed_without_its_text_and_withdrawn(house):
    async with house.http(await house.token()) as http:
        made = await http.post(PATH, json={"label": "Partners", "hours": 2, "uses": 5})
        assert made.status_code == 201
        assert len(made.json()["token"]) >= 32
        [listed] = (await http.get(PATH)).json()["items"]
        assert listed == {name: value for name, value in made.json().items() if name != "token"}
        assert (listed["label"], listed["uses_left"]) == ("Partners", 5)
        assert (await http.delete(f"{PATH}/{listed['id']}")).status_code == 204
        assert (await http.delete(f"{PATH}/{listed['id']}")).status_code == 404
        assert (await http.get(PATH)).json()["items"] == []


@pytest.mark.parametrize(
    "wrong", [{}, {"label": ""}, {"label": "a\nb"}, {"label": "a", "hours": 0}, {"label": "a", "uses": 0}]
)
async def test_what_it_is_for_and_how_long_is_checked(house, wrong):
    async with house.http(await house.token()) as http:
        assert (await http.post(PATH, json=wrong)).status_code == 422


async def test_who_may_only_read_clients_makes_none(house):
    async with house.http(await house.token("limen:clients:read")) as http:
        assert (await http.post(PATH, json={"label": "a"})).status_code == 403
        assert (await http.get(PATH)).status_code == 200
