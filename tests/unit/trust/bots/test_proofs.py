"""Proofs of work: solved once, in time, for as much as is asked; and waiting, for whoever has no script."""

import base64
import hashlib
import json

import pytest

from limen.storage.cache import ProcessLimiter
from limen.trust.bots.proofs import LIFETIME, WAIT_SECONDS, Proofs, waited

pytestmark = pytest.mark.anyio
HERE = "192.0.2.0/24"


@pytest.fixture
def proofs(clock, entropy) -> Proofs:
    return Proofs(b"k" * 32, "ten_1", ProcessLimiter(b"l" * 32, clock), clock, entropy)


def solved(asked: dict, **changes) -> str:
    """What a browser would answer."""
    number = next(
        n
        for n in range(asked["maxnumber"] + 1)
        if hashlib.sha256(f"{asked['salt']}{n}".encode()).hexdigest() == asked["challenge"]
    )
    answer = {name: asked[name] for name in ("algorithm", "challenge", "salt", "signature")} | {"number": number}
    return base64.b64encode(json.dumps(answer | changes).encode()).decode()


async def test_a_solution_counts_once(proofs) -> None:
    text = solved(proofs.ask(1_000))
    assert await proofs.redeem(text, 1_000, HERE)
    assert not await proofs.redeem(text, 1_000, HERE)


async def test_a_solution_of_less_work_or_from_long_ago_counts_for_nothing(proofs, clock) -> None:
    assert not await proofs.redeem(solved(proofs.ask(1_000)), 1_001, HERE)
    text = solved(proofs.ask(1_000))
    clock.advance(LIFETIME)
    assert not await proofs.redeem(text, 1_000, HERE)


async def test_nothing_of_a_challenge_can_be_changed(proofs, clock, entropy) -> None:
    asked = proofs.ask(100)
    longer = asked["salt"].replace("expires=", "expires=9")
    bad = [
        {"number": 101},
        {"salt": longer},
        {"challenge": hashlib.sha256(b"x").hexdigest()},
        {"signature": "0" * 64},
        {"salt": asked["salt"] + "1"},
    ]
    for changes in bad:
        assert not await proofs.redeem(solved(asked, **changes), 100, HERE)
    other = Proofs(b"o" * 32, "ten_1", proofs.limiter, clock, entropy)
    assert not await other.redeem(solved(asked), 100, HERE)


@pytest.mark.parametrize("text", ["", "!", "e30=", "W10=", "bnVsbA==", "A" * 3_000, base64.b64encode(b"\xff").decode()])
async def test_what_is_no_solution_is_refused(proofs, text) -> None:
    assert not await proofs.redeem(text, 1, HERE)


async def test_whoever_has_no_script_waits_and_not_often(proofs, clock) -> None:
    asked = proofs.ask(1_000)
    assert not await proofs.redeem(waited(asked), 1_000, HERE)
    clock.advance(WAIT_SECONDS)
    assert await proofs.redeem(waited(asked), 1_000, HERE)
    assert not await proofs.redeem(waited(asked), 1_000, HERE)
    many = [proofs.ask(1_000) for _ in range(6)]
    clock.advance(WAIT_SECONDS)
    redeemed = [await proofs.redeem(waited(one), 1_000, HERE) for one in many]
    assert sum(redeemed) <= 5
    assert await proofs.redeem(waited(many[5]), 1_000, "198.51.100.0/24")
