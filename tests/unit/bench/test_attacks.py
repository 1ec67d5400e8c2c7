"""The attacks of ``make bench-attacks``: as many right pairs as they say, each try of its own, and proofs that hold."""

import asyncio
import json
from html import escape

import pytest

from bench.attacks.browser import Browser
from bench.attacks.forms import FORMS, code_guessing
from bench.attacks.people import email_of, password_of
from bench.attacks.result import Result
from bench.attacks.scenes import CUSTOMERS, REGULARS, SCENES
from limen.storage.cache import ProcessLimiter
from limen.trust.attacks.records import network_of
from limen.trust.bots.proofs import Proofs


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_right_pairs_are_of_customers_whom_nobody_plays(scene) -> None:
    tries = list(scene.tries(min(scene.count, 2_000)))
    right = [one for one in tries if one.is_valid]
    whose = {email_of(number): password_of(number) for number in range(REGULARS, CUSTOMERS)}
    assert right
    assert all(whose[one.email] == one.password for one in right)
    assert len(right) <= 0.02 * len(tries) + 5


def test_ten_thousand_addresses_hardly_share_a_network() -> None:
    scene = next(scene for scene in SCENES if scene.count == 10_000)
    addresses = [one.address for one in scene.tries(10_000)]
    assert len(set(addresses)) == 10_000
    assert len({network_of(one) for one in addresses}) > 5_000


def test_a_browser_solves_what_limen_asks(clock, entropy) -> None:
    proofs = Proofs(b"k" * 32, "ten_1", ProcessLimiter(b"l" * 32, clock), clock, entropy)
    page = f'<div data-proof="{escape(json.dumps(proofs.ask(500)))}">'
    answer = Browser(0, "192.0.2.1").solved(page)
    assert asyncio.run(proofs.redeem(answer, 500, "192.0.2.0/24"))


def test_what_an_attack_cost_is_counted_once_and_said_of_every_one() -> None:
    result, browser = Result("any"), Browser(0, "192.0.2.1")
    browser.worked, browser.proofs, browser.waits = 1.5, 2, 900
    for outcome in ("wrong", "blocked"):
        result.note(browser, outcome)
    said = result.record()
    assert said["attacker_cost"] == {
        "proofs": 2,
        "cpu_seconds_on_proofs": 1.5,
        "seconds_told_to_wait": 900,
        "addresses": 1,
    }
    assert (said["tries"], said["compared"]) == (2, 1)


def test_attacks_on_forms_end_by_themselves_where_nothing_answers(monkeypatch) -> None:
    monkeypatch.setattr(Browser, "request", lambda *_: (503, "", ""))
    monkeypatch.setattr("bench.attacks.forms.sleep", lambda _: None)
    for form in FORMS:
        result = Result(form.name)
        form.play(0, 9, 1e9, result)
        assert (result.tries, result.taken, form.joining) == (9, 0, form.play is not code_guessing)
