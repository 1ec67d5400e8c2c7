"""What follows from the counters, from which numbers on, and for whom nothing does."""

from dataclasses import replace

import pytest

from limen.identity.tenants.attacks import AttackSettings, problems_of
from limen.identity.tenants.networks import NetworkSettings
from limen.storage.cache import ProcessLimiter, ProcessShared
from limen.trust.attacks.counters import Counters, Counts
from limen.trust.attacks.guard import AttackGuard, is_attack, judge, turn_seconds
from limen.trust.attacks.records import FREE, Attempt, Bar, network_of
from limen.trust.attacks.tallies import Tallies
from limen.trust.attacks.watch import Watch
from limen.trust.threats.reputation import Reputation
from tests.support.entropy import SeededEntropy

SETTINGS = AttackSettings()


def guard_for(clock, *, seed=1, **settings) -> AttackGuard:
    limiter = ProcessLimiter(b"l" * 32, clock)
    counters = Counters(limiter, limiter, "ten_1", ProcessShared(clock, SeededEntropy(seed)), clock)
    return AttackGuard(
        counters, AttackSettings(**settings), Watch(clock), Reputation(), NetworkSettings(), Tallies(clock)
    )


def attempt(number: int = 0, *, address: str = "", password: bytes = b"", known: bool = False) -> Attempt:
    return Attempt(
        address or f"203.0.{number // 250}.{number % 250 + 1}",
        f"account {number}",
        password or b"password %d" % number,
        known,
    )


@pytest.mark.parametrize(
    ("counts", "bar", "reason", "doubted"),
    [
        (Counts(), Bar.NONE, "", False),
        (Counts(address=4), Bar.NONE, "", False),
        (Counts(address=5), Bar.PROOF, "address", False),
        (Counts(address=20), Bar.BLOCK, "address", False),
        (Counts(network=40), Bar.PROOF, "network", False),
        (Counts(network=200), Bar.BLOCK, "network", False),
        (Counts(account=5), Bar.WAIT, "account", True),
        (Counts(device=19), Bar.NONE, "", False),
        (Counts(device=20), Bar.PROOF, "device", False),
        (Counts(device=100), Bar.BLOCK, "device", False),
        (Counts(password=10), Bar.PROOF, "spraying", True),
        (Counts(password=50), Bar.BLOCK, "spraying", True),
        (Counts(failed=20, passed=8), Bar.PROOF, "attack", True),
        (Counts(failed=20, passed=9), Bar.NONE, "", False),
        (Counts(failed=19), Bar.NONE, "", False),
        (Counts(slow_failed=60, slow_passed=25), Bar.PROOF, "attack", True),
        (Counts(slow_failed=60, slow_passed=26), Bar.NONE, "", False),
        (Counts(now_failed=20, now_passed=8, failed=20, passed=500), Bar.PROOF, "attack", True),
        (Counts(failed=500, address=20), Bar.BLOCK, "address", True),
    ],
)
def test_what_follows_from_the_counts(counts, bar, reason, doubted) -> None:
    verdict = judge(counts, SETTINGS)
    assert (verdict.bar, verdict.reasons[:1], verdict.is_doubted) == (bar, (reason,) if reason else (), doubted)
    assert bool(verdict.work) is (bar is not Bar.NONE)


def test_an_attack_asks_for_more_work() -> None:
    assert judge(Counts(failed=20), SETTINGS).work == 4 * judge(Counts(address=5), SETTINGS).work


def test_strangers_turns_come_further_and_further_apart() -> None:
    turns = [turn_seconds(Counts(account=number), SETTINGS) for number in range(4, 18)]
    assert turns == [0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]


@pytest.mark.anyio
async def test_ten_thousand_addresses_with_one_try_each_are_an_attack_from_the_twentieth_on(clock) -> None:
    guard = guard_for(clock)
    bars = []
    for number in range(60):
        one = attempt(number * 251)
        verdict = (await guard.judge(one)).verdict
        bars.append(verdict.bar)
        await (guard.failed(one) if verdict.bar is Bar.NONE else guard.refused(one))
    assert bars == [Bar.NONE] * 20 + [Bar.PROOF] * 40
    assert guard.work == 4 * SETTINGS.work
    clock.advance(3_600)
    assert (await guard.judge(attempt(1))).verdict == FREE
    assert guard.work == 0


@pytest.mark.anyio
async def test_one_browser_that_tries_many_accounts_from_many_addresses_works_and_is_blocked(clock) -> None:
    guard = guard_for(clock, attack_failures=1_000, slow_failures=1_000)
    bars = []
    for number in range(101):
        one = replace(attempt(number * 251), device="brw_1")
        bars.append((await guard.judge(one)).verdict.bar)
        await guard.failed(one)
    assert bars == [Bar.NONE] * 20 + [Bar.PROOF] * 80 + [Bar.BLOCK]
    assert (await guard.judge(replace(attempt(7), device="brw_1", is_known=True))).verdict == FREE
    assert (await guard.judge(replace(attempt(7 * 251 + 1), device="brw_2"))).verdict == FREE


@pytest.mark.anyio
async def test_many_sign_ins_that_pass_are_no_attack(clock) -> None:
    guard = guard_for(clock)
    for number in range(300):
        one = attempt(number * 251)
        assert (await guard.judge(one)).verdict == FREE
        await (guard.failed(one) if number % 3 == 0 else guard.passed(one))


@pytest.mark.anyio
async def test_a_crowd_that_comes_at_once_is_no_attack_before_its_passwords_are_answered(clock) -> None:
    guard = guard_for(clock)
    crowd = [attempt(number * 251) for number in range(100)]
    assert {(await guard.judge(one)).verdict for one in crowd} == {FREE}
    for one in crowd:
        await guard.passed(one)
        assert not await guard.has_begun(one)


@pytest.mark.anyio
async def test_of_an_attack_that_comes_at_once_a_right_password_is_judged_again_when_it_is_answered(clock) -> None:
    guard = guard_for(clock)
    crowd = [attempt(number * 251) for number in range(100)]
    assert {(await guard.judge(one)).verdict for one in crowd} == {FREE}
    for one in crowd[:20]:
        await guard.failed(one)
    await guard.passed(crowd[20])
    assert await guard.has_begun(crowd[20])
    assert not await guard.has_begun(replace(crowd[20], is_known=True))


@pytest.mark.anyio
async def test_over_the_day_many_networks_are_an_attack_and_one_patient_stranger_is_none(clock) -> None:
    for networks, is_attacked in ((1, False), (60, True)):
        guard = guard_for(clock)
        for number in range(120):
            await guard.failed(attempt(number, address=f"203.{number % networks}.0.9"))
            clock.advance(600)
        assert is_attack(await guard.counters.of_tenant(), SETTINGS) is is_attacked
        clock.advance(2 * 86_400)


@pytest.mark.anyio
async def test_one_password_on_many_accounts_is_spraying_and_one_person_who_insists_is_not(clock) -> None:
    guard = guard_for(clock, attack_failures=1_000)
    for number in range(10):
        await guard.failed(attempt(number * 251, password=b"Winter2026!"))
    assert (await guard.judge(attempt(9_999, password=b"Winter2026!"))).verdict.reasons == ("spraying",)
    assert (await guard.judge(attempt(9_999, password=b"Summer2026!"))).verdict == FREE
    again = guard_for(clock, attack_failures=1_000)
    for _ in range(10):
        await again.failed(attempt(1, password=b"Winter2026!"))
    assert (await again.judge(attempt(9_999, password=b"Winter2026!"))).verdict == FREE
    clock.advance(3_600)
    assert (await guard.judge(attempt(9_999, password=b"Winter2026!"))).verdict == FREE


@pytest.mark.anyio
async def test_a_known_device_is_asked_for_nothing_and_counts_for_nothing(clock) -> None:
    guard = guard_for(clock)
    for _ in range(50):
        await guard.failed(attempt(known=True))
    assert (await guard.judge(attempt())).verdict == FREE
    for _ in range(50):
        await guard.failed(attempt())
    assert (await guard.judge(attempt())).verdict.bar is Bar.BLOCK
    assert (await guard.judge(attempt(known=True))).verdict == FREE


@pytest.mark.anyio
async def test_switched_off_it_counts_nothing(clock) -> None:
    guard = guard_for(clock, mode="off")
    for _ in range(50):
        await guard.refused(attempt())
        await guard.failed(attempt())
    assert (await guard.judge(attempt())).verdict == FREE
    assert not is_attack(await guard.counters.of_tenant(), SETTINGS)


@pytest.mark.anyio
async def test_a_password_is_counted_by_twenty_bits_of_the_hour(clock) -> None:
    counters = guard_for(clock).counters
    mark = await counters.fingerprint(b"hunter2")
    assert len(mark) == 5
    assert await counters.fingerprint(b"hunter2") == mark
    clock.advance(3_600)
    assert await counters.fingerprint(b"hunter2") != mark


@pytest.mark.anyio
async def test_after_a_restart_a_password_is_another_and_so_is_each_tenants(clock) -> None:
    before, after = (guard_for(clock, seed=seed).counters for seed in (1, 2))
    mark = await before.fingerprint(b"hunter2")
    assert await after.fingerprint(b"hunter2") != mark
    assert await replace(before, tenant_id="ten_2").fingerprint(b"hunter2") != mark


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("nowhere", "nowhere"),
    ],
)
def test_networks(address, network) -> None:
    assert network_of(address) == network


def test_settings_that_mean_nothing_are_named() -> None:
    wrong = AttackSettings(address_proof=30, device_proof=101, device_block=100, work=1, attack_percent=0)
    assert {name for name, _ in problems_of(wrong, "a")} == {
        "a.address_proof",
        "a.device_proof",
        "a.work",
        "a.attack_percent",
    }


@pytest.mark.anyio
@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", ""])
async def test_this_machine_is_no_place_that_is_counted(clock, address) -> None:
    guard = guard_for(clock, attack_failures=1_000, slow_failures=1_000)
    for number in range(60):
        await guard.failed(attempt(number, address=address or "nowhere"))
    assert (await guard.judge(attempt(999, address=address or "nowhere"))).verdict == FREE


@pytest.mark.anyio
async def test_a_browsers_failures_count_whatever_the_address_and_account(clock) -> None:
    guard = guard_for(clock)
    for number in range(3):
        await guard.failed(replace(attempt(number), device="bro_1"))
    assert (await guard.judge(replace(attempt(9), device="bro_1"))).counts.device == 3
    assert (await guard.judge(replace(attempt(9), device="bro_2"))).counts.device == 0
