"""Sign-ups by machines and in numbers, over HTTP: who works, who is refused, and who notices nothing."""

import pytest

from limen.identity.audit.store import Sought
from limen.identity.tenants.networks import NetworkSettings
from limen.identity.tenants.patterns import PatternRule, PatternSettings
from limen.identity.tenants.risk import RiskRule, RiskSettings
from limen.identity.tenants.sign_up import SignUpSettings
from limen.kernel.clock import SECOND
from limen.trust.bots.agents import AgentShelf
from limen.trust.fraud.sign_ups import MODEL
from tests.integration.attacks.kit import set_up
from tests.integration.attacks.test_guessing import proof_in
from tests.integration.risk.test_decisions import decisions
from tests.support.house import PASSWORD, code_in, says
from tests.unit.trust.bots.test_agents import JWK, file_of
from tests.unit.trust.bots.test_agents import request as signed_request

pytestmark = pytest.mark.anyio
WORK = says("error.sign_up_proof")
REFUSED = says("error.sign_up_refused")
QUICK, PATTERN = "risk.reason.sign_up_quick", "risk.reason.sign_up_pattern"
CHECK_MAIL = says("verify.title")


async def test_a_person_who_signs_up_notices_nothing(house):
    page = await house.walker().begin_sign_up("ann@example.com", PASSWORD)
    assert (page.status, page.h1) == (200, CHECK_MAIL)


async def test_a_disposable_address_takes_work_and_what_was_typed_stays(house):
    walker = house.walker()
    page = await walker.begin_sign_up("ann@mailinator.com", PASSWORD, name="Ann Lee")
    assert (page.status, page.notices[0]) == (400, WORK)
    assert (page.fields["email"], page.fields["name"]) == ("ann@mailinator.com", "Ann Lee")
    page = await walker.post(page, password=PASSWORD, proof=proof_in(page))
    assert page.h1 == CHECK_MAIL


async def test_whoever_fills_in_what_no_person_sees_is_refused_before_anything_is_hashed(house):
    walker = house.walker()
    page = await walker.get("/sign-up")
    with house.watching() as trace:
        page = await walker.post(
            page, email="ann@example.com", password=PASSWORD, name="Ann", website="https://x.example"
        )
    assert (page.status, page.notices, trace.hashes) == (403, [REFUSED], 0)
    assert await house.mails() == []


async def test_one_address_with_many_sign_ups_works_from_the_configured_number_on(build_house):
    async with build_house(mails_per_address="off") as house:
        await set_up(house, sign_up=SignUpSettings(address_hour=2))
        answers = [await house.walker().begin_sign_up(f"p{n}@example{n}.com", PASSWORD) for n in range(9)]
        assert [page.h1 == CHECK_MAIL for page in answers] == [True] * 2 + [False] * 7
        assert [page.status for page in answers[2:]] == [400] * 6 + [403]


async def test_a_blocked_network_makes_no_account(house):
    await set_up(house, networks=NetworkSettings(blocked=("203.0.113.0/24",)))
    page = await house.walker(address="203.0.113.9").begin_sign_up("ann@example.com", PASSWORD)
    assert (page.status, page.notices) == (403, [REFUSED])


async def test_shadow_mode_counts_and_lets_pass(house):
    await set_up(house, sign_up=SignUpSettings(mode="shadow"))
    page = await house.walker().begin_sign_up("ann@mailinator.com", PASSWORD)
    assert page.h1 == CHECK_MAIL
    metrics = (await house.client("127.0.0.1").get("/metrics")).text
    assert 'limen_guarded_tries_total{outcome="shadowed",reason="sign_up_disposable"}' in metrics


async def test_what_is_decided_is_on_record_of_the_journey_that_stops_and_of_the_account_that_is_made(house):
    walker = house.walker()
    page = await walker.begin_sign_up("ann@mailinator.com", PASSWORD)
    page = await walker.post(page, password=PASSWORD, proof=proof_in(page))
    assert len(decisions(house)) == 1  # what goes on waits for its account
    await walker.post(page, code=code_in((await house.mails("ann@mailinator.com"))[-1]))
    stopped, passed = decisions(house)
    assert stopped == passed == {
        "action": "sign_up", "client": "", "outcome": "challenge", "enforced": True, "probability": 0.06, "score": 60,
        "reasons": ["risk.reason.sign_up_disposable", "risk.reason.sign_up_quick"], "model": MODEL,
    }  # fmt: skip
    async with house.storage.database.read(house.tenant.id) as unit:
        found = await unit.audit_log.search(Sought("", frozenset({"risk.assessed"})), limit=5)
    assert [one.subject[:4] for one in found.records] == ["cus_", "jou_"]


async def test_an_application_has_thresholds_of_its_own_and_what_is_said_of_other_actions_is_not_of_sign_ups(house):
    shop = await house.register_client(require_consent=False)
    rules = (RiskRule(client=shop[0], deny=1), RiskRule(client=shop[0], action="sign_up", deny=40, delay=1))
    await set_up(house, risk=RiskSettings(rules=rules))
    for email, answer in (("ann@example.com", (200, [])), ("bob@mailinator.com", (403, [REFUSED]))):
        walker = house.walker()
        page = await walker.post(await walker.authorize(shop[0]), intent="sign_up", email=None, password=None)
        page = await walker.post(page, email=email, password=PASSWORD, name="Ann")
        assert (page.status, page.notices) == answer
    said = decisions(house)[-1]
    assert (said["client"], said["outcome"]) == (shop[0], "deny")


async def test_an_answer_that_is_delayed_waits_and_a_pattern_is_among_the_reasons(house):
    rule = PatternRule(name="all", when="action == 'sign_up'", then="deny")
    await set_up(house, sign_up=SignUpSettings(delay_from=20, work_from=0), risk=RiskSettings(delay_seconds=7))
    with house.watching() as trace:
        await house.walker().begin_sign_up("ann@mailinator.com", PASSWORD)
    assert 7 in trace.slept
    await set_up(house, patterns=PatternSettings(rules=(rule,)))
    await house.walker().begin_sign_up("bob@example.com", PASSWORD)
    said = decisions(house)[-1]
    assert (said["outcome"], said["enforced"], said["reasons"]) == ("deny", True, [QUICK, PATTERN])


async def test_what_the_page_tells_counts_where_the_tenant_wants_it(house):
    told = "typing=even&pointer=mouse&driven=yes&print=" + "ab" * 16
    page = await house.walker().get("/sign-up")
    assert "data-manner" not in page.text
    await set_up(house, risk=RiskSettings(fingerprint=True, behaviour=True), sign_up=SignUpSettings(fingerprint_day=1))
    for answer in ((400, WORK), (403, REFUSED)):
        walker = house.walker()
        page = await walker.get("/sign-up")
        assert 'data-manner="fingerprint behaviour"' in page.text
        page = await walker.post(page, email="ann@example.com", name="Ann", password=PASSWORD, manner=told)
        assert (page.status, page.notices[0]) == answer
    names = ("quick", "fingerprint", "driven", "machine_like")
    assert decisions(house)[-1]["reasons"] == [f"risk.reason.sign_up_{name}" for name in names]


async def test_an_agent_that_signs_is_no_tool_and_is_there_on_the_tenants_terms(build_house, tmp_path, monkeypatch):
    file = tmp_path / "agents.json"
    file.write_bytes(file_of(JWK))
    monkeypatch.setattr("limen.app.compose.agents_of", lambda _settings, clock: AgentShelf(file, clock))
    async with build_house() as house:
        now = house.clock.now() // SECOND
        signed = signed_request(created=now, expires=now + 60)
        for fields, answer in ((signed, (200, CHECK_MAIL)), ({}, (403, says("sign_up.title")))):
            agent = house.walker(user_agent="HelperBot/1.0")
            agent.http.headers.update(fields)
            page = await agent.begin_sign_up("ann@example.com", PASSWORD)
            assert (page.status, page.h1) == answer
        rule = PatternRule(name="none", when="signed_agent != ''", then="deny")
        await set_up(house, patterns=PatternSettings(rules=(rule,)))
        agent = house.walker()
        agent.http.headers.update(signed)
        assert (await agent.begin_sign_up("bob@example.com", PASSWORD)).status == 403
        metrics = (await house.client("127.0.0.1").get("/metrics")).text
        assert 'limen_guarded_tries_total{outcome="verified",reason="signed_agent"} 2.0' in metrics
