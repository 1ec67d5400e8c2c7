"""The audit log over HTTP: found by what one asks for, and opened only for whoever may, and on record."""

import pytest

from limen.app.personal import AuditSealer
from limen.kernel.events import AuditEntry, Outcome
from tests.integration.api.house import House

pytestmark = pytest.mark.anyio
READ, OPEN = "limen:audit:read", "limen:audit:personal"


@pytest.fixture
async def person(house: House):
    """Somebody whose sign-ins are on record, one failure among them, with a token between each two."""
    database = house.storage.database
    database.seal_personal = AuditSealer(house.keyring, house.entropy)
    customer = await house.customer("ada@example.com")
    for number in range(5):
        house.clock.advance(60)
        outcome = Outcome.REFUSED if number == 2 else Outcome.SUCCESS
        async with database.begin(house.default.id) as unit:
            unit.record(
                AuditEntry(
                    "session.started",
                    outcome,
                    actor=f"customer:{customer.id}",
                    subject=customer.id,
                    client=("shop", "bank")[number % 2],
                    data={"number": number},
                    personal={"address": f"192.0.2.{number}"},
                )
            )
            unit.record(AuditEntry("token.issued", subject=customer.id))
    return customer


QUESTIONS = {
    "": [4, 3, 2, 1, 0],
    "client_id=bank": [3, 1],
    "outcome=refused": [2],
    "since=2027-01-15T08:02:00Z&until=2027-01-15T08:04:00Z": [2, 1],
    "actor=system": [],
    "subject=cus_00000000000000000000000000": [],
}


async def test_records_are_found_newest_first_by_what_is_asked_page_after_page(house: House, person):
    async with house.http(await house.token(READ)) as http:
        for query, expected in QUESTIONS.items():
            path, found = f"/audit?event=session.started&limit=2&{query}", []
            while path:
                page = (await http.get(path.replace("/api/v1", ""))).json()
                found += [item["data"]["number"] for item in page["items"]]
                path = page["next"]
            assert found == expected, query


async def test_what_is_written_meanwhile_does_not_disturb_a_cursor(house: House, person):
    async with house.http(await house.token(READ)) as http:
        first = (await http.get("/audit?limit=3")).json()
        async with house.storage.database.begin(house.default.id) as unit:
            unit.record(AuditEntry("client.created"))
        second = (await http.get(first["next"].replace("/api/v1", ""))).json()
    stands = [(item["at"], item["segment"], item["seq"]) for item in first["items"] + second["items"]]
    assert stands == sorted(stands, reverse=True)
    assert len(set(stands)) == 6
    assert "token.issued" not in {item["event"] for item in first["items"] + second["items"]}


async def test_codes_and_tokens_are_found_where_they_are_named_within_bounds(house: House, person):
    async with house.http(await house.token(READ)) as http:
        unbounded = await http.get("/audit?event=token.issued")
        span = "since=2027-01-15T00:00:00Z&until=2027-02-14T00:00:00Z"
        bounded = (await http.get(f"/audit?event=token.issued&{span}")).json()["items"]
    assert (unbounded.status_code, unbounded.json()["code"]) == (422, "time_range_too_long")
    assert [item["event"] for item in bounded] == ["token.issued"] * 5


async def test_a_personal_part_is_opened_with_a_further_scope_and_that_is_on_record(house: House, person):
    query = f"/audit?event=session.started&subject={person.id}&personal=true"
    async with house.http(await house.token(READ)) as http:
        refused = await http.get(query)
        sealed = (await http.get(query.replace("true", "false"))).json()["items"]
    assert (refused.status_code, OPEN in refused.headers["www-authenticate"]) == (403, True)
    assert {(item["personal_state"], str(item["personal"])) for item in sealed} == {("sealed", "{}")}
    assert "audit.personal_opened" not in await house.audit()
    administrator, token = await house.person("tenant", READ, OPEN)
    async with house.http(token) as http:
        opened = (await http.get(query)).json()["items"]
        [on_record] = (await http.get(f"/audit?event=audit.personal_opened&subject={person.id}")).json()["items"]
    assert [item["personal"]["address"] for item in opened] == [f"192.0.2.{number}" for number in (4, 3, 2, 1, 0)]
    assert (on_record["actor"], on_record["data"]) == (f"admin:{administrator.id}", {"records": 5})
    assert on_record["request_id"] == "req-of-a-test"


async def test_after_an_erasure_the_log_is_read_and_nothing_opens(house: House, person):
    await house.keyring.destroy_subject(house.default.id, person.id)
    async with house.http(await house.token(READ, OPEN)) as http:
        items = (await http.get(f"/audit?subject={person.id}&event=session.started&personal=true")).json()["items"]
    assert {(item["personal_state"], str(item["personal"])) for item in items} == {("erased", "{}")}


BAD = (
    "after=zzz", "limit=0", "limit=201", "since=yesterday", "since=2027-01-15T08:00:00", "event=Not%20One",
    "outcome=maybe", "unknown=1", "event=a.b&event=c.d", "subject=%00", "actor=" + "x" * 256, "personal=perhaps",
)  # fmt: skip


async def test_bad_questions_are_refused(house: House):
    async with house.http(await house.token(READ)) as http:
        for query in BAD:
            answer = await http.get(f"/audit?{query}")
            assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), query


async def test_reading_needs_its_scope_and_shows_a_tenant_its_own_log(house: House, person):
    async with house.http(await house.token("limen:customers:read")) as http:
        assert (await http.get("/audit")).status_code == 403
    async with house.http(await house.token(READ, tenant=house.acme), tenant=house.acme) as http:
        items = (await http.get("/audit")).json()["items"]
    assert person.id not in {item["subject"] for item in items}
