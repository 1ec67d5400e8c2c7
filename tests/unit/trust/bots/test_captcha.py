"""A CAPTCHA vendor: its answer counts, its absence has a stance, and who cannot give one has a dearer way."""

from types import SimpleNamespace

import pytest

from limen.access.journeys.guards.door import proof_data, proves
from limen.identity.tenants.attacks import AttackSettings
from limen.integration.edge.security_headers import ContentPolicy
from limen.integration.outgoing.captcha import HttpCaptcha
from limen.kernel.secret import Secret
from limen.storage.cache import ProcessLimiter
from limen.trust.bots.captcha import WIDGETS
from limen.trust.bots.proofs import Proofs
from tests.support.web import Web
from tests.unit.trust.bots.test_proofs import solved

pytestmark = pytest.mark.anyio


@pytest.fixture(params=WIDGETS)
def vendor(request) -> str:
    return request.param


@pytest.fixture
def web(clock) -> Web:
    return Web(clock)


def context_of(web, clock, entropy, vendor, away="work", counted=None):
    captcha = HttpCaptcha(vendor, "site", Secret("hidden"), web, clock)
    proofs = Proofs(b"k" * 32, "ten_1", ProcessLimiter(b"l" * 32, clock), clock, entropy)
    guard = SimpleNamespace(settings=AttackSettings(challenge="captcha", captcha_away=away), work=0)
    parts = SimpleNamespace(
        captcha=captcha, proofs=proofs, guard=guard, count_guard=lambda *said: counted.append(said) if counted else None
    )
    return SimpleNamespace(parts=parts, request=SimpleNamespace(address="192.0.2.7"))


async def test_a_good_answer_passes_and_a_bad_one_or_none_does_not(web, clock, entropy, vendor) -> None:
    widget = WIDGETS[vendor]
    context = context_of(web, clock, entropy, vendor)
    web.serve(widget.check, {"success": True, "hostname": "id.example"})
    assert await proves(context, {widget.field: "token"}, 1_000)
    assert b"response=token" in web.posted[0][1].body
    assert b"192.0.2.7" not in web.posted[0][1].body
    web.serve(widget.check, {"success": False})
    assert not await proves(context, {widget.field: "token"}, 1_000)
    cheap = solved(context.parts.proofs.ask(1_000))
    assert not await proves(context, {"proof": cheap}, 1_000)  # leaving the widget out is no bargain


async def test_who_cannot_solve_the_puzzle_works_four_times_as_much(web, clock, entropy, vendor) -> None:
    widget, counted = WIDGETS[vendor], [("", "")]
    context = context_of(web, clock, entropy, vendor, counted=counted)
    web.serve(widget.check, {"success": False})
    asked = proof_data(context, 500)["proof"]
    assert asked["maxnumber"] == 2_000
    form = {widget.field: "wrong", "proof": solved(asked)}
    assert not await proves(context, form, 501)  # the risk grew meanwhile, and its cost with it
    assert await proves(context, form, 500)
    assert not await proves(context, form, 500)  # once
    assert counted[1:] == [("instead", "captcha")]
    passed = [await proves(context, {"proof": solved(proof_data(context, 50)["proof"])}, 50) for _ in range(25)]
    assert passed == [True] * 19 + [False] * 6  # so often for one network


async def test_who_has_neither_puzzle_nor_script_waits_a_minute(web, clock, entropy, vendor) -> None:
    context = context_of(web, clock, entropy, vendor)
    web.serve(WIDGETS[vendor].check, {"success": False})
    text = proof_data(context, 1_000)["waited"]
    clock.advance(59)
    assert not await proves(context, {"proof": text}, 1_000)
    clock.advance(1)
    assert await proves(context, {"proof": text}, 1_000)


@pytest.mark.parametrize(("away", "passes"), [("work", False), ("open", True), ("closed", False)])
async def test_a_vendor_that_is_away_has_a_stance(web, clock, entropy, vendor, away, passes) -> None:
    widget = WIDGETS[vendor]
    context = context_of(web, clock, entropy, vendor, away)
    assert await proves(context, {widget.field: "token"}, 1_000) is passes
    proof = solved(proof_data(context, 1_000)["proof"])
    assert await proves(context, {"proof": proof}, 1_000) is (away != "closed")
    web.serve(widget.check, b"<html>", "text/html")  # not what was asked for is no answer
    assert await proves(context, {widget.field: "token"}, 1_000) is passes


def test_the_policy_is_widened_for_the_widget_alone(entropy, vendor) -> None:
    policy = ContentPolicy(entropy)
    sources = " ".join(WIDGETS[vendor].sources)
    assert sources not in policy.render()
    policy.allow_widget(WIDGETS[vendor].sources)
    assert "script-src 'self' " + sources + ";" in policy.render()
    assert "frame-src " + sources in policy.render()
