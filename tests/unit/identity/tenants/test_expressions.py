"""Conditions over facts: what they mean, what is not known, and what is refused where it is written."""

import pytest

from limen.identity.tenants.expressions import BadExpression, condition
from limen.identity.tenants.patterns import FACTS, PatternRule, PatternSettings, problems_of

KNOWN = {"country": "text", "listed": "truth", "failures": "number", "hour": "number"}
FACT = {"country": "DE", "listed": True, "failures": 3, "hour": None}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("listed && failures >= 3", True),
        ("failures > 3 || country in ['FR', \"DE\"]", True),
        ("!(country == 'DE') || listed == false", False),
        ("country.startsWith('D') && country.endsWith('E') && !country.contains('x')", True),
        ("failures == -1 || failures < 4 && listed", True),
        ("country in []", False),
        ("hour < 6", None),
        ("hour < 6 && !listed", False),  # false whatever the hour
        ("!listed && hour < 6", False),
        ("hour < 6 || listed", True),
        ("!(hour in [1, 2])", None),
        ("hour < 6 || !listed", None),
    ],
)
def test_what_conditions_mean(text: str, holds: bool | None) -> None:
    assert condition(text, KNOWN).holds(FACT) is holds


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "expected, at 1"),
        ("listed &&", "expected, at 10"),
        ("listed failures", "nothing more is expected, at 8"),
        ("nobody == 1", "no fact nobody, at 1"),
        ("failures == 'x'", "a number is expected here, and this is a text, at 13"),
        ("country < 'F'", "a number is expected"),
        ("failures", "no condition"),
        ("listed && failures", "a truth is expected"),
        ("country in ['DE', 3]", "a text is expected"),
        ("country.matches('D.*')", "startsWith, endsWith and contains"),
        ("failures.contains('3')", "a text is expected"),
        ("listed ; true", "not understood, at 8"),
        ("country == 'it\\'s'", "not understood"),
        ("__import__('os')", "no fact __import__"),
        ("(" * 40 + "listed" + ")" * 40, "nested too deeply"),
        ("!" * 40 + "listed", "nested too deeply"),
        ("listed || " * 60 + "listed", "longer than 500"),
        ("failures in [" + "1," * 101 + "1]", "more than 100"),
    ],
)
def test_what_is_refused_and_where(text: str, why: str) -> None:
    with pytest.raises(BadExpression, match=why):
        condition(text, KNOWN)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("attributes.tier == 'gold'", True),
        ("'gold' == attributes.tier", True),
        ("attributes.tier == 3", None),
        ("attributes.tier in ['gold', 'silver']", True),
        ("attributes.points >= 100", True),
        ("attributes.points.startsWith('1')", None),
        ("attributes.tier.startsWith('g')", True),
        ("attributes.vip && attributes.points > 1", True),
        ("attributes.tier || false", None),
        ("attributes.tier", None),
        ("attributes.vip", True),
        ("!attributes.nothing", None),
        ("attributes.none == attributes.other", None),
        ("attributes.tier == attributes.tier", True),
        ("attributes.vip > 0", None),
        ("attributes.tags in []", False),
        ("attributes.tags == attributes.more", False),
        ("attributes.vip == attributes.one", None),
        ("attributes.vip != attributes.one", None),
    ],
)
def test_a_member_is_of_the_type_that_is_wanted_of_it_or_unknown(text: str, holds: bool | None) -> None:
    asked = condition(text, {"attributes": "any"})
    facts = {"attributes.tier": "gold", "attributes.points": 120, "attributes.vip": True}
    facts |= {"attributes.tags": ["a"], "attributes.more": [], "attributes.one": 1}
    assert asked.holds(facts) is holds
    assert asked.reads == {"attributes"}


@pytest.mark.parametrize("text", ["attributes", "attributes.", "attributes.3", "attributes.tier in ['a', 3]"])
def test_members_are_named_and_lists_are_of_one_type(text: str) -> None:
    with pytest.raises(BadExpression):
        condition(text, {"attributes": "any"})


def test_a_tenants_rules_are_checked_where_they_are_set() -> None:
    rules = (
        PatternRule(name="good", when="tool && hosting", then="deny"),
        PatternRule(name="good", when="tool", then="deny"),
        PatternRule(name="No Name", when="score > 'x'", then="notify"),
    )
    problems = dict(problems_of(PatternSettings(rules=rules), "p"))
    assert set(problems) == {"p.rules.1.name", "p.rules.2.name", "p.rules.2.when"}
    assert problems["p.rules.2.when"].endswith("this is a text, at 9")
    assert set(FACTS.values()) == {"text", "number", "truth"}
