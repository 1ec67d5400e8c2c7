"""Patterns of fraud: which rules hold for what one sign-in or sign-up shows, and what follows; pure.

A tenant's own rules are asked first, in their order, then those that come with Limen. The first ``allow`` that holds
ends the asking; of the others that hold the gravest counts. What rests on a fact that is not known does not hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import msgspec

from limen.identity.tenants.expressions import Facts
from limen.identity.tenants.patterns import Action, PatternRule, PatternSettings, compiled

SHIPPED: Final = (
    PatternRule(
        name="tool-in-data-centre",
        when="action == 'sign_in' && tool && hosting",
        then="challenge",
    ),
    PatternRule(
        name="listed-and-failing",
        when="action == 'sign_in' && listed && failures_address >= 2",
        then="deny",
    ),
    PatternRule(
        name="hidden-and-failing",
        when="action == 'sign_in' && (anonymiser || hosting) && (failures_network >= 10 || failures_account >= 2)",
        then="challenge",
    ),
    PatternRule(
        name="hidden-sign-ups",
        when="action == 'sign_up' && (anonymiser || hosting) && (sign_ups_network >= 3 || disposable || tool)",
        then="challenge",
    ),
    PatternRule(
        name="sign-up-farm",
        when="action == 'sign_up' && family >= 10",
        then="deny",
    ),
    PatternRule(
        name="quick-tool",
        when="action == 'sign_up' && tool && seconds <= 1 && sign_ups_address >= 1",
        then="deny",
    ),
)
"""What comes with Limen."""
_GRAVITY: Final[dict[Action, int]] = {"allow": 0, "notify": 1, "challenge": 2, "deny": 3}


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that holds; ``counts`` unless it is in the shadow."""

    rule: PatternRule
    counts: bool


@dataclass(frozen=True, slots=True)
class Matched:
    """What rules say together: those that hold, and what follows of those that count."""

    matches: tuple[Match, ...] = ()
    then: Action = "allow"


NOTHING: Final = Matched()


class Origin(msgspec.Struct, frozen=True):
    """What is known of where a request comes from before anything is counted: enough for most rules not to hold."""

    listed: bool = False
    anonymiser: bool = False
    hosting: bool = False


@lru_cache(maxsize=256)
def rules_of(settings: PatternSettings) -> Sequence[PatternRule]:
    """Return the rules in force and in the shadow, in the order in which they are asked."""
    named = {rule.name for rule in settings.rules}
    own = tuple(rule for rule in settings.rules if rule.mode != "off")
    if settings.shipped == "off":
        return own
    shipped = (rule for rule in SHIPPED if rule.name not in named)
    return (*own, *(_in(rule, settings.shipped) for rule in shipped))


@lru_cache(maxsize=1_024)
def open_rules(settings: PatternSettings, action: str, origin: Origin) -> Sequence[PatternRule]:
    """Return those of the rules that may hold for an *action* from such an *origin*; most come from nowhere special.

    What is not known yet makes a condition unknown, and one that is false without it is false whatever it is.
    """
    known: Facts = {
        "action": action,
        "listed": origin.listed,
        "anonymiser": origin.anonymiser,
        "hosting": origin.hosting,
    }
    return tuple(rule for rule in rules_of(settings) if compiled(rule.when).holds(known) is not False)


def _in(rule: PatternRule, mode: str) -> PatternRule:
    return rule if mode == "on" else PatternRule(name=rule.name, when=rule.when, then=rule.then, mode="shadow")


def matched(rules: Sequence[PatternRule], facts: Facts) -> Matched:
    """Return what *rules* say of *facts*."""
    found: list[Match] = []
    for rule in rules:
        if compiled(rule.when).holds(facts):
            counts = rule.mode == "on"
            found.append(Match(rule, counts))
            if counts and rule.then == "allow":
                return Matched(tuple(found))
    if not found:
        return NOTHING
    in_force: list[Action] = [one.rule.then for one in found if one.counts]
    return Matched(tuple(found), max(in_force, key=_GRAVITY.__getitem__) if in_force else "allow")
