"""Customers over HTTP: made, read, changed, barred, signed out, erased."""

import pytest

from limen.identity.administrators import SYSTEM
from limen.identity.credentials.verify import check_password
from limen.kernel.ids import CustomerId
from tests.contract.things import browser, session

pytestmark = pytest.mark.anyio
ANN = {"email": "Ann@Example.com", "name": "Ann", "password": "three-lanterns-in-the-fog"}


async def test_a_customer_lives_from_making_to_erasure(house):
    async with house.http(await house.token()) as http:
        created = await http.post("/customers", json=ANN)
        assert created.status_code == 201, created.text
        customer = created.json()
        assert (customer["email"], customer["email_verified"]) == ("ann@example.com", False)
        assert "password" not in customer
        path = f"/customers/{customer['id']}"
        assert created.headers["location"] == f"/api/v1{path}"

        changed = await http.patch(path, json={"given_name": "Anna"}, headers={"if-match": created.headers["etag"]})
        assert changed.json()["given_name"] == "Anna"
        assert changed.json()["name"] == "Ann"

        assert (await http.post(f"{path}/disable")).json()["state"] == "disabled"
        assert (await http.post(f"{path}/enable")).json()["state"] == "active"
        assert (await http.post(f"{path}/sign-out")).status_code == 200

        assert (await http.delete(path, headers={"if-match": "*"})).status_code == 204
        assert (await http.get(path)).status_code == 404
    assert await house.keyring.subject(house.default.id, customer["id"]) is None
    assert [name for name in await house.audit() if name.startswith("customer.")] == [
        "customer.registered",
        "customer.updated",
        "customer.disabled",
        "customer.enabled",
        "customer.signed_out",
        "customer.deleted",
    ]


async def test_further_addresses_are_vouched_for_found_by_put_first_and_nobody_elses(house):
    async with house.http(await house.token()) as http:
        path = f"/customers/{(await http.post('/customers', json=ANN)).json()['id']}"
        bob = (await http.post("/customers", json={"email": "bob@example.com"})).json()
        star = {"if-match": "*"}
        added = await http.post(f"{path}/emails", json={"email": "Ann@Work.example"}, headers=star)
        assert added.status_code == 200, added.text
        [first, second] = added.json()["items"]
        assert (first["id"], second["email"], second["verified"]) == (None, "ann@work.example", True)
        again = await http.post(f"{path}/emails", json={"email": "ann@work.example"}, headers=star)
        assert (again.status_code, again.json()["code"]) == (409, "email_yours")
        for taken in (
            await http.post(f"/customers/{bob['id']}/emails", json={"email": "ann@work.example"}, headers=star),
            await http.patch(f"/customers/{bob['id']}", json={"email": "ann@work.example"}, headers=star),
            await http.post("/customers", json={"email": "ann@work.example"}),
        ):
            assert (taken.status_code, taken.json()["code"]) == (409, "email_taken")
        found = await http.post("/customers/search", json={"field": "email", "value": "ann@work.example"})
        assert [one["email"] for one in found.json()["items"]] == ["ann@example.com"]
        moved = await http.post(f"{path}/emails/{second['id']}/primary", headers=star)
        assert [one["email"] for one in moved.json()["items"]] == ["ann@work.example"]  # the other was never proven
        mine = f"/customers/{bob['id']}"
        assert (await http.patch(mine, json={"email_verified": True}, headers=star)).status_code == 200
        house.clock.advance(60)
        [_, more] = (await http.post(f"{mine}/emails", json={"email": "b@example.com"}, headers=star)).json()["items"]
        [_, kept] = (await http.post(f"{mine}/emails/{more['id']}/primary", headers=star)).json()["items"]
        assert (kept["email"], kept["verified_at"]) == ("bob@example.com", bob["created_at"])  # no younger now
        gone = await http.delete(f"{path}/emails/{second['id']}", headers=star)
        assert (gone.status_code, gone.json()["code"]) == (404, "email_not_found")
        wrong = await http.post(f"{path}/emails", json={"email": "nonsense"}, headers=star)
        assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "#/email")
        assert (await http.post(f"{path}/emails", json={"email": "c@example.com"})).status_code == 428


async def test_a_number_and_a_user_name_are_given_and_nobody_elses(house):
    async with house.http(await house.token()) as http:
        path = f"/customers/{(await http.post('/customers', json=ANN)).json()['id']}"
        bob = f"/customers/{(await http.post('/customers', json={'email': 'bob@example.com'})).json()['id']}"
        star = {"if-match": "*"}
        off = await http.patch(path, json={"username": "ann.lee"}, headers=star)
        assert off.json()["errors"] == [{"pointer": "#/username", "code": "username.off"}]
        names = {"settings": {"sign_in": {"usernames": "optional"}}}
        tenant = await http.patch("/tenants/default", json=names, headers=star)
        assert tenant.status_code == 200, tenant.text
        assert (await http.patch(path, json={"username": "Ann.Lee"}, headers=star)).json()["username"] == "ann.lee"
        taken = await http.post("/customers", json={"email": "eve@example.com", "username": "ANN.LEE"})
        assert (taken.status_code, taken.json()["code"]) == (409, "username_taken")
        number = {"number": "+49 151 23456789"}
        [shown] = (await http.post(f"{path}/phones", json=number, headers=star)).json()["items"]
        assert (shown["number"], shown["is_primary"]) == ("+4915123456789", True)
        for field, value in (("username", "Ann.Lee"), ("phone_number", "+49 151 2345 6789")):
            found = (await http.post("/customers/search", json={"field": field, "value": value})).json()
            assert [one["email"] for one in found["items"]] == ["ann@example.com"]
        none = await http.post("/customers/search", json={"field": "phone_number", "value": "nonsense"})
        assert none.json()["errors"] == [{"pointer": "#/value", "code": "phone.invalid"}]
        taken = await http.post(f"{bob}/phones", json=number, headers=star)
        assert (taken.status_code, taken.json()["code"]) == (409, "phone_taken")
        wrong = await http.post(f"{bob}/phones", json={"number": "nonsense"}, headers=star)
        assert wrong.json()["errors"] == [{"pointer": "#/number", "code": "phone.invalid"}]
        assert (await http.delete(f"{path}/phones/{shown['id']}", headers=star)).json()["items"] == []
        assert len((await http.get("/customers")).json()["items"]) == 2  # of eve nothing stayed


async def test_an_identity_elsewhere_is_linked_by_who_vouches_for_it_and_is_nobody_elses(house):
    async with house.http(await house.token()) as http:
        path = f"/customers/{(await http.post('/customers', json=ANN)).json()['id']}"
        bob = f"/customers/{(await http.post('/customers', json={'email': 'bob@example.com'})).json()['id']}"
        star, google = {"if-match": "*"}, {"issuer": "https://accounts.google.com", "subject": "g-1"}
        [shown] = (await http.post(f"{path}/identities", json=google, headers=star)).json()["items"]
        assert (shown["issuer"], shown["subject"]) == ("https://accounts.google.com", "g-1")
        again = await http.post(f"{path}/identities", json=google, headers=star)
        taken = await http.post(f"{bob}/identities", json=google, headers=star)
        assert [one.json()["code"] for one in (again, taken)] == ["identity_yours", "identity_taken"]
        wrong = await http.post(f"{bob}/identities", json=google | {"issuer": "a b"}, headers=star)
        assert wrong.status_code == 422
        assert (await http.get(f"{path}/identities")).json()["items"] == [shown]
        assert (await http.delete(f"{path}/identities/{shown['id']}", headers=star)).json()["items"] == []
        assert (await http.post(f"{bob}/identities", json=google, headers=star)).status_code == 200


async def test_the_password_that_was_set_opens_the_account(house):
    async with house.http(await house.token()) as http:
        customer_id = CustomerId((await http.post("/customers", json=ANN)).json()["id"])
    async with house.storage.database.read(house.default.id) as unit:
        stored = await unit.passwords.get(customer_id)
    vault = await house.directory().vault_of(customer_id)
    assert (await check_password(house.parts.hasher, stored, vault, ANN["password"])).matches
    assert not (await check_password(house.parts.hasher, stored, vault, "another")).matches


async def test_without_a_password_there_is_none(house):
    customer = await house.customer("bob@example.com")
    async with house.storage.database.read(house.default.id) as unit:
        assert await unit.passwords.get(customer.id) is None


@pytest.mark.parametrize("password", ["short", "password123", "ann@example.com1", "Quicksilver.1990!"])
async def test_a_weak_password_is_refused_and_nothing_is_made(house, password):
    async with house.http(await house.token()) as http:
        refused = await http.post("/customers", json={**ANN, "nickname": "Quicksilver", "password": password})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "#/password"
        assert (await http.get("/customers")).json()["items"] == []


async def test_an_address_belongs_to_one_customer_whatever_its_case(house):
    async with house.http(await house.token()) as http:
        await http.post("/customers", json=ANN)
        assert (await http.post("/customers", json={"email": "ANN@example.COM"})).json()["code"] == "email_taken"
        bob = (await http.post("/customers", json={"email": "bob@example.com"})).json()
        taken = await http.patch(
            f"/customers/{bob['id']}", json={"email": "ann@example.com", "name": "B"}, headers={"if-match": "*"}
        )
        assert (taken.status_code, taken.json()["code"]) == (409, "email_taken")
        after = await http.get(f"/customers/{bob['id']}")
    assert (after.json()["email"], after.json()["name"], after.headers["etag"]) == ("bob@example.com", "", '"1"')


async def test_another_address_is_unverified_unless_told(house):
    async with house.http(await house.token()) as http:
        made = await http.post("/customers", json={"email": "ann@example.com", "email_verified": True})
        path = f"/customers/{made.json()['id']}"
        moved = await http.patch(path, json={"email": "ann@example.org"}, headers={"if-match": '"1"'})
        assert (moved.json()["email"], moved.json()["email_verified"]) == ("ann@example.org", False)
        told = await http.patch(
            path, json={"email": "ann@example.net", "email_verified": True}, headers={"if-match": '"2"'}
        )
        assert told.json()["email_verified"] is True
        free = await http.post("/customers", json={"email": "ann@example.com"})
    assert free.status_code == 201


async def test_disabling_ends_tokens_at_once(house):
    customer, token = await house.person("tenant")
    async with house.http(token) as http:
        assert (await http.get("/clients")).status_code == 200
        house.clock.advance(1)  # into the next second, with a feed that is just fresh enough
        assert (await http.get("/clients")).status_code == 200
        await house.customers().disable(customer.id, SYSTEM)
        assert (await http.get("/clients")).status_code == 401


@pytest.mark.parametrize("way", ["erased", "merged"])
async def test_with_a_customer_goes_the_browser_that_nobody_else_signed_in_at(house, way):
    stays, goes, at = await house.customer("ann@example.com"), await house.customer("bob@example.com"), browser(house)
    async with house.storage.database.begin(house.default.id) as unit:
        await unit.sessions.add_browser(at)
        await unit.sessions.add(session(house, goes, at))
    house.clock.advance(8 * 86_400)
    async with house.http(await house.token()) as http:
        if way == "erased":
            done = await http.delete(f"/customers/{goes.id}", headers={"if-match": "*"})
        else:
            merged = {"from": goes.id}
            done = await http.post(f"/customers/{stays.id}/merge", json=merged, headers={"if-match": "*"})
    assert done.is_success, done.text
    async with house.storage.database.read(house.default.id) as unit:
        assert await unit.sessions.browser(at.id) is None


async def test_an_erasure_that_was_cut_short_is_finished_by_asking_again(house):
    customer = await house.customer("ann@example.com")
    async with house.storage.database.begin(house.default.id) as unit:
        await unit.customers.delete(customer.id)  # and killed before the key went
    assert await house.keyring.subject(house.default.id, customer.id) is not None
    async with house.http(await house.token()) as http:
        again = await http.delete(f"/customers/{customer.id}", headers={"if-match": "*"})
    assert again.status_code == 404
    assert await house.keyring.subject(house.default.id, customer.id) is None


async def test_nothing_personal_is_in_the_audit_log_or_the_outbox(house):
    async with house.http(await house.token()) as http:
        made = (await http.post("/customers", json=ANN)).json()
        await http.patch(f"/customers/{made['id']}", json={"name": "Annabel"}, headers={"if-match": "*"})
    async with house.storage.database.read(house.default.id) as unit:
        heads = await unit.audit_log.heads()
        segments = [await unit.audit_log.segment(head.segment_id) for head in heads]
    written = b"".join(record.open_part for segment in segments for record in segment)
    events = await house.storage.outbox.lease("test", house.clock.now() + 1, 100, 1)
    written += repr([event.data for event in events]).encode()
    assert [word for word in (b"example.com", b"Ann", b"lanterns") if word in written] == []


@pytest.mark.parametrize(
    "change",
    [
        {"email": "nobody"},
        {"email": "a@b@c"},
        {"email": "a\uff20b.example"},
        {"name": "x" * 201},
        {"name": "a\u202eb"},
        {"locale": "not a locale"},
        {"zoneinfo": "../../etc/passwd"},
        {"email_verified": "yes"},
        {"state": "disabled"},
    ],
)
async def test_a_profile_that_is_no_good_is_refused(house, change):
    async with house.http(await house.token()) as http:
        assert (await http.post("/customers", json={**ANN, **change})).status_code == 422


async def test_pages_of_customers_follow_one_another(house):
    for number in range(5):
        await house.customer(f"c{number}@example.com")
        house.clock.advance(1)
    async with house.http(await house.token()) as http:
        seen, link = [], "/customers?limit=2"
        while link:
            page = (await http.get(link.removeprefix("/api/v1"))).json()
            seen += [item["email"] for item in page["items"]]
            link = page["next"]
    assert seen == [f"c{n}@example.com" for n in range(5)]


ATTRIBUTES = {"size": {"type": "integer", "maximum": 60}, "colour": {"type": "string"}}


async def test_attributes_are_judged_by_the_tenants_schema_and_merged(house):
    async with house.http(await house.token()) as http:
        sent = {"settings": {"profile": {"attributes": ATTRIBUTES}}}
        changed = await http.patch("/tenants/default", json=sent, headers={"if-match": "*"})
        assert changed.status_code == 200, changed.text
        wrong = {"email": "ann@example.com", "attributes": {"size": 99, "unknown": 1}}
        refused = await http.post("/customers", json=wrong)
        assert refused.status_code == 422, refused.text
        pointers = {error["pointer"] for error in refused.json()["errors"]}
        assert pointers == {"#/attributes/size", "#/attributes/unknown"}
        made = await http.post("/customers", json=wrong | {"attributes": {"size": 42, "colour": "red"}})
        assert made.json()["attributes"] == {"size": 42, "colour": "red"}
        path = f"/customers/{made.json()['id']}"
        changes = {"attributes": {"size": None, "colour": "blue"}}
        changed = await http.patch(path, json=changes, headers={"if-match": "*"})
        assert changed.json()["attributes"] == {"colour": "blue"}, changed.text
