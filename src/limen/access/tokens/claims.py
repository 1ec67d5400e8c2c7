"""Custom claims: what a tenant and its clients add to tokens.

:class:`ClaimPolicy` is the place for it. The one that is joined reads declarative rules
(:class:`~limen.identity.tenants.claims.ClaimRule`): data, in which nothing is evaluated. Where no rule applies, nothing
is looked up and nothing is unsealed, so that tokens without custom claims cost nothing more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from limen.access.clients.records import ClientDocument
from limen.access.tokens.desk import Desk
from limen.identity.customers.records import Profile
from limen.identity.profiles.records import ProfileSettings
from limen.identity.profiles.schema import KEYWORD
from limen.identity.profiles.values import brought_up
from limen.identity.tenants.claims import ClaimRule, Target


@dataclass(frozen=True, slots=True)
class ClaimsAsked:
    """For what claims are asked. ``profile`` is None where the client speaks for itself, or none was needed."""

    document: ClientDocument
    scopes: tuple[str, ...]
    target: Target
    profile: Profile | None = None


class ClaimPolicy(Protocol):
    """Decides which claims are added. What it answers may hold no reserved name."""

    def needs_profile(self, asked: ClaimsAsked) -> bool:
        """Tell whether the profile has to be unsealed for an answer."""
        ...

    def claims(self, asked: ClaimsAsked) -> Mapping[str, Any]:
        """Return the claims to add."""
        ...


class DeclaredClaims:
    """A :class:`ClaimPolicy` of rules: the tenant's, then the client's, which win."""

    __slots__ = ("_rules",)

    def __init__(self, rules: Sequence[ClaimRule]) -> None:
        """Apply the tenant's *rules*."""
        self._rules = tuple(rules)

    def needs_profile(self, asked: ClaimsAsked) -> bool:
        """Tell whether a rule that applies reads the profile."""
        return any(rule.source in {"profile", "attribute"} for rule in self._applying(asked))

    def claims(self, asked: ClaimsAsked) -> Mapping[str, Any]:
        """Return the claims to add; an empty member of a profile gives none."""
        found = {rule.claim: _value(rule, asked) for rule in self._applying(asked)}
        return {name: value for name, value in found.items() if value is not None}

    def _applying(self, asked: ClaimsAsked) -> list[ClaimRule]:
        rules = self._rules + asked.document.claims
        return [rule for rule in rules if asked.target in rule.into and (not rule.scope or rule.scope in asked.scopes)]


async def custom_claims(
    desk: Desk, document: ClientDocument, scopes: tuple[str, ...], target: Target, subject: str = ""
) -> Mapping[str, Any]:
    """Return the claims to add to *target*. *subject* is the customer's public subject; empty for a client's own."""
    settings = desk.tenant.settings
    if not (document.claims or settings.claims or settings.profile.attributes):
        return {}
    policy: ClaimPolicy = DeclaredClaims((*released(settings.profile), *settings.claims))
    asked = ClaimsAsked(document, scopes, target)
    if subject and policy.needs_profile(asked):
        sealed = await desk.hot.customer(subject)
        customer = await desk.unseal(sealed) if sealed is not None else None
        profile = _current(desk, customer.profile) if customer is not None else None
        asked = ClaimsAsked(document, scopes, target, profile)
    return policy.claims(asked)


def released(settings: ProfileSettings) -> tuple[ClaimRule, ...]:
    """Return the rules that the annotations of attributes are: each to those who were granted its scope."""
    scopes = {name: schema.get(KEYWORD, {}).get("scope", "") for name, schema in settings.attributes.items()}
    return tuple(
        ClaimRule(claim=name, source="attribute", field=name, scope=scope) for name, scope in scopes.items() if scope
    )


def _current(desk: Desk, profile: Profile) -> Profile:
    """Return *profile* with its attributes as the schema has them now."""
    attributes = brought_up(desk.tenant.settings.profile, profile.attributes)
    return msgspec.structs.replace(profile, attributes=attributes)


def _value(rule: ClaimRule, asked: ClaimsAsked) -> Any:
    if rule.source == "constant":
        return rule.value
    if rule.source == "scopes":
        return list(asked.scopes)
    if asked.profile is None:
        return None
    if rule.source == "attribute":
        return asked.profile.attributes.get(rule.field)
    value = getattr(asked.profile, rule.field)
    return None if value == "" else msgspec.to_builtins(value)
