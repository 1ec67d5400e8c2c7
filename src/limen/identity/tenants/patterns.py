"""Patterns of fraud that a tenant describes: a condition over what one sign-in or sign-up shows, and what follows."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Final, Literal

import msgspec

from limen.identity.tenants.expressions import LONGEST, BadExpression, Condition, Type, condition
from limen.kernel.encoding import sha256

Action = Literal["allow", "notify", "challenge", "deny"]
Mode = Literal["on", "shadow", "off"]
MOST: Final = 50
_NAME: Final = "^[a-z0-9][a-z0-9-]{0,39}$"
FACTS: Final[Mapping[str, Type]] = {
    "action": "text",
    "address": "text",
    "agent": "text",
    "country": "text",
    "network": "text",
    "listed": "truth",
    "anonymiser": "truth",
    "hosting": "truth",
    "tool": "truth",
    "signed_agent": "text",
    "attack": "truth",
    "hour": "number",
    "failures_address": "number",
    "failures_network": "number",
    "failures_account": "number",
    "sign_ups_address": "number",
    "sign_ups_network": "number",
    "sign_ups_device": "number",
    "sign_ups_fingerprint": "number",
    "driven": "truth",
    "family": "number",
    "siblings": "number",
    "email_domain": "text",
    "disposable": "truth",
    "undeliverable": "truth",
    "look_alike": "truth",
    "seconds": "number",
    "score": "number",
}
"""What a condition may ask, and of which type it is; the guide says what each means."""


class PatternRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One pattern.

    Attributes:
        name: in records and metrics.
        when: a condition over facts, in a part of CEL; the guide lists both.
        then: ``allow`` asks no other rule, ``notify`` puts it on record, ``challenge`` asks for a proof of work and
            doubts, ``deny`` refuses before anything is hashed.
        mode: ``shadow`` records what would have been done.
    """

    name: Annotated[str, msgspec.Meta(extra_json_schema={"pattern": _NAME, "maxLength": 40})]
    when: Annotated[str, msgspec.Meta(extra_json_schema={"minLength": 1, "maxLength": LONGEST})]
    then: Action
    mode: Mode = "on"

    @property
    def version(self) -> str:
        """Return what names these words and no others: the beginning of their hash."""
        return sha256(f"{self.when}\n{self.then}".encode()).hex()[:8]


class PatternSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which patterns of fraud are looked for at sign-in and sign-up, at devices that are not known.

    Attributes:
        shipped: whether those that come with Limen count.
        rules: the tenant's own, asked first and in their order; one that is called as a shipped one takes its place.
    """

    shipped: Mode = "on"
    rules: Annotated[tuple[PatternRule, ...], msgspec.Meta(extra_json_schema={"maxItems": MOST})] = ()


@lru_cache(maxsize=1_024)
def compiled(when: str) -> Condition:
    """Return the condition of a rule.

    Raises:
        BadExpression: it is none.
    """
    return condition(when, FACTS)


def problems_of(settings: PatternSettings, field: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, as field and code; that of a condition says where in it."""
    if len(settings.rules) > MOST:
        yield f"{field}.rules", "list.too_long"
    seen: set[str] = set()
    for index, rule in enumerate(settings.rules[:MOST]):
        place = f"{field}.rules.{index}"
        if not _is_name(rule.name) or rule.name in seen:
            yield f"{place}.name", "pattern.name_invalid"
        seen.add(rule.name)
        try:
            compiled(rule.when)
        except BadExpression as error:
            yield f"{place}.when", f"pattern.condition_invalid: {error}"


def _is_name(name: str) -> bool:
    plain = name.replace("-", "")
    return 0 < len(name) <= 40 and name[0] != "-" and plain.isascii() and plain.isalnum() and plain == plain.lower()
