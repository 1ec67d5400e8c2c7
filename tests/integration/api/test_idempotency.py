"""A POST that is sent twice is done once."""

import asyncio

import pytest
from sqlalchemy import select

from limen.access.tokens.issue import access_token
from limen.access.tokens.request import Mandate, TokenRequest
from limen.identity.administrators import SYSTEM
from limen.kernel.encoding import sha256
from limen.storage.schema.processes import idempotency

pytestmark = pytest.mark.anyio
WEB = {"client_name": "Shop", "redirect_uris": ["https://shop.example/callback"]}
KEY = {"idempotency-key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}


async def test_the_same_request_gets_the_same_answer_with_the_same_secret(house):
    async with house.http(await house.token()) as http:
        first = await http.post("/clients", json=WEB, headers=KEY)
        second = await http.post("/clients", json=WEB, headers=KEY)
    assert (second.status_code, second.content) == (201, first.content)
    assert second.headers["location"] == first.headers["location"]
    assert second.headers["etag"] == first.headers["etag"]


async def test_a_key_used_for_another_request_is_refused(house):
    async with house.http(await house.token()) as http:
        await http.post("/clients", json=WEB, headers=KEY)
        other = await http.post("/clients", json={**WEB, "client_name": "Other"}, headers=KEY)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_key_belongs_to_its_caller_and_its_door(house):
    async with house.http(await house.token()) as one, house.http(await house.token()) as two:
        first = await one.post("/clients", json=WEB, headers=KEY)
        second = await two.post("/clients", json=WEB, headers=KEY)
        third = await one.post(f"/clients/{first.json()['client_id']}/secret", headers=KEY)
    assert [first.status_code, second.status_code, third.status_code] == [201, 201, 200]
    assert first.json()["client_id"] != second.json()["client_id"]


async def test_a_race_of_one_key_makes_one_client(house):
    async with house.http(await house.token()) as http:
        answers = await asyncio.gather(*(http.post("/clients", json=WEB, headers=KEY) for _ in range(12)))
        assert {answer.status_code for answer in answers} <= {201, 409}
        assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
        listed = (await http.get("/clients")).json()["items"]
    assert len([client for client in listed if client["client_name"] == "Shop"]) == 1


async def test_a_refused_request_gives_its_key_back(house):
    async with house.http(await house.token()) as http:
        refused = await http.post("/clients", json={**WEB, "redirect_uris": []}, headers=KEY)
        again = await http.post("/clients", json=WEB, headers=KEY)
    assert [refused.status_code, again.status_code] == [422, 201]


async def test_a_key_is_forgotten_after_a_day(house):
    client = await house.machine()

    async def call():
        token = access_token(TokenRequest(await house.desk(), client, {}), Mandate(client.document.scopes)).access_token
        async with house.http(token) as http:
            return await http.post("/clients", json=WEB, headers=KEY)

    first = await call()
    house.clock.advance(86_401)
    assert (await call()).json()["client_id"] != first.json()["client_id"]


async def test_a_customers_answer_is_made_anew_so_that_none_outlives_an_erasure(house):
    async with house.http(await house.token()) as http:
        sent = {"email": "ann@example.com"}
        first = await http.post("/customers", json=sent, headers=KEY)
        again = await http.post("/customers", json=sent, headers=KEY)
        assert (again.status_code, again.json()) == (201, first.json())
        await house.customers().delete(first.json()["id"], SYSTEM)
        gone = await http.post("/customers", json=sent, headers=KEY)
    assert gone.status_code == 404


async def test_what_is_kept_of_a_request_is_no_hash_that_anybody_can_guess_with(house):
    async with house.http(await house.token()) as http:
        sent = {"email": "ann@example.com", "password": "correct horse battery staple"}
        made = await http.post("/customers", json=sent, headers=KEY)
    assert made.status_code == 201
    async with house.storage.database.read(house.default.id) as unit:
        [row] = (await unit.connection.execute(select(idempotency))).all()
    plain = sha256(made.request.content)
    assert plain not in {value for value in row if isinstance(value, bytes)}
    assert len(row.request_hash) == len(plain)


@pytest.mark.parametrize("key", ["", "ä", "x" * 256, "a b"])
async def test_a_malformed_key_is_refused(house, key):
    async with house.http(await house.token()) as http:
        refused = await http.post("/clients", json=WEB, headers=[(b"idempotency-key", key.encode())])
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_idempotency_key")
