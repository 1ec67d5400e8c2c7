"""Who may pass, and what everybody is told who may not."""

import dataclasses
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from limen.access.tokens.issue import access_token
from limen.access.tokens.request import Mandate, TokenRequest
from limen.identity.administrators import SYSTEM
from limen.integration.api import create_api
from limen.integration.api.strict_json import MAX_BODY
from limen.kernel.errors import Outage
from limen.trust.limits import Limit
from tests.integration.api.house import arriving

pytestmark = pytest.mark.anyio
WEB = {"client_name": "Shop", "redirect_uris": ["https://shop.example/callback"]}


async def test_without_a_token_no_error_is_named_and_with_a_bad_one_it_is(house):
    async with house.http() as http:
        none = await http.get("/clients")
        bad = await http.get("/clients", headers={"authorization": "Bearer nonsense"})
        basic = await http.get("/clients", headers={"authorization": "Basic eDp5"})
    assert [answer.status_code for answer in (none, bad, basic)] == [401, 401, 401]
    assert none.headers["www-authenticate"].startswith('Bearer realm="limen", resource_metadata="https://')
    assert bad.headers["www-authenticate"].startswith('Bearer realm="limen", error="invalid_token", ')
    assert none.json()["request_id"] == "req-of-a-test"


async def test_an_expired_token_is_refused(house):
    token = await house.token()
    house.clock.advance(301)
    async with house.http(token) as http:
        assert (await http.get("/clients")).status_code == 401


async def test_a_token_for_another_audience_is_refused(house):
    client = await house.machine(audiences=("https://orders.example",))
    token = access_token(TokenRequest(await house.desk(), client, {}), Mandate(("limen:clients:read",))).access_token
    async with house.http(token) as http:
        assert (await http.get("/clients")).status_code == 401


async def test_a_token_for_this_api_by_its_own_name_is_taken(house):
    client = await house.machine(audiences=("https://id.example/api/v1",))
    token = access_token(TokenRequest(await house.desk(), client, {}), Mandate(("limen:clients:read",))).access_token
    async with house.http(token) as http:
        assert (await http.get("/clients")).status_code == 200


async def test_the_token_of_a_client_that_was_removed_is_refused(house):
    client = await house.machine()
    token = access_token(TokenRequest(await house.desk(), client, {}), Mandate(("limen:clients:read",))).access_token
    await house.registration().delete(client.client_id, SYSTEM)
    async with house.http(token) as http:
        assert (await http.get("/clients")).status_code == 401


async def test_a_scope_is_asked_of_each_operation(house):
    async with house.http(await house.token("limen:clients:read")) as http:
        assert (await http.get("/clients")).status_code == 200
        refused = await http.post("/clients", json=WEB)
        assert refused.status_code == 403
        assert refused.json()["code"] == "insufficient_scope"
        assert 'scope="limen:clients:write"' in refused.headers["www-authenticate"]
        assert (await http.get("/customers")).status_code == 403


async def test_one_tenants_token_is_worth_nothing_at_another(house):
    token = await house.token(tenant=house.acme)
    async with house.http(token) as http:
        assert (await http.get("/clients")).status_code == 401
    async with house.http(token, house.acme) as http:
        assert (await http.get("/clients")).status_code == 200


async def test_one_tenants_rows_are_not_seen_at_another(house):
    client, customer = await house.machine(), await house.customer("ann@example.com")
    async with house.http(await house.token(tenant=house.acme), house.acme) as http:
        assert (await http.get(f"/clients/{client.client_id}")).status_code == 404
        assert (await http.get(f"/customers/{customer.id}")).status_code == 404
        erased = await http.delete(f"/customers/{customer.id}", headers={"if-match": "*"})
        assert erased.status_code == 404
    assert (await house.customers().read(customer.id)).id == customer.id


async def test_only_the_default_tenant_knows_of_tenants(house):
    async with house.http(await house.token(tenant=house.acme), house.acme) as http:
        assert (await http.get("/tenants")).status_code == 403


async def test_a_person_must_administer_the_tenant(house):
    _, token = await house.person(None)
    async with house.http(token) as http:
        refused = await http.get("/clients")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_an_administrator")


async def test_a_tenants_administrator_is_none_of_the_platform(house):
    _, token = await house.person("tenant")
    async with house.http(token) as http:
        assert (await http.get("/clients")).status_code == 200
        assert (await http.get("/tenants")).status_code == 403
    _, token = await house.person("platform")
    async with house.http(token) as http:
        assert (await http.get("/tenants")).status_code == 200


async def test_nobody_registers_a_client_with_more_rights_than_they_have(house):
    _, token = await house.person("tenant")
    wanted = {**WEB, "scopes": ["limen:tenants:write"]}
    async with house.http(token) as http:
        made = await http.post("/clients", json=wanted)
        assert (made.status_code, made.json()["code"]) == (403, "beyond_your_authority")
        own = await http.post("/clients", json={**WEB, "scopes": ["limen:clients:write"]})
        assert own.status_code == 201
        path = f"/clients/{own.json()['client_id']}"
        raised = await http.patch(path, json={"scopes": wanted["scopes"]}, headers={"if-match": "*"})
        assert raised.status_code == 403


async def test_nobody_takes_over_a_client_that_has_more_rights(house):
    above = await house.machine("limen:tenants:write")
    _, token = await house.person("tenant")
    async with house.http(token) as http:
        path = f"/clients/{above.client_id}"
        assert (await http.post(f"{path}/secret")).status_code == 403
        assert (await http.patch(path, json={"client_name": "x"}, headers={"if-match": "*"})).status_code == 403
        assert (await http.delete(path, headers={"if-match": "*"})).status_code == 403


async def test_nobody_takes_over_an_administrator_above_them(house):
    platform, _ = await house.person("platform")
    equal, token = await house.person("tenant")
    async with house.http(token) as http:
        for path in (f"/customers/{platform.id}", f"/customers/{platform.id}/disable"):
            sent = (
                http.post(path)
                if path.endswith("disable")
                else http.patch(path, json={"email": "mine@example.com"}, headers={"if-match": "*"})
            )
            assert (await sent).status_code == 403
        assert (await http.delete(f"/customers/{platform.id}", headers={"if-match": "*"})).status_code == 403
        renamed = await http.patch(f"/customers/{equal.id}", json={"name": "Me"}, headers={"if-match": "*"})
        assert renamed.status_code == 200
    async with house.http(await house.token("limen:customers:write")) as http:
        assert (await http.post(f"/customers/{equal.id}/disable")).status_code == 403


async def test_a_client_that_calls_too_often_waits(house):
    house.parts = dataclasses.replace(house.parts, limit=Limit(3, 60, "api"))
    async with house.http(await house.token()) as http:
        answers = [await http.get("/clients") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[0].headers["ratelimit"] == '"api";r=2;t=60'
        assert int(answers[3].headers["retry-after"]) > 0
    async with house.http(await house.token()) as other:
        assert (await other.get("/clients")).status_code == 200


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b'{"client_name": "a", "client_name": "b"}', "application/json", 400),
        (b'{"jwks": {"keys": [], "keys": []}}', "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b'{"client_name": NaN}', "application/json", 400),
        (b'{"client_name": 1e999}', "application/json", 400),
        (b'{"client_name": "a\\u0000"}', "application/json", 400),
        (b'{"client_name": "\\ud800"}', "application/json", 400),
        (b"[" * 5_000, "application/json", 400),
        (b"[" * 40 + b"]" * 40, "application/json", 400),
        (b"[]", "application/json", 422),
        (b"null", "application/json", 422),
        (b'"text"', "application/json", 422),
        (b"", "application/json", 422),
        (b"", "", 422),
        (b"client_name=a", "application/x-www-form-urlencoded", 415),
        (b"{}", "", 415),
        (b"{}", "application/json; charset=latin-1", 415),
        (b" " * (MAX_BODY + 1), "application/json", 413),
    ],
)
async def test_a_body_that_is_no_good_is_a_problem_document(house, body, content_type, status):
    headers = {"content-type": content_type} if content_type else {}
    async with house.http(await house.token()) as http:
        refused = await http.post("/clients", content=body, headers=headers)
    assert refused.status_code == status, refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["status"] == status
    assert "ratelimit" in refused.headers


@pytest.mark.parametrize("header", [None, "Bearer nonsense"])
async def test_no_body_is_awaited_from_a_stranger(house, header):
    asked = []

    async def body():
        asked.append(1)
        yield b"{}"

    headers = {"content-type": "application/json", **({"authorization": header} if header else {})}
    async with house.http() as http:
        refused = await http.post("/clients", content=body(), headers=headers)
    assert (refused.status_code, asked) == (401, [])


async def test_a_token_that_is_revoked_while_the_body_comes_changes_nothing(house):
    client = await house.machine()
    token = access_token(TokenRequest(await house.desk(), client, {}), Mandate(("limen:clients:write",))).access_token

    async def body():
        yield b'{"client_name": "Shop", '
        await house.registration().delete(client.client_id, SYSTEM)
        yield b'"redirect_uris": ["https://shop.example/callback"]}'

    async with house.http(token) as http:
        refused = await http.post("/clients", content=body(), headers={"content-type": "application/json"})
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_token")


@pytest.mark.parametrize("is_known", [True, False])
async def test_who_hangs_up_in_the_middle_of_a_body_is_no_fault(house, is_known):
    token = await house.token() if is_known else ""
    came = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    told = []

    async def receive():
        return came.pop(0) if came else {"type": "http.disconnect"}

    async def send(message):
        told.append(message)

    headers = [(b"content-type", b"application/json"), *([(b"authorization", f"Bearer {token}".encode())] * is_known)]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "https",
        "path": "/api/v1/clients", "raw_path": b"/api/v1/clients", "query_string": b"", "root_path": "",
        "headers": headers, "client": ("192.0.2.7", 1), "server": ("id.example", 443),
    }  # fmt: skip
    with capture_logs() as logged:
        await arriving(create_api(house.parts), "")(scope, receive, send)
    assert told[0]["status"] == (400 if is_known else 401)
    assert [one for one in logged if one["event"] == "api.fault"] == []


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=1&limit=2", "after=%21", "after=AAAA", "colour=red"])
async def test_a_query_that_is_no_good_is_a_problem_document(house, query):
    async with house.http(await house.token()) as http:
        refused = await http.get(f"/clients?{query}")
    assert refused.status_code == 422, refused.text


async def test_what_is_not_there_and_what_may_not_be_done_are_problem_documents(house):
    async with house.http(await house.token()) as http:
        lost, other = await http.get("/nowhere"), await http.put("/clients")
        malformed = await http.get("/customers/cus_1")
        head = await http.head("/clients")
    assert (lost.status_code, other.status_code, malformed.status_code) == (404, 405, 422)
    assert other.headers["allow"] == "GET, HEAD, POST"
    assert lost.headers["content-type"] == other.headers["content-type"] == "application/problem+json"
    assert (head.status_code, head.content) == (200, b"")


async def test_what_was_sent_is_never_repeated(house):
    async with house.http(await house.token()) as http:
        sent = {"email": "ann@example.com", "password": "short-S3cret", "name": 7, "who": "secret-member-value"}
        refused = await http.post("/customers", json=sent)
    assert refused.status_code == 422
    assert not [word for word in ("ann@", "S3cret", "secret-member-value") if word in refused.text]


async def test_the_document_is_served_to_everybody_and_names_the_tenants_server(house):
    async with house.http(None, house.acme) as http:
        document = (await http.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert document["servers"][0]["url"] == "/t/acme"
    assert set(document["paths"]) >= {"/api/v1/clients", "/api/v1/customers/{customer_id}", "/api/v1/tenants/{slug}"}


async def test_an_outage_is_503_and_says_when_to_come_again(house):
    async def away(_prefix):
        raise Outage("the KMS does not answer", 7)

    house.parts = replace(house.parts, desks=away)
    async with house.http("a token") as http:
        answer = await http.get("/clients")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    assert (answer.json()["code"], "KMS" in answer.text) == ("temporarily_unavailable", False)
