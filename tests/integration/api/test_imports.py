"""Customers brought in over the API."""

import json

import pytest

pytestmark = pytest.mark.anyio
PATH = "/imports"
ROWS = [
    {
        "email": "ann@example.com",
        "email_verified": True,
        "external_id": "1",
        "password_hash": "{SHA}VBPuJHI7uixaa6LQGWx4s+5GKNE=",
    },
    {"email": "bob@example.com", "roles": ["buyer"]},
    {"email": "no address", "locale": "?"},
    {"email": 7},
    {"email": "cleo@example.com", "password_hash": "$2b$31$" + "a" * 53},
]


async def test_good_rows_go_in_and_the_others_are_named(house):
    async with house.http(await house.token()) as http:
        made = await http.post(PATH, json={"customers": ROWS})
        assert made.status_code == 201
        one = made.json()
        assert (one["rows"], one["created"], one["present"], one["refused"]) == (5, 2, 0, 3)
        assert (one["state"], one["left_out"]) == ("finished", {"roles": 1})
        assert (await http.get(f"{PATH}/{one['id']}")).json() == one
        assert (await http.get(PATH)).json()["items"] == [one]
        page = (await http.get(f"{PATH}/{one['id']}/refusals", params={"limit": 1})).json()
        assert [(row["row"], row["field"]) for row in page["items"]] == [(3, "email"), (3, "locale")]
        rest = (await http.get(page["next"].partition("/api/v1")[2])).json()
        assert [(row["row"], row["code"]) for row in rest["items"]] == [(4, "type.wrong")]
        assert "example" not in json.dumps([page, rest])
        again = (await http.post(PATH, json={"customers": ROWS})).json()
        assert (again["created"], again["present"], again["refused"]) == (0, 2, 3)


async def test_who_may_only_read_brings_nobody_in(house):
    async with house.http(await house.token("limen:customers:read")) as http:
        assert (await http.post(PATH, json={"customers": ROWS})).status_code == 403
        assert (await http.get(PATH)).status_code == 200
        assert (await http.get(f"{PATH}/imp_{'0' * 26}")).status_code == 404
        assert (await http.get(f"{PATH}/imp_{'0' * 26}/refusals")).status_code == 404


@pytest.mark.parametrize("wrong", [{}, {"customers": []}, {"customers": [1]}, {"customers": [{}] * 501}])
async def test_what_is_no_list_of_customers_is_refused(house, wrong):
    async with house.http(await house.token()) as http:
        assert (await http.post(PATH, json=wrong)).status_code == 422
