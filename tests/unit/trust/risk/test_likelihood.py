"""Likelihoods: figures computed by hand from the formulas of Freeman et al., and what must hold for any history."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.trust.risk.history import History
from limen.trust.risk.likelihood import AGENT_OF, ORIGIN, Feature, likelihood
from limen.trust.risk.population import Population
from limen.trust.risk.records import ADDRESS, COUNTRY, NETWORK, Sighting
from limen.trust.risk.signals import origin, prior
from limen.trust.risk.signals.likelihoods import log_ratio, plain_ratio

DAY = 86_400_000_000
VALUES = {ADDRESS: "a", NETWORK: "n", COUNTRY: "c"}


@pytest.mark.parametrize(
    ("count", "total", "unseen", "expected"),
    [
        (3, 10, 0, 0.3),  # nothing is new: cnt/n
        (3, 10, 2, 3 / 10 * (1 - 2 / 12)),  # two levels are new: (cnt/n)(1 - M/(n+M))
        (0, 10, 2, 1 / 12),  # unseen: 1/(n+M)
        (0, 10, 3, 1 / 13),
    ],
)
def test_a_share_is_smoothed(count: float, total: float, unseen: int, expected: float) -> None:
    assert share(count, total, unseen) == pytest.approx(expected)


def share(count: float, total: float, unseen: int) -> float:
    """Return the likelihood of one level that was seen *count* of *total* times, *unseen* levels being new."""
    beside = [str(number) for number in range(unseen - (count <= 0))]
    weights = {"level": 1.0, **dict.fromkeys(beside, 0.0)}
    return likelihood(Feature("one", weights), dict.fromkeys(weights, "value"), {"level": count}, total)


def test_a_feature_is_the_weighted_sum_of_its_levels() -> None:
    # Ten sign-ins, the network in eight of them, the country in all; the address is new: M = 1.
    found = likelihood(ORIGIN, VALUES, {NETWORK: 8, COUNTRY: 10}, 10)
    assert found == pytest.approx(0.6 / 11 + 0.3 * 0.8 * (1 - 1 / 11) + 0.1 * 1.0 * (1 - 1 / 11))


def test_a_level_without_a_value_leaves_its_weight_to_the_others() -> None:
    found = likelihood(ORIGIN, {ADDRESS: "a", COUNTRY: "c"}, {ADDRESS: 5, COUNTRY: 10}, 10)
    assert found == pytest.approx((0.6 * 0.5 + 0.1 * 1.0) / 0.7)
    assert likelihood(ORIGIN, {}, {}, 10) == 1.0


@pytest.mark.parametrize("feature", [ORIGIN, AGENT_OF])
def test_weights_sum_to_one(feature) -> None:
    assert sum(feature.weights.values()) == pytest.approx(1.0, abs=1e-4)


@given(st.integers(0, 100), st.integers(1, 400), st.integers(0, 4))
def test_a_share_is_a_probability_and_grows_with_the_count(count: int, more: int, unseen: int) -> None:
    total = count + more
    assert 0.0 < share(count, total, unseen) <= 1.0
    if count:
        assert share(count + 1, total + 1, unseen) >= share(count, total + 1, unseen)


def history(*seen: Sighting) -> History:
    found = History()
    for one in seen:
        found = found.after(one)
    return found


def test_the_plain_ratio_is_everybody_over_the_customer() -> None:
    seen = Sighting(0, VALUES)
    known = history(seen, seen, seen, seen)
    population = Population(100, 10, {(ADDRESS, "a"): 1, (NETWORK, "n"): 40, (COUNTRY, "c"): 90})
    everybody = 0.6 * 0.01 + 0.3 * 0.4 + 0.1 * 0.9
    assert plain_ratio(ORIGIN, seen, known, population) == pytest.approx(math.log(everybody / 1.0))


def test_a_rare_value_speaks_for_an_attacker_not_for_the_customer() -> None:
    at_home, elsewhere = Sighting(0, VALUES), Sighting(0, {ADDRESS: "x", NETWORK: "y", COUNTRY: "z"})
    known = history(*[at_home] * 20)
    population = Population(1000, 10, {(NETWORK, "n"): 400, (COUNTRY, "c"): 900})
    plain = plain_ratio(ORIGIN, elsewhere, known, population)
    assert plain is not None
    assert plain < 0  # what the formula alone says of somebody from where nobody is
    beyond = log_ratio(ORIGIN, elsewhere, known, population)
    # New at every level: 0.6·(1−0) + 0.3·(1−0.4) + 0.1·(1−0.9), over 1/(20+3).
    assert beyond == pytest.approx(math.log((0.6 + 0.18 + 0.01) * 23))


def test_what_the_tenants_attackers_show_counts_the_more_of_it_there_is() -> None:
    seen, known = Sighting(0, {NETWORK: "bad"}), history(*[Sighting(0, {NETWORK: "n"})] * 20)
    counts = {(NETWORK, "bad"): 500.0, (NETWORK, "n"): 500.0}
    found = [
        log_ratio(ORIGIN, seen, known, Population(1000, 10, counts, attacks, {(NETWORK, "bad"): attacks}))
        for attacks in (0, 10, 100, 10_000)
    ]
    assert found == sorted(found)
    assert found[0] < found[-1]


def test_the_prior_is_the_share_of_sign_ins() -> None:
    seen = Sighting(0, VALUES)
    finding = prior.SIGNAL.speaks(seen, history(*[seen] * 4), Population(95, 10))
    assert finding is not None
    assert finding.log_ratio == pytest.approx(math.log(95 / (10 * 4)))


@pytest.mark.parametrize(("value", "level"), [("z", COUNTRY), ("c", NETWORK)])
def test_the_reason_names_the_coarsest_thing_that_is_new(value: str, level: str) -> None:
    known = history(Sighting(0, VALUES))
    finding = origin.SIGNAL.speaks(Sighting(0, {ADDRESS: "x", NETWORK: "y", COUNTRY: value}), known, Population(9, 2))
    assert finding is not None
    assert finding.reason == f"risk.reason.new_{level}"
