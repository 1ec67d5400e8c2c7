"""The attacks of ``make bench-attacks``: as many right pairs as they say, each try of its own, and proofs that hold."""

import asyncio
import json
from html import escape

import pytest

from bench.attacks.browser import Browser
from bench.attacks.people import email_of, password_of
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
