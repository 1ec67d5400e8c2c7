"""Patterns of fraud over HTTP: what follows, what is on record, and trying them on what happened."""

import pytest

from limen.identity.administrators import Role
from limen.identity.tenants.patterns import PatternRule, PatternSettings
from tests.integration.attacks.kit import set_up
from tests.integration.attacks.test_guessing import WRONG, proof_in
from tests.integration.journeys.test_safe_changes import sign_out
from tests.support.house import PASSWORD, says

pytestmark = pytest.mark.anyio
ANN, BOSS = "ann@example.com", "boss@example.com"


async def patterns(house, *rules) -> None:
    made = tuple(
        PatternRule(name=f"rule-{n}", when=when, then=then, mode=mode) for n, (when, then, mode) in enumerate(rules)
    )
    await set_up(house, patterns=PatternSettings(rules=made))


async def test_what_a_pattern_denies_challenges_or_notices_at_sign_in(house):
    await house.customer(ANN)
    known = house.walker(address="8.8.8.8")
    await known.sign_in(ANN, PASSWORD)
    await sign_out(known)
    await patterns(house, ("action == 'sign_in' && country == 'US'", "deny", "on"))
    with house.watching() as trace:
        page = await house.walker(address="8.8.8.8").sign_in(ANN, PASSWORD)
    assert (page.status, page.notices, trace.hashes) == (429, [says("error.blocked")], 0)
    assert (await known.sign_in(ANN, PASSWORD)).path == "/account"  # a known device is left in peace
    await patterns(house, ("email_domain.endsWith('example.com') && country == 'US'", "challenge", "on"))
    stranger = house.walker(address="8.8.4.4")
    page = await stranger.sign_in(ANN, PASSWORD)
    assert page.notices[0] == says("error.proof_needed")
    page = await stranger.post(page, email=ANN, password=PASSWORD, proof=proof_in(page))
    assert page.h1 == says("doubted.title")
    await patterns(house, ("country == 'US'", "deny", "shadow"), ("country == 'US'", "notify", "on"))
    assert (await house.walker(address="9.9.9.9").sign_in(ANN, PASSWORD)).path == "/account"
    assert (await house.events()).count("pattern.matched") == 4  # each wording of a rule once in ten minutes
    metrics = (await house.client("127.0.0.1").get("/metrics")).text
    assert 'limen_guarded_tries_total{outcome="shadowed",reason="pattern_own"} 1.0' in metrics


async def test_what_a_pattern_denies_or_challenges_at_sign_up(house):
    await patterns(house, ("action == 'sign_up' && email_domain == 'bad.example'", "deny", "on"))
    page = await house.walker().begin_sign_up("x@bad.example", PASSWORD)
    assert (page.status, page.notices) == (403, [says("error.sign_up_refused")])
    await patterns(house, ("action == 'sign_up' && email_domain == 'odd.example'", "challenge", "on"))
    walker = house.walker()
    page = await walker.begin_sign_up("x@odd.example", PASSWORD)
    assert (page.status, page.notices[0]) == (400, says("error.sign_up_proof"))
    page = await walker.post(page, password=PASSWORD, proof=proof_in(page))
    assert page.h1 == says("verify.title")
    assert (await house.walker().begin_sign_up("y@fine.example", PASSWORD)).h1 == says("verify.title")


async def test_patterns_are_tried_on_what_happened(house):
    customer = await house.customer(BOSS)
    async with house.storage.database.begin(house.tenant.id) as unit:
        await unit.administrators.appoint(customer.id, Role.PLATFORM.value, house.clock.now())
    boss = house.walker(address="8.8.8.8")
    for _ in range(3):
        await house.walker(address="198.51.100.9").sign_in(BOSS, WRONG)
    await boss.sign_in(BOSS, PASSWORD)
    page = await boss.post(await boss.get("/admin"), intent="create_token")
    token = page.text.partition('<pre class="token"')[2].partition(">")[2].partition("<")[0]
    rules = [
        {"name": "failing", "when": "failures_account >= 2", "then": "deny"},
        {"name": "from-there", "when": "country == 'US'", "then": "notify"},
        {"name": "beyond", "when": "action == 'sign_in' && attack", "then": "notify"},
    ]
    async with house.client(headers={"authorization": f"Bearer {token}"}) as http:
        answer = await http.post("/api/v1/attacks/patterns/try", json={"rules": rules})
        assert answer.status_code == 200, answer.text
        found = {one["name"]: one for one in answer.json()["rules"]}
        bad = await http.post("/api/v1/attacks/patterns/try", json={"rules": [{**rules[0], "when": "failures >= 2"}]})
        assert (bad.status_code, "there is no fact failures" in bad.text) == (422, True)
        shipped = (await http.post("/api/v1/attacks/patterns/try", json={})).json()["rules"]
        assert "sign-up-farm" in {one["name"] for one in shipped}
    assert (found["failing"]["failures"], found["failing"]["sign_ins"]) == (1, 1)
    assert (found["from-there"]["sign_ins"], found["from-there"]["failures"]) == (1, 0)
    assert found["beyond"]["undecided"] == 4
    assert "audit.personal_opened" in await house.events()
