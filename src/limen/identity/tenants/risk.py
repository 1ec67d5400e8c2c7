"""What a tenant does about sign-ins and changes that do not look like their customer's."""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

import msgspec

from limen.identity.tenants.attacks import Mode
from limen.identity.tenants.sign_up import SignUpSettings

PER_MILLE: Final = (0, 1_000)
DELAY_SECONDS: Final = (1, 10)
MOST_RULES: Final = 100
THRESHOLDS: Final = ("notify", "challenge", "delay", "deny")

SIGN_UP: Final = SignUpSettings()
Action = Literal["sign_in", "refresh", "recovery", "factor_change", "sign_up"]
Level = Literal["second_factor", "phishing_resistant"]
_BOUNDS: Final = {"minimum": PER_MILLE[0], "maximum": PER_MILLE[1]}
_Threshold = Annotated[int, msgspec.Meta(extra_json_schema=_BOUNDS)]


class RiskRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is different for one application, for one action, or for one action of one application.

    Attributes:
        client: the application, by its ``client_id``; empty for each, and for the account page.
        action: what is done; empty for each but ``sign_up``, whose thresholds are points and are named apart.
        notify, challenge, delay, deny: as in the settings; null leaves what holds otherwise.
        level: likewise; a sign-up has none.
    """

    client: Annotated[str, msgspec.Meta(extra_json_schema={"maxLength": 2_000})] = ""
    action: Action | Literal[""] = ""
    notify: _Threshold | None = None
    challenge: _Threshold | None = None
    delay: _Threshold | None = None
    deny: _Threshold | None = None
    level: Level | None = None


class RiskSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """From which risk on a right proof is not enough.

    Thresholds are probabilities, in thousandths, that it is somebody else; 0 for never. What is reached holds together:
    where the thresholds of a notice and of a challenge are both reached, both follow.

    Attributes:
        mode: ``on`` does what is decided; ``shadow`` scores and records, and does nothing of it: look at what it would
            have done before it is on; ``off`` does neither.
        notify: from which on the customer is told by mail, behind a sign-in that succeeds.
        challenge: from which on the customer proves more: a second factor even at a trusted device, or the mailbox
            where there is none.
        delay: from which on the answer waits for ``delay_seconds``.
        deny: from which on the proof is refused, as a wrong one would be.
        level: what a challenge asks for: a ``second_factor``, or a ``phishing_resistant`` one of whoever has a passkey
            or a security key.
        delay_seconds: how long a delayed answer waits.
        when_away: what holds where the model cannot be asked: its ``challenge``, or ``allow``.
        refresh: whether refresh tokens of public clients are scored too, which costs each of them a few reads. There a
            challenge refuses the token, a denial ends its family too, and there is neither notice nor delay.
        fingerprint: whether the page tells a hash of what the browser says of itself: size and depth of the screen,
            languages, time zone, cores. It is made in the browser, with a salt of the tenant's that changes each 45
            days, and counts beside the cookie.
        behaviour: whether the page tells how somebody types and points, in two of a few words: never what, where or
            when.
        round_trip: whether the page tells how long the handshake of its connection took, in one of seven steps.
        rules: what is different for an application, an action, or both; the more particular wins.
    """

    mode: Mode = "shadow"
    notify: _Threshold = 0
    challenge: _Threshold = 20
    delay: _Threshold = 0
    deny: _Threshold = 0
    level: Level = "second_factor"
    delay_seconds: Annotated[
        int, msgspec.Meta(extra_json_schema={"minimum": DELAY_SECONDS[0], "maximum": DELAY_SECONDS[1]})
    ] = 3
    when_away: Literal["challenge", "allow"] = "challenge"
    refresh: bool = False
    fingerprint: bool = False
    behaviour: bool = False
    round_trip: bool = False
    rules: Annotated[tuple[RiskRule, ...], msgspec.Meta(extra_json_schema={"maxItems": MOST_RULES})] = ()


class Limits(msgspec.Struct, frozen=True):
    """The thresholds that hold for one action of one application, in thousandths; 0 for never."""

    notify: int
    challenge: int
    delay: int
    deny: int
    level: Level


def limits_of(settings: RiskSettings, action: Action, client: str, sign_up: SignUpSettings = SIGN_UP) -> Limits:
    """Return what holds for *action* of *client*: a rule for both before one for the client, that for the action.

    Those of a sign-up are points: they begin with what the tenant says of sign-ups, and only rules that name them vary
    it.
    """
    found = Limits(settings.notify, settings.challenge, settings.delay, settings.deny, settings.level)
    if action == "sign_up":
        of = sign_up
        found = Limits(of.notify_from, of.work_from, of.delay_from, of.refuse_from, settings.level)
    if not settings.rules:
        return found
    for who, what in (("", action), (client, ""), (client, action)):
        if action == "sign_up" and not what:
            continue
        rule = next((one for one in settings.rules if (one.client, one.action) == (who, what)), None)
        if rule is not None and (who or what):
            found = _changed(found, rule)
    return found


def _changed(found: Limits, rule: RiskRule) -> Limits:
    return Limits(
        found.notify if rule.notify is None else rule.notify,
        found.challenge if rule.challenge is None else rule.challenge,
        found.delay if rule.delay is None else rule.delay,
        found.deny if rule.deny is None else rule.deny,
        rule.level or found.level,
    )


def problems_of(settings: RiskSettings, field: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, as field and code."""
    yield from _thresholds(settings, field)
    if not DELAY_SECONDS[0] <= settings.delay_seconds <= DELAY_SECONDS[1]:
        yield f"{field}.delay_seconds", "number.out_of_bounds"
    if len(settings.rules) > MOST_RULES:
        yield f"{field}.rules", "list.too_long"
    named: set[tuple[str, str]] = set()
    for index, rule in enumerate(settings.rules[:MOST_RULES]):
        yield from _thresholds(rule, f"{field}.rules.{index}")
        whose = (rule.client, rule.action)
        if whose in named:
            yield f"{field}.rules.{index}", "list.repeated"
        if whose == ("", ""):
            yield f"{field}.rules.{index}", "risk.rule_of_nothing"
        if rule.action == "sign_up" and rule.level is not None:
            yield f"{field}.rules.{index}.level", "risk.level_of_nothing"
        named.add(whose)


def _thresholds(of: RiskSettings | RiskRule, field: str) -> Iterator[tuple[str, str]]:
    for name in THRESHOLDS:
        value = getattr(of, name)
        if value is not None and not PER_MILLE[0] <= value <= PER_MILLE[1]:
            yield f"{field}.{name}", "number.out_of_bounds"
