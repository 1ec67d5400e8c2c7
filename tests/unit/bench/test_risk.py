"""The evaluation of the risk model: small, and the same each time."""

import pytest

from bench.risk.evaluate import Evaluation, Scored, asked_again, median, threshold, totals
from bench.risk.gains import KNOWING, gains
from bench.risk.parameters import REPORTING, TPRS, TUNING, Parameters
from bench.risk.picture import area, roc, svg


def test_a_threshold_catches_what_it_says() -> None:
    attacks = [float(number) for number in range(1_000)]
    for tpr in (0.999, 0.99, 0.97):
        limit = threshold(attacks, tpr)
        assert sum(one >= limit for one in attacks) / len(attacks) == pytest.approx(tpr, abs=0.0011)


def test_customers_with_fewer_sign_ins_do_not_count() -> None:
    customers = {1: [5.0] * 11, 2: [5.0, 0.0] * 6, 3: [5.0] * 3}
    assert asked_again(customers, 1.0, 12) == median([11, 6])


def test_a_perfect_curve_has_an_area_of_one_and_is_drawn() -> None:
    curve = roc([0.0, 1.0], [2.0, 3.0])
    assert area(curve) == 1.0
    assert area(roc([0.0, 1.0], [0.0, 1.0])) == pytest.approx(0.5)
    assert svg({"naive": {"limen": curve}}, "x").endswith("</svg>")


def test_the_same_seed_makes_the_same_traffic_and_the_model_tells_it_apart() -> None:
    small = Parameters(seed=3, customers=60, attempts=1.0)
    one, other = Evaluation(small).run(), Evaluation(small).run()
    assert one.parts == other.parts
    assert one.attacks == other.attacks
    customers = [score for parts in one.parts.values() for score in totals(parts)]
    assert area(roc(customers, totals(one.attacks["naive"]))) > 0.95


def test_what_the_added_signals_spare_is_held_against_the_model_without_them_and_named() -> None:
    rate = len(TPRS)
    told = [{"origin": 0.0, "device": -9.0}] * 38
    scored = Scored(
        base={1: [5.0] * 38},
        parts={1: told},
        attacks_base=dict.fromkeys(KNOWING, [5.0] * 100),
        attacks=dict.fromkeys(KNOWING, [{"origin": 0.0, "device": 3.0}] * 100),
    )
    paper, base, other = gains(scored)
    assert (paper["against"], paper["theirs"], paper["limen"], paper["is_met"]) == ("the paper", 19, 0, True)
    assert (base["theirs"], base["signal"], base["without_it"]) == (rate * (11 + 38), "device", rate * (11 + 38))
    assert other["attacker"] == "very_targeted"
    scored.parts[1] = [{"origin": 0.0, "device": 9.0}] * 38
    assert [row["is_met"] for row in gains(scored)] == [False] * 3
    assert gains(scored)[1]["signal"] == ""  # nothing is named where nothing spares anything


def test_tuning_never_sees_the_reporting_set() -> None:
    assert TUNING.seed != REPORTING.seed
