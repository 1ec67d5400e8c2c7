"""Privacy rights over HTTP: asked for on the account page, answered from the board, and what holds meanwhile."""

from contextlib import asynccontextmanager

import pytest

from limen.access.account.deletion import Erasing, carry_out_due
from limen.access.account.records import DeletionRequest
from limen.app.jobs.privacy import watch_deadlines
from limen.kernel.clock import DAY, SECOND
from limen.kernel.events import Event
from tests.integration.consents.test_portal import publish, signed_in
from tests.support.house import PASSWORD, says

pytestmark = pytest.mark.anyio

ANN = "ann@example.com"
SCOPES = ("limen:privacy:read", "limen:privacy:write", "limen:customers:write", "limen:consents:read")


@asynccontextmanager
async def officer(house, *scopes):
    """The API as a privacy officer's program calls it."""
    machine = await house.register_client(
        grant_types=("client_credentials",), redirect_uris=(), post_logout_redirect_uris=(), scopes=scopes or SCOPES
    )
    async with house.client() as http:
        answer = await http.post("/token", data={"grant_type": "client_credentials"}, auth=machine)
        http.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
        http.base_url = "https://id.example/api/v1/"
        yield http


async def board(http, state="open"):
    answer = await http.get("privacy-requests", params={"state": state})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def asked(ann, **changes):
    page = await ann.get("/account/privacy")
    form = next(form for form in page.forms if ("intent", "ask_privacy") in form.buttons)
    given = {"kind": "rectification", "words": "My name is Anne.\nWith an e."} | changes
    return await ann.post(page, form=form, intent="ask_privacy", **given)


async def test_a_customer_asks_and_is_answered_from_the_board(house):
    ann, _ = await signed_in(house)
    page = await asked(ann)
    assert (page.status, page.notices) == (200, [says("notice.privacy_asked")])
    assert says("rights.state.open") in page.text
    assert (await asked(ann)).status == 409
    assert (await asked(ann, kind="erasure")).status == 400
    assert (await asked(ann, kind="objection", words="a\x00b")).status == 400
    async with officer(house) as http:
        [shown] = await board(http)
        assert (shown["kind"], shown["asked_by"], shown["words"]) == ("rectification", "customer", None)
        others = await http.get("privacy-requests", params={"kind": "export"})
        assert others.json() == {"items": [], "next": None}
        assert (await http.get("privacy-requests", params={"kind": "x"})).status_code in {400, 422}
        where = f"privacy-requests/{shown['id']}"
        assert (await http.get(where)).json()["words"] == "My name is Anne.\nWith an e."
        for action, state in (("start", "working"), ("extend", "working"), ("complete", "done")):
            moved = await http.post(f"{where}/actions", json={"action": action, "answer": "Done, Anne."})
            assert (moved.status_code, moved.json()["state"]) == (200, state)
        assert moved.json()["answer"] == "Done, Anne."
        assert moved.json()["words"].startswith("My name")
        assert (await http.post(f"{where}/actions", json={"action": "refuse"})).status_code == 409
        assert await board(http) == []
        assert [one["id"] for one in await board(http, "over")] == [shown["id"]]
    assert says("rights.state.done") in (await ann.get("/account/privacy")).text
    told = [name for name in await house.events() if name.startswith("privacy_request")]
    assert told == [f"privacy_request.{deed}" for deed in ("opened", "started", "extended", "completed")]


async def test_a_request_by_letter_counts_from_when_it_came_and_its_deadline_is_told(house):
    customer = await house.customer(ANN)
    late = []
    async with officer(house) as http:
        theirs = f"customers/{customer.id}/privacy-requests"
        came = "2027-01-01T12:00:00+01:00"  # the house's clock stands two weeks later
        made = await http.post(theirs, json={"kind": "export", "law": "ccpa", "received_at": came})
        assert (made.status_code, made.json()["due_at"]) == (201, "2027-02-15T11:00:00Z")
        assert (await http.get("https://id.example" + made.headers["location"])).json() == made.json()
        assert (await http.post(theirs, json={"kind": "export"})).status_code == 409
        tomorrow = await http.post(theirs, json={"kind": "objection", "received_at": "2030-01-01T00:00:00Z"})
        assert tomorrow.status_code == 422
        assert await watch_deadlines(house.basis, late.append) == 0
        house.clock.advance(25 * DAY / SECOND)
        assert [await watch_deadlines(house.basis, late.append) for _ in range(2)] == [1, 0]
        house.clock.advance(9 * DAY / SECOND)
        await watch_deadlines(house.basis, late.append)
        assert late == [0, 0, 0, 1]
    async with officer(house) as http:  # tokens are short-lived
        assert [one["overdue"] for one in await board(http)] == [True]
    assert "privacy_request.due_soon" in await house.events()


async def test_who_is_restricted_reaches_their_account_and_no_application_reaches_them(house):
    await publish(house)
    ann, _ = await signed_in(house)
    shop = await house.register_client(require_consent=False)
    tokens = await ann.tokens(shop, await ann.authorize(shop[0]))
    async with officer(house) as http:
        [customer] = await customers(house)
        question = {"customer_id": customer, "purpose": "newsletter"}
        limit = f"customers/{customer}/restriction"
        assert (await http.post("consents/ask", json=question)).json()["reason"] == "not_decided"
        for _ in range(2):
            assert (await http.put(limit, json={"reason": "Accuracy is contested."})).status_code == 204
        [shown] = (await http.get(f"customers/{customer}/limits")).json()["items"]
        assert (shown["kind"], shown["reason"]) == ("restriction", "Accuracy is contested.")
        assert (await http.post("consents/ask", json=question)).json()["reason"] == "customer_restricted"
        refreshed = await ann.token(shop, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
        assert refreshed["error"] == "invalid_grant"
        bearer = {"authorization": f"Bearer {tokens['access_token']}"}
        assert (await house.client().get("/userinfo", headers=bearer)).status_code == 401
        page = await ann.sign_in(ANN, PASSWORD)
        assert not page.alert
        assert (await ann.get("/account/privacy")).status == 200
        assert (await ann.authorize(shop[0])).answer["error"] == "access_denied"
        assert (await http.post(f"customers/{customer}/disable")).status_code == 200
        assert (await http.post(f"customers/{customer}/enable")).json()["state"] == "restricted"
        assert (await http.delete(limit)).status_code == 204
        assert (await http.post("consents/ask", json=question)).json()["reason"] == "not_decided"
    await ann.sign_in(ANN, PASSWORD)
    assert "code" in (await ann.authorize(shop[0])).answer


async def customers(house):
    async with house.storage.database.read(house.tenant.id) as unit:
        return [one.id for one in await unit.customers.list(after="", limit=9)]


async def test_a_hold_stops_every_deletion_and_the_request_is_answered_when_it_is_lifted(house):
    customer = await house.customer(ANN)
    database, now = house.storage.database, house.clock.now()
    erasing = Erasing(house.tenant.id, database.begin, database.read, house.directory(), house.clock)
    async with database.begin(house.tenant.id) as unit:
        await unit.account.ask_deletion(DeletionRequest(customer.id, b"hash", now, now + DAY))
        unit.announce(Event("deletion.requested", customer.id, {"due_at": now + DAY}))
    async with officer(house) as http:
        [shown] = await board(http)
        assert (shown["kind"], shown["state"]) == ("erasure", "open")
        hold = f"customers/{customer.id}/legal-hold"
        assert (await http.put(hold, json={"reason": "Case 4711"})).status_code == 204
        refused = await http.delete(f"customers/{customer.id}", headers={"if-match": "*"})
        assert (refused.status_code, refused.json()["code"]) == (409, "legal_hold")
        house.clock.advance(2 * DAY / SECOND)
        assert await carry_out_due(erasing) == 0
        assert await customers(house) == [customer.id]
    async with officer(house) as http:
        assert (await http.delete(hold)).status_code == 204
        assert await carry_out_due(erasing) == 1
        [shown] = await board(http, "over")
        assert (shown["kind"], shown["state"]) == ("erasure", "done")
        assert (await http.get(f"privacy-requests/{shown['id']}")).json()["words"] == ""
    assert await house.basis.keyring.subject(house.tenant.id, customer.id) is None


async def test_scopes_and_nonsense_are_refused(house):
    customer = await house.customer(ANN)
    theirs = f"customers/{customer.id}"
    async with officer(house, "limen:privacy:read") as http:
        assert (await http.put(f"{theirs}/restriction", json={"reason": "x"})).status_code == 403
    async with officer(house) as http:
        for body in ({}, {"reason": ""}, {"reason": "a\x00"}, {"reason": "x" * 2_000}):
            assert (await http.put(f"{theirs}/restriction", json=body)).status_code in {400, 422}
        nobody = "customers/cus_00000000000000000000000000"
        assert (await http.put(f"{nobody}/legal-hold", json={"reason": "x"})).status_code == 404
        assert (await http.get(f"{nobody}/limits")).status_code == 404
        assert (await http.post(f"{nobody}/privacy-requests", json={"kind": "export"})).status_code == 404
        assert (await http.get("privacy-requests/prq_00000000000000000000000000")).status_code == 404
        assert (await http.get("privacy-requests", params={"after": "x"})).status_code in {400, 422}
        assert (await http.delete(f"{theirs}/legal-hold")).status_code == 204
