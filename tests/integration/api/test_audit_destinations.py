"""Where the audit log is streamed to, over HTTP."""

from dataclasses import replace

import pytest

from limen.integration.streaming.ways import Failure
from tests.integration.api.house import House

pytestmark = pytest.mark.anyio
HTTP = {"name": "siem", "kind": "http", "url": "https://siem.example/in", "authentication": "bearer"}
SECRET = "a-token-of-the-receiver"


async def test_a_destination_is_registered_changed_tried_and_removed(house: House):
    sent = []

    async def send(to, batch, secret):
        sent.append((to.document.name, secret.reveal(), [fact.event for fact in batch.facts]))
        return Failure("status_500") if len(sent) > 1 else None

    house.parts = replace(house.parts, send_audit=send)
    async with house.http(await house.token()) as http:
        made = await http.post("/audit-destinations", json={**HTTP, "secret": SECRET})
        assert made.status_code == 201, made.text
        shown = made.json()
        path = f"/audit-destinations/{shown['id']}"
        assert (shown["has_secret"], "secret" in shown, SECRET in made.text) == (True, False, False)
        assert (await http.post("/audit-destinations", json={**HTTP, "secret": SECRET})).status_code == 409
        tested = [(await http.post(f"{path}/test")).json() for _ in range(2)]
        changed = await http.patch(path, json={"format": "ocsf"}, headers={"if-match": made.headers["etag"]})
        assert (changed.status_code, changed.json()["format"], changed.json()["has_secret"]) == (200, "ocsf", True)
        stale = await http.patch(path, json={"format": "cef"}, headers={"if-match": made.headers["etag"]})
        assert stale.status_code == 412
        assert (await http.get(f"{path}/dead-letters")).json() == {"items": []}
        assert [one["id"] for one in (await http.get("/audit-destinations")).json()["items"]] == [shown["id"]]
        assert (await http.delete(path, headers={"if-match": "*"})).status_code == 204
        assert (await http.post(f"{path}/test")).status_code == 404
    assert sent == [("siem", SECRET, ["audit_destination.tested"])] * 2
    assert tested == [{"delivered": True, "error": ""}, {"delivered": False, "error": "status_500"}]
    told = [event for event in await house.audit() if event.startswith("audit_destination.")]
    assert told == [f"audit_destination.{what}" for what in ("created", "tested", "tested", "updated", "deleted")]


async def test_a_stored_secret_goes_nowhere_else_than_it_was_given_for(house: House):
    async with house.http(await house.token()) as http:
        made = await http.post("/audit-destinations", json={**HTTP, "secret": SECRET})
        path = f"/audit-destinations/{made.json()['id']}"
        for moved in ({"url": "https://thief.example/in"}, {"authentication": "signature"}):
            refused = await http.patch(path, json=moved, headers={"if-match": "*"})
            assert (refused.status_code, "secret" in refused.text) == (422, True)
        again = {"url": "https://siem.example/new", "secret": SECRET}
        assert (await http.patch(path, json=again, headers={"if-match": "*"})).status_code == 200


BAD = (
    {"name": "../x", "kind": "file"},
    {"name": "x", "kind": "carrier pigeon"},
    {"name": "x", "kind": "http", "url": "ftp://siem.example"},
    {"name": "x", "kind": "http", "url": "https://siem.example", "authentication": "bearer"},
    {"name": "x", "kind": "http", "url": "https://siem.example", "authentication": "bearer", "secret": "short"},
    {"name": "x", "kind": "syslog", "url": "tls://siem.example", "secret": SECRET},
    {"name": "x", "kind": "file", "unknown": 1},
)


async def test_bad_destinations_and_missing_scopes_are_refused(house: House):
    async with house.http(await house.token()) as http:
        for body in BAD:
            assert (await http.post("/audit-destinations", json=body)).status_code == 422, body
    async with house.http(await house.token("limen:audit:read")) as http:
        assert (await http.post("/audit-destinations", json={**HTTP, "secret": SECRET})).status_code == 403
    async with house.http(await house.token("limen:audit:write")) as http:
        personal = {"name": "x", "kind": "file", "personal": True}
        assert (await http.post("/audit-destinations", json=personal)).status_code == 403
        assert (await http.post("/audit-destinations", json={**personal, "personal": False})).status_code == 201
