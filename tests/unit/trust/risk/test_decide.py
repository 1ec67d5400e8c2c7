"""Thresholds, rules, and what is decided by them."""

import pytest

from limen.identity.tenants.risk import RiskRule, RiskSettings, limits_of, problems_of
from limen.trust.risk.decide import decide

SETTINGS = RiskSettings(notify=5, challenge=20, deny=900)


@pytest.mark.parametrize(
    ("probability", "outcome"),
    [(0.0, "allow"), (0.0049, "allow"), (0.005, "notify"), (0.02, "challenge"), (0.9, "deny"), (1.0, "deny")],
)
def test_the_gravest_that_is_reached_is_the_outcome(probability, outcome):
    assert decide(probability, limits_of(SETTINGS, "sign_in", "")).outcome == outcome


def test_what_is_reached_holds_together_and_nought_is_never():
    found = decide(0.5, limits_of(RiskSettings(notify=5, challenge=20, delay=100), "sign_in", ""))
    assert found.reached == {"notify", "challenge", "delay"}
    assert decide(1.0, limits_of(RiskSettings(challenge=0), "sign_in", "")).outcome == "allow"


def test_the_more_particular_rule_wins_and_leaves_what_it_does_not_name():
    rules = (
        RiskRule(action="recovery", challenge=10, deny=500),
        RiskRule(client="bank", challenge=2, level="phishing_resistant"),
        RiskRule(client="bank", action="recovery", challenge=1),
    )
    settings = RiskSettings(notify=5, rules=rules)
    both = limits_of(settings, "recovery", "bank")
    assert (both.notify, both.challenge, both.deny, both.level) == (5, 1, 500, "phishing_resistant")
    assert limits_of(settings, "sign_in", "bank").challenge == 2
    assert limits_of(settings, "recovery", "shop").challenge == 10
    assert limits_of(settings, "sign_in", "shop").challenge == 20


def test_what_is_wrong_is_named():
    rules = (
        RiskRule(client="a", deny=1001),
        RiskRule(client="a"),
        RiskRule(),
        RiskRule(action="sign_up", level="second_factor"),
    )
    found = dict(problems_of(RiskSettings(challenge=-1, delay_seconds=0, rules=rules), "risk"))
    assert found == {
        "risk.challenge": "number.out_of_bounds",
        "risk.delay_seconds": "number.out_of_bounds",
        "risk.rules.0.deny": "number.out_of_bounds",
        "risk.rules.1": "list.repeated",
        "risk.rules.2": "risk.rule_of_nothing",
        "risk.rules.3.level": "risk.level_of_nothing",
    }
