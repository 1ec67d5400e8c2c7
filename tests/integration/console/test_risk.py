"""Other thresholds tried on a page: the answer is the replay's, and nothing changes by it."""

import pytest

from limen.experience.pages.console.risk import USUAL
from limen.identity.tenants.risk import RiskRule, RiskSettings
from limen.kernel.clock import DAY, to_datetime
from limen.kernel.events import AuditEntry
from tests.integration.attacks.kit import set_up
from tests.integration.console.conftest import BOSS
from tests.support.house import PASSWORD, says

pytestmark = pytest.mark.anyio
ANN = "ann@example.com"
RISK = "/admin/risk"


async def decided(house, customer, *probabilities, tenant=None, **data):
    """Put decisions on record."""
    async with house.storage.database.begin((tenant or house.tenant).id) as unit:
        for probability in probabilities:
            said = {"action": "sign_in", "outcome": "allow", "probability": probability, **data}
            unit.record(AuditEntry("risk.assessed", subject=customer.id, request_id="", data=said))


async def ask(boss, path=RISK, **asked):
    return await boss.post(await boss.get(path), **asked)


def row(outcome, would, was):
    """Return a line of the answer: each a share and a number."""
    words = (says(f"what_if.{name}", share=of[0], number=of[1]) for name, of in (("would", would), ("was", was)))
    return f"<dt>{says(f'what_if.outcome.{outcome}')}</dt><dd>{' · '.join(words)}</dd>"


async def test_a_threshold_says_what_it_would_have_done_beside_what_was_done(house, boss):
    await set_up(house, risk=RiskSettings(challenge=35, rules=(RiskRule(action="recovery", challenge=0),)))
    ann = await house.customer(ANN)
    await decided(house, ann, *[0.001] * 119)
    await decided(house, ann, 0.04, 0.95, outcome="challenge")
    await decided(house, ann, *[0.5] * 4, action="recovery")
    await decided(house, ann, 0.09, 0.04, action="sign_up")
    assert f'href="{RISK}"' in (await boss.get("/admin")).text
    page = await boss.get(RISK)
    assert (page.status, page.h1) == (200, says("what_if.title"))
    assert [page.forms[0].fields[name] for name in ("notify", "challenge", "delay", "deny")] == ["0", "35", "0", "0"]
    before = (house.tenant.version, len(await house.audit()))
    page = await boss.post(page)  # as it is in force
    assert row("challenge", ("1.6%", 2), ("1.6%", 2)) in page.text
    page = await boss.post(page, challenge="900")
    assert row("challenge", ("0.8%", 1), ("1.6%", 2)) in page.text
    assert row("deny", ("0%", 0), ("0%", 0)) in page.text
    assert f"<dt>{says('what_if.decisions')}</dt><dd>125</dd>" in page.text
    assert f"<dt>{says('what_if.disturbed')}</dt><dd>1</dd>" in page.text
    assert page.forms[0].fields["challenge"] == "900"
    page = await boss.post(page, challenge="", deny="٤٠", action="sign_in")  # digits of the reader's own; empty as now
    assert row("deny", ("1.65%", 2), ("0%", 0)) in page.text
    page = await ask(boss, f"{RISK}?action=sign_up", challenge="50")  # points: 90 and 40
    assert row("challenge", ("50%", 1), ("0%", 0)) in page.text
    assert (house.tenant.version, len(await house.audit())) == before


async def test_days_narrow_it_and_so_many_are_read(house, boss, monkeypatch):
    ann = await house.customer(ANN)
    await decided(house, ann, 0.5, action="recovery")
    house.clock.advance(2 * DAY / 1_000_000)
    await boss.sign_in(BOSS, PASSWORD)  # is decided about too
    await decided(house, ann, 0.5, 0.001, action="recovery")
    today = to_datetime(house.clock.now()).date().isoformat()
    count = f"<dt>{says('what_if.decisions')}</dt><dd>{{}}</dd>"
    for asked, number in (({}, 3), ({"since": today}, 2), ({"until": today}, 3), ({"since": today, "until": today}, 2)):
        assert count.format(number) in (await ask(boss, action="recovery", **asked)).text, asked
    assert says("what_if.none") in (await ask(boss, until="2001-01-01")).text
    assert USUAL == 10_000
    monkeypatch.setattr("limen.experience.pages.console.risk.USUAL", 2)
    page = await ask(boss, action="recovery", since=today)
    assert count.format(2) in page.text
    assert says("what_if.not_whole") in page.text


async def test_what_is_wrong_is_said_at_its_field(house, boss):
    for field, key, values in (
        ("deny", "threshold", ("1001", "-1", "1.5", "x", "9" * 99, "²")),
        ("since", "day", ("2026-02-30", "30.11.2026", "0001-01-01", "x" * 99)),
        ("until", "day", ("1969-12-31", "\u0661")),
    ):
        for value in values:
            page = await ask(boss, **{field: value})
            assert (page.status, page.errors) == (400, {field: says(f"error.what_if_{key}")}), value
    assert (await ask(boss, until="9999-12-31")).status == 200
    page = await ask(boss, action="nonsense")
    assert (page.status, page.errors) == (400, {"action": says("error.invalid")})
    page = await ask(boss, f"{RISK}?action=sign_up", challenge="101", deny="100")
    assert (page.status, page.errors) == (400, {"challenge": says("error.what_if_order")})


async def test_nobody_else_asks_and_no_tenant_counts_anothers(house, boss):
    other = await house.add_tenant("other")
    await decided(house, await house.customer("zoe@example.com", tenant=other), 0.5, tenant=other)
    assert says("what_if.none") in (await ask(boss)).text
    walker = house.walker()
    assert (await walker.get(RISK)).h1 == says("sign_in.title")
    await house.customer(ANN)
    await walker.sign_in(ANN, PASSWORD)
    assert (await walker.get(RISK)).status == 403
    page = await boss.get(RISK)
    page.forms[0].fields["csrf"] = "0" * 40
    assert (await boss.post(page)).status == 403
