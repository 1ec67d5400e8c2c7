"""Patterns of fraud: which counts, what those that come with Limen hold for, and what they would have said."""

from itertools import product

import pytest

from limen.identity.tenants.patterns import FACTS, PatternRule, PatternSettings
from limen.kernel.clock import MINUTE
from limen.trust.fraud.facts import Seen
from limen.trust.fraud.patterns import SHIPPED, Origin, matched, open_rules, rules_of
from limen.trust.fraud.replay import Happened, replay
from limen.trust.risk.records import COUNTRY, NETWORK
from limen.trust.risk.whereabouts import Whereabouts

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
AT = 1_790_000_000_000_000


def seen(address: str = "203.0.113.9", agent: str = FIREFOX, at: int = AT, **where: bool) -> Seen:
    return Seen(at, address, agent, Whereabouts({COUNTRY: "DE", NETWORK: "AS64500"}, **where), listed=False)


def rule(name: str, when: str, then: str, mode: str = "on") -> PatternRule:
    return PatternRule(name=name, when=when, then=then, mode=mode)  # type: ignore[arg-type]


def test_the_gravest_that_counts_follows_and_the_shadow_only_tells() -> None:
    rules = [
        rule("a", "country == 'DE'", "notify"),
        rule("b", "hour >= 0", "challenge"),
        rule("c", "tool || country == 'DE'", "deny", "shadow"),
        rule("d", "family > 1", "deny"),
    ]
    found = matched(rules, seen().facts("sign_in"))
    assert (found.then, [one.rule.name for one in found.matches]) == ("challenge", ["a", "b", "c"])
    allowed = matched([rule("first", "network == 'AS64500'", "allow"), *rules], seen().facts("sign_in"))
    assert (allowed.then, len(allowed.matches)) == ("allow", 1)


def test_a_tenants_rule_takes_the_place_of_one_that_is_called_the_same() -> None:
    own = rule("sign-up-farm", "family >= 100", "notify")
    names = [one.name for one in rules_of(PatternSettings(rules=(own,)))]
    assert names.count("sign-up-farm") == 1
    assert rules_of(PatternSettings(rules=(own,)))[0] is own
    assert {one.mode for one in rules_of(PatternSettings(shipped="shadow"))} == {"shadow"}
    assert rules_of(PatternSettings(shipped="off")) == ()
    assert own.version != SHIPPED[4].version


@pytest.mark.parametrize("origin", [Origin(*marks) for marks in product((False, True), repeat=3)], ids=str)
@pytest.mark.parametrize("action", ["sign_in", "sign_up"])
def test_a_rule_that_is_not_asked_would_not_have_held(action: str, origin: Origin) -> None:
    own = (
        rule("here", "!(hosting || listed) && failures_account > 1", "deny"),
        rule("elsewhere", "country in ['FR'] && anonymiser", "notify"),
        rule("any", "agent.contains('Firefox') || action == 'sign_up'", "allow"),
    )
    for settings in (PatternSettings(), PatternSettings(rules=own[:2]), PatternSettings(rules=own, shipped="shadow")):
        for agent, count in product((FIREFOX, "curl/8"), (None, 0, 2, 99)):
            counted = {name: count for name, kind in FACTS.items() if kind == "number"}
            where = seen(agent=agent, anonymiser=origin.anonymiser, hosting=origin.hosting)
            facts = {**where.facts(action, **counted), "listed": origin.listed}
            asked = open_rules(settings, action, origin)
            assert matched(asked, facts) == matched(rules_of(settings), facts)


def test_of_those_that_come_with_limen_none_is_asked_of_a_sign_in_from_nowhere_special() -> None:
    assert open_rules(PatternSettings(), "sign_in", Origin()) == ()


@pytest.mark.parametrize(
    ("facts", "then"),
    [
        (seen().facts("sign_in", failures_address=9, failures_network=39, failures_account=4), "allow"),
        (seen(agent="curl/8").facts("sign_in"), "allow"),
        (seen(agent="curl/8", hosting=True).facts("sign_in"), "challenge"),
        (seen(anonymiser=True).facts("sign_in", failures_network=0, failures_account=2), "challenge"),
        ({**seen().facts("sign_in", failures_address=2), "listed": True}, "deny"),
        (
            seen().facts("sign_up", sign_ups_address=4, sign_ups_network=39, family=2, disposable=True, seconds=0),
            "allow",
        ),
        (seen(hosting=True).facts("sign_up", sign_ups_network=0, disposable=True), "challenge"),
        (seen().facts("sign_up", family=10), "deny"),
        (seen(agent="").facts("sign_up", seconds=0, sign_ups_address=1), "deny"),
    ],
)
def test_what_comes_with_limen(facts: dict, then: str) -> None:
    assert matched(SHIPPED, facts).then == then


def test_all_that_is_known_of_a_fact_is_in_the_list() -> None:
    assert set(seen().facts("sign_in")) < set(FACTS)


def test_what_happened_is_counted_again_along_the_way() -> None:
    thief = [Happened("failure", f"cus_{n}", seen(at=AT + n * MINUTE)) for n in range(5)]
    late = Happened("failure", "cus_9", seen(at=AT + 60 * MINUTE))
    customer = Happened("sign_in", "cus_1", seen("198.51.100.7", at=AT + 5 * MINUTE))
    made = Happened("sign_up", "cus_8", seen(at=AT + 5 * MINUTE))
    rules = [
        rule("failing", "action == 'sign_in' && failures_address >= 3", "deny"),
        rule("all", "country == 'DE'", "notify"),
        rule("unknown", "score > 3", "notify"),
        rule("made", "action == 'sign_up' && sign_ups_network == 0", "notify"),
    ]
    found = replay(rules, [*thief, customer, made, late])
    assert [(one.sign_ins, one.failures, one.sign_ups, one.undecided) for one in found] == [
        (0, 2, 0, 0),  # the fourth and the fifth; an hour later nothing is left of them
        (1, 6, 1, 0),
        (0, 0, 0, 8),
        (0, 0, 1, 0),
    ]
