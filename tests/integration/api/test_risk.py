"""What risk decided, in words for support; and a replay of it under other thresholds."""

import asyncio
from contextlib import nullcontext
from dataclasses import replace

import pytest

from limen.app.cli.risk import _table
from limen.app.front import in_words
from limen.identity.audit.store import Stretch
from limen.identity.tenants.risk import RiskSettings
from limen.kernel.events import AuditEntry
from limen.kernel.ids import TenantId
from limen.trust.risk.replay import Replayed, WhatIf
from limen.trust.risk.replay import replay as replayed

pytestmark = pytest.mark.anyio


async def decided(house, customer, *probabilities, **data):
    """Put decisions on record, a second apart."""
    for probability in probabilities:
        house.clock.advance(1)
        said = {
            "action": "sign_in", "client": "", "outcome": "allow", "enforced": True, "probability": probability,
            "score": 1.5, "reasons": ["risk.reason.new_device"], "model": "2026.1", **data,
        }  # fmt: skip
        async with house.storage.database.begin(house.default.id) as unit:
            unit.record(AuditEntry("risk.assessed", subject=customer.id, request_id="", data=said))


async def test_support_reads_why_in_their_language(house):
    house.parts = replace(house.parts, words=in_words)
    ann, bob = await house.customer("ann@example.com"), await house.customer("bob@example.com")
    await decided(house, ann, 0.001, 0.4)
    await decided(house, bob, 0.9)
    async with house.http(await house.token("limen:customers:read")) as http:
        path = f"/customers/{ann.id}/risk-decisions"
        found = (await http.get(path, params={"locale": "de"})).json()["items"]
        assert [one["probability"] for one in found] == [0.4, 0.001]
        assert found[0]["reasons"] == [
            {"name": "risk.reason.new_device", "words": "mit einem Browser, den der Kunde noch nie benutzt hat"}
        ]
        assert (await http.get(path, params={"locale": "xx"})).status_code == 422
        assert (await http.get("/customers/cus_00000000000000000000000000/risk-decisions")).status_code == 404
        assert (await http.post("/risk/what-if", json={})).status_code == 403
    async with house.http(await house.token("limen:security:read")) as http:
        assert (await http.get(path)).status_code == 403


async def test_older_decisions_are_found_behind_all_that_happened_since(house, monkeypatch):
    monkeypatch.setattr("limen.storage.stores.audit._STRETCH", 2)
    ann = await house.customer("ann@example.com")
    await decided(house, ann, 0.4, 0.3)
    for _ in range(5):
        house.clock.advance(1)
        async with house.storage.database.begin(house.default.id) as unit:
            unit.record(AuditEntry("sign_in.failed", subject=ann.id, request_id=""))
    async with house.http(await house.token("limen:customers:read")) as http:
        path = f"/customers/{ann.id}/risk-decisions"
        for limit, expected in ((1, [0.3]), (2, [0.3, 0.4]), (9, [0.3, 0.4])):
            found = (await http.get(path, params={"limit": limit})).json()
            assert [one["probability"] for one in found["items"]] == expected
            assert found["is_whole"] is (limit == 9)
        monkeypatch.setattr("limen.trust.risk.replay._ROUNDS", 2)
        found = (await http.get(path)).json()
        assert (found["items"], found["is_whole"]) == ([], False)


async def test_a_replay_counts_by_threshold_rule_and_customer(house):
    ann = await house.customer("ann@example.com")
    await decided(house, ann, *[0.001] * 98, 0.3, 0.95)
    await decided(house, ann, 0.3, action="recovery")
    async with house.http(await house.token("limen:security:read")) as http:
        sent = {"challenge": 100, "deny": 900, "rules": [{"action": "recovery", "challenge": 500}]}
        found = (await http.post("/risk/what-if", json=sent)).json()
        would = {one["outcome"]: one["would"] for one in found["outcomes"]}
        assert would == {"allow": 99, "notify": 0, "challenge": 1, "delay": 0, "deny": 1}
        assert (found["decisions"], found["customers_disturbed"], found["is_whole"]) == (101, 1, True)
        assert {one["threshold"]: one["decisions"] for one in found["reaching"]}[200] == 3
        one = (await http.post("/risk/what-if", json={"challenge": 100, "action": "recovery"})).json()
        assert one["decisions"] == 1
        few = (await http.post("/risk/what-if", json={"most": 2})).json()
        assert (few["decisions"], few["is_whole"]) == (2, False)
        await decided(house, ann, 0.04, 0.1, action="sign_up", score=40)
        assert (await http.post("/risk/what-if", json=sent)).json()["decisions"] == 101  # points are not among them
        points = (await http.post("/risk/what-if", json={"action": "sign_up", "challenge": 50})).json()
        assert {one["outcome"]: one["would"] for one in points["outcomes"] if one["would"]} == {"allow": 1, "deny": 1}
        beyond = await http.post("/risk/what-if", json={"action": "sign_up", "challenge": 101})
        assert beyond.status_code == 422
        for wrong in ({"deny": 1001}, {"deny": "900"}, {"rules": [{"challenge": 1}]}, {"most": 0}, {"nonsense": 1}):
            assert (await http.post("/risk/what-if", json=wrong)).status_code == 422


async def test_a_replay_lets_others_be_served_between_the_parts_of_a_long_log():
    seen = []

    class Log:
        audit_log = property(lambda self: self)

        async def search(self, _sought, *, limit, before):
            seen.append("looked")
            return Stretch([], (4 - len(seen), "seg", limit) if len(seen) < 4 else None)

    async def other():
        seen.append("served")

    waiting = asyncio.create_task(other())
    await replayed(lambda _: nullcontext(Log()), TenantId("ten_1"), WhatIf(RiskSettings()))
    await waiting
    assert seen == ["looked", "served", "looked", "looked"]


async def test_a_replay_goes_over_pages_and_says_its_shares(house, monkeypatch):
    monkeypatch.setattr("limen.trust.risk.replay._PAGE", 3)
    ann = await house.customer("ann@example.com")
    await decided(house, ann, *[0.001] * 7, 0.5)
    found = await replayed(house.storage.database.read, house.default.id, WhatIf(RiskSettings()))
    assert (found.decisions, found.would["challenge"], found.share(1)) == (8, 1, 12.5)
    assert "12.50 % would have been (1); was 0" in _table(found)
    assert _table(Replayed()) == "no decisions in that time\n"
