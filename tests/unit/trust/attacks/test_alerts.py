"""How grave an attack is, when it is over, and what of where it comes from may be told."""

import pytest

from limen.identity.tenants.attacks import AttackSettings
from limen.kernel.clock import MINUTE
from limen.kernel.event_data import misfit
from limen.kernel.ids import AttackId
from limen.trust.attacks.alerts import QUIET, Attack, Severity, Spot, Tries, busiest, ended, severity_of, spot
from limen.trust.attacks.counters import Counts

SETTINGS = AttackSettings()
ATTACK = Attack(AttackId("atk_1"), "spraying", Severity.HIGH, 0, 3 * MINUTE)


@pytest.mark.parametrize(
    ("kind", "failed", "found"),
    [
        ("address", 20, Severity.LOW),
        ("network", 199, Severity.MEDIUM),
        ("account", 200, Severity.HIGH),
        ("attack", 20, Severity.HIGH),
        ("attack", 200, Severity.CRITICAL),
    ],
)
def test_an_attack_is_graver_by_kind_and_by_size(kind, failed, found) -> None:
    assert severity_of(kind, Counts(failed=failed), SETTINGS) is found


def test_an_attack_is_quiet_twenty_minutes_after_it_was_last_seen() -> None:
    assert not ATTACK.is_quiet(3 * MINUTE + QUIET - 1)
    assert ATTACK.is_quiet(3 * MINUTE + QUIET)


def test_what_is_told_at_the_end_is_what_the_catalogue_says() -> None:
    event = ended(ATTACK.over(40 * MINUTE))
    assert misfit(event.name, event.data) == ""
    assert (event.data["duration_seconds"], event.data["severity"]) == (180, "high")


def test_a_network_that_may_be_one_households_is_told_as_its_providers() -> None:
    assert spot("203.0.113.0/24", "AS64500", 7) == Spot("203.0.113.0/24", "AS64500", 7)
    assert spot("2001:db8:7:: /48".replace(" ", ""), "", 7).network == "2001:db8::/32"
    assert busiest([spot("no address at all", "", 7)]) == ()


def test_the_busiest_networks_are_few_and_each_stands_once() -> None:
    spots = [Spot(f"203.0.{number}.0/24", "", number) for number in range(9)]
    found = busiest([*spots, Spot("203.0.8.0/24", "AS64500", 3), Spot("203.0.1.0/24", "", 50)])
    assert [one.failures for one in found] == [50, 8, 7, 6, 5]


def test_tries_begin_at_nothing() -> None:
    assert ATTACK.tries == Tries(0, 0, 0, 0)
