"""Custom claims: what a tenant and its clients add to tokens, by rules, each for whom its condition holds.

Where no rule applies, nothing is looked up and nothing is unsealed, so that tokens without custom claims cost nothing
more. Rules are told in :mod:`limen.identity.tenants.claims`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from limen.access.clients.records import Client, ClientDocument
from limen.access.tokens.desk import Desk
from limen.identity.customers.records import Profile
from limen.identity.profiles.records import ProfileSettings
from limen.identity.profiles.schema import KEYWORD
from limen.identity.profiles.values import brought_up
from limen.identity.tenants.claims import OF_CUSTOMER, TEXTS, ClaimRule, Target, compiled
from limen.identity.tenants.expressions import Facts


@dataclass(frozen=True, slots=True)
class ClaimsAsked:
    """For what claims are asked. ``profile`` is None where the client speaks for itself, or none was needed."""

    client_id: str
    document: ClientDocument
    scopes: tuple[str, ...]
    target: Target
    profile: Profile | None = None


class ClaimPolicy:
    """Decides which claims are added: the tenant's rules, then the client's, which win."""

    __slots__ = ("_rules",)

    def __init__(self, rules: Sequence[ClaimRule]) -> None:
        """Apply the tenant's *rules*."""
        self._rules = tuple(rules)

    def needs_profile(self, asked: ClaimsAsked) -> bool:
        """Tell whether a rule that may apply reads the profile."""
        return any(rule.source in {"profile", "attribute"} or _asks(rule) for rule in self._applying(asked))

    def claims(self, asked: ClaimsAsked) -> Mapping[str, Any]:
        """Return the claims to add; an empty member of a profile gives none."""
        applying = self._applying(asked)
        if any(rule.when for rule in applying):
            facts = _facts(asked)
            applying = [rule for rule in applying if not rule.when or compiled(rule.when).holds(facts)]
        found = {rule.claim: _value(rule, asked) for rule in applying}
        return {name: value for name, value in found.items() if value is not None}

    def _applying(self, asked: ClaimsAsked) -> list[ClaimRule]:
        rules = self._rules + asked.document.claims
        return [rule for rule in rules if asked.target in rule.into and (not rule.scope or rule.scope in asked.scopes)]


async def custom_claims(
    desk: Desk, client: Client, scopes: tuple[str, ...], target: Target, subject: str = ""
) -> Mapping[str, Any]:
    """Return the claims to add to *target*. *subject* is the customer's public subject; empty for a client's own."""
    settings, document = desk.tenant.settings, client.document
    if not (document.claims or settings.claims or settings.profile.attributes):
        return {}
    policy = ClaimPolicy((*released(settings.profile), *settings.claims))
    asked = ClaimsAsked(client.client_id, document, scopes, target)
    if subject and policy.needs_profile(asked):
        sealed = await desk.hot.customer(subject)
        customer = await desk.unseal(sealed) if sealed is not None else None
        profile = _current(desk, customer.profile) if customer is not None else None
        asked = ClaimsAsked(client.client_id, document, scopes, target, profile)
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


def _asks(rule: ClaimRule) -> bool:
    """Tell whether the condition of *rule* asks for something of the customer."""
    return bool(rule.when) and not OF_CUSTOMER.keys().isdisjoint(compiled(rule.when).reads)


def _facts(asked: ClaimsAsked) -> Facts:
    """Return what conditions may ask. A member of a profile that is empty is not known, nor is an address unproven."""
    known: dict[str, Any] = {"client": asked.client_id, "into": asked.target}
    profile = asked.profile
    if profile is None:
        return known
    known |= {name: value for name in TEXTS if (value := getattr(profile, name))}
    known |= {f"attributes.{name}": value for name, value in profile.attributes.items()}
    if profile.email_verified:
        known |= {"email": profile.email.lower(), "email_domain": profile.email.rpartition("@")[2].lower()}
    if profile.address is not None and profile.address.country:
        known["country"] = profile.address.country
    return known


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
