"""Two customers become one over HTTP: previewed, done in one commit, and refused where it would weaken."""

import asyncio
from dataclasses import replace

import msgspec
import pytest

from limen.identity.consents.records import ConsentDecision, Decision
from limen.identity.credentials.records import StoredPassword
from limen.identity.customers.directory import seal
from limen.identity.customers.identifiers import EMAIL
from limen.identity.rights.records import RequestState
from limen.kernel.ids import CustomerId, RecordId
from tests.contract import things

pytestmark = pytest.mark.anyio


async def two(house, http) -> tuple[dict, dict]:
    """Ann, who stays, and Anna, who goes."""
    stays = await http.post("/customers", json={"email": "ann@example.com", "name": "Ann", "locale": "en"})
    goes = await http.post("/customers", json={"email": "anna@example.org", "name": "Anna", "family_name": "Lee"})
    return stays.json(), goes.json()


async def merge(http, stays: dict, goes: dict, version: str | None = "*", **body):
    headers = {"if-match": version} if version else {}
    return await http.post(f"/customers/{stays['id']}/merge", json={"from": goes["id"], **body}, headers=headers)


async def decided(house, customer: dict, purpose: str, decision: Decision, party: str = "") -> None:
    made = ConsentDecision(CustomerId(customer["id"]), purpose, party, ("email",), decision, b"h" * 32, "en", version=1)
    async with house.storage.database.begin(house.default.id) as unit:
        await unit.consents.append(RecordId.new(house.clock, house.entropy), made, house.clock.now())


async def test_a_preview_changes_nothing_and_the_merge_does_what_it_said(house):
    async with house.http(await house.token()) as http:
        stays, goes = await two(house, http)
        preview = await merge(http, stays, goes, None, preview=True, take=["name"])
        assert preview.status_code == 200, preview.text
        plan = preview.json()
        assert (plan["merged"], plan["filled"], plan["taken"], plan["kept"]) == (False, ["family_name"], ["name"], [])
        assert (await http.get(f"/customers/{goes['id']}")).status_code == 200

        done = await merge(http, stays, goes, '"1"', take=["name"])
        assert done.status_code == 200, done.text
        assert done.json() == plan | {"merged": True}
        kept = (await http.get(f"/customers/{stays['id']}")).json()
        names = (kept["email"], kept["name"], kept["family_name"], kept["locale"], kept["version"])
        assert names == ("ann@example.com", "Anna", "Lee", "en", 2)

        gone = await http.get(f"/customers/{goes['id']}")
        location = f"/api/v1/customers/{stays['id']}"
        assert (gone.status_code, gone.json()["code"], gone.headers["location"]) == (410, "customer_merged", location)
        taken = await http.post("/customers", json={"email": "anna@example.org"})
        assert taken.json()["code"] == "email_taken"  # held for the one who stays
    assert await house.keyring.subject(house.default.id, goes["id"]) is None
    async with house.storage.database.read(house.default.id) as unit:
        index = await house.directory().email_index("anna@example.org")
        assert await unit.customers.find_by_contact(EMAIL, index) is None
    assert "customer.merged" in await house.audit()


async def test_a_merge_is_held_to_what_its_preview_showed_even_where_no_version_moved(house):
    async with house.http(await house.token()) as http:
        stays, goes = await two(house, http)
        shown = (await merge(http, stays, goes, None, preview=True)).json()
        await decided(house, stays, "newsletter", Decision.GIVEN)
        await decided(house, goes, "newsletter", Decision.REFUSED)
        refused = await merge(http, stays, goes, '"1"', seen=shown["digest"])
        assert (refused.status_code, refused.json()["code"]) == (412, "version_changed")
        again = (await merge(http, stays, goes, None, preview=True)).json()
        assert (again["withdrawn"], again["customer"]["version"]) == (["newsletter"], shown["customer"]["version"])
        assert again["digest"] != shown["digest"]
        assert (await merge(http, stays, goes, '"1"', seen=again["digest"])).status_code == 200


async def test_attributes_fill_gaps_where_they_fit_and_administrators_may_write_them(house):
    attributes = {
        "size": {"type": "integer"},
        "note": {"type": "string", "limen": {"administrator": "read"}},
        "gone": {"type": "string"},
    }
    async with house.http(await house.token()) as http:
        stays, goes = await two(house, http)
        async with house.storage.database.begin(house.default.id) as unit:
            customer = await house.directory().open(await unit.customers.get(CustomerId(goes["id"])))
            said = msgspec.structs.replace(customer.profile, attributes={"size": 42, "note": "n", "gone": [1]})
            vault = await house.directory().vault_of(customer.id)
            assert await unit.customers.update(seal(customer.with_profile(said, house.clock.now()), vault), 1)
        settings = {"profile": {"attributes": attributes}}
        await http.patch("/tenants/default", json={"settings": settings}, headers={"if-match": "*"})
    async with house.http(await house.token()) as http:
        done = (await merge(http, stays, goes)).json()
        assert (done["filled"], done["customer"]["attributes"]) == (["family_name", "attributes.size"], {"size": 42})


async def test_an_earlier_merge_leads_to_the_one_who_is_left(house):
    async with house.http(await house.token()) as http:
        stays, goes = await two(house, http)
        last = (await http.post("/customers", json={"email": "z@example.com"})).json()
        assert (await merge(http, stays, goes)).status_code == 200
        assert (await merge(http, last, stays)).status_code == 200
        for customer in (stays, goes):
            gone = await http.get(f"/customers/{customer['id']}")
            assert gone.headers["location"].endswith(last["id"])
        await http.delete(f"/customers/{last['id']}", headers={"if-match": "*"})
        assert (await http.get(f"/customers/{goes['id']}")).status_code == 404


async def test_no_credential_is_carried_over_and_the_stricter_consent_counts(house):
    async with house.http(await house.token()) as http:
        stays, goes = await two(house, http)
        who = CustomerId(goes["id"])
        async with house.storage.database.begin(house.default.id) as unit:
            await unit.passwords.put(StoredPassword(who, b"sealed", 1))
        for purpose, ours, theirs in (
            ("news", Decision.GIVEN, Decision.WITHDRAWN),
            ("terms", Decision.GIVEN, Decision.GIVEN),
            ("ads", Decision.REFUSED, Decision.GIVEN),
        ):
            await decided(house, stays, purpose, ours)
            await decided(house, goes, purpose, theirs)
        await decided(house, stays, "oauth", Decision.GIVEN, "shop")
        await decided(house, goes, "oauth", Decision.WITHDRAWN, "shop")
        done = (await merge(http, stays, goes)).json()
        assert (done["withdrawn"], done["ends"]["passwords"]) == (["news"], 1)
    async with house.storage.database.read(house.default.id) as unit:
        latest = await unit.consents.latest(CustomerId(stays["id"]))
        assert await unit.passwords.get(CustomerId(stays["id"])) is None
    assert {one.decision.purpose: one.decision.decision.value for one in latest} == {
        "news": "withdrawn",
        "terms": "given",
        "ads": "refused",
        "oauth": "given",
    }


async def test_what_would_weaken_or_hide_something_is_refused(house):
    async with house.http(await house.token()) as http:
        stays, goes = await two(house, http)
        app = things.factor(house, replace(things.customer(house), id=CustomerId(goes["id"])))
        async with house.storage.database.begin(house.default.id) as unit:
            await unit.factors.add(app)
        assert (await merge(http, stays, goes)).json()["code"] == "merge_would_weaken"
        assert (await merge(http, goes, stays, None, preview=True)).status_code == 200  # the other way round
        async with house.storage.database.begin(house.default.id) as unit:
            await unit.administrators.appoint(CustomerId(stays["id"]), "tenant", 1)
        assert (await merge(http, goes, stays)).json()["code"] == "merge_administers"
        async with house.storage.database.begin(house.default.id) as unit:
            await unit.administrators.dismiss(CustomerId(stays["id"]))
            await unit.recoveries.begin(things.recovery_request(house, replace(things.customer(house), id=stays["id"])))
        assert (await merge(http, goes, stays)).json()["code"] == "merge_pending"
        await http.post(f"/customers/{stays['id']}/disable")
        assert (await merge(http, goes, stays)).json()["code"] == "merge_disabled"
        assert (await merge(http, goes, goes)).json()["errors"][0]["code"] == "merge.same"
        assert (await merge(http, goes, stays, None)).status_code == 409


async def test_whoever_waits_for_an_answer_to_a_privacy_request_does_not_go(house):
    async with house.http(await house.token()) as http:
        stays, goes = await two(house, http)
        request = things.privacy_request(house, replace(things.customer(house), id=CustomerId(goes["id"])))
        async with house.storage.database.begin(house.default.id) as unit:
            assert await unit.privacy_requests.add(request)
        refused = await merge(http, stays, goes)
        assert (refused.status_code, refused.json()["code"]) == (409, "merge_pending")
        assert (await merge(http, goes, stays, None, preview=True)).status_code == 200  # whose request stays with them
        async with house.storage.database.begin(house.default.id) as unit:
            [still] = await unit.privacy_requests.of_customer(CustomerId(goes["id"]))
            assert still == request
            answered = still.moved(RequestState.DONE, house.clock.now())
            assert await unit.privacy_requests.update(answered, still.version)
        assert (await merge(http, stays, goes)).status_code == 200


async def test_a_version_that_passed_and_two_merges_at_once_are_refused(house):
    async with house.http(await house.token()) as http:
        stays, goes = await two(house, http)
        assert (await merge(http, stays, goes, None)).status_code == 428
        assert (await merge(http, stays, goes, '"7"')).status_code == 412
        assert (await merge(http, stays, goes, take=["zoneinfo"])).json()["errors"][0][
            "code"
        ] == "merge.nothing_to_take"
        both = await asyncio.gather(merge(http, stays, goes), merge(http, goes, stays))
        assert min(answer.status_code for answer in both) == 200
        left = [(await http.get(f"/customers/{one['id']}")).status_code for one in (stays, goes)]
    assert sorted(left) == [200, 410]
