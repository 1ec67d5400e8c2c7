"""Which rows go in: an address, a profile as the tenant's schema has it, a hash of a kind that can be checked."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from limen.access.factors.records import MOST_APPS
from limen.access.imports.records import Arrival, Refused
from limen.identity.credentials.legacy.records import OldHash, Trouble
from limen.identity.credentials.legacy.table import read
from limen.identity.customers.addresses import parse_email
from limen.identity.customers.emails import MOST_EMAILS
from limen.identity.customers.identities import MOST_IDENTITIES, is_identity
from limen.identity.customers.numbers import MOST_PHONES
from limen.identity.customers.phones import parse_phone
from limen.identity.customers.records import Contact, Profile
from limen.identity.customers.usernames import parse_username
from limen.identity.customers.validation import normalised, validate
from limen.identity.profiles.values import beyond
from limen.identity.tenants.records import TenantSettings
from limen.kernel.errors import Refusal

LONGEST_EXTERNAL: Final = 256
"""Characters that the other system's identifier may have."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A row that may go in, parsed. ``kept`` is a password as it is stored, or a weak hash that is to be wrapped."""

    row: Arrival
    profile: Profile = field(repr=False)
    kept: str | OldHash = field(repr=False)


def judge(
    row: Arrival, tenant: TenantSettings, left_out: Counter[str], *, is_operator: bool = True
) -> Judged | list[Refused]:
    """Return what *row* holds, or everything that is wrong with it; count in *left_out* what is not carried over.

    Whoever is no operator writes what administrators may write, and nothing else.
    """
    problems: dict[str, str] = {}
    settings = tenant.profile
    attributes = _known(row, settings.attributes, left_out)
    email = parse_email(row.profile.email)
    if isinstance(email, Refusal):
        problems["email"] = "email.invalid"
        email = ""
    plain = row.profile
    if email != plain.email or len(attributes) < len(plain.attributes):
        plain = msgspec.structs.replace(plain, email=email, attributes=attributes)
    profile = _named(normalised(plain), tenant, problems, left_out)
    wrong = validate(profile, settings)
    if wrong is not None:
        problems |= wrong.fields
    if not is_operator:
        mine = beyond(settings, {}, profile.attributes, "administrator")
        problems |= {f"attributes.{name}": code for name, code in mine.items()}
        fixed = [name for name, said in settings.claims.items() if said.administrator != "write"]
        problems |= {name: "claim.not_yours" for name in fixed if getattr(profile, name)}
    if len(row.external_id) > LONGEST_EXTERNAL:
        problems["external_id"] = "text.too_long"
    elif not row.external_id.isprintable():
        problems["external_id"] = "text.invalid"
    if len(row.apps) > MOST_APPS:
        problems["totp"] = "list.too_long"
    kept: str | OldHash | Trouble = read(row.password_hash) if row.password_hash else ""
    if isinstance(kept, Trouble):
        problems["password_hash"] = kept.value
        kept = ""
    if problems:
        return [Refused(row.row, row.line, name[:64], code) for name, code in problems.items()]
    return Judged(row, profile, kept)


def _known(row: Arrival, known: Collection[str], left_out: Counter[str]) -> dict[str, Any]:
    """Return the attributes that the tenant knows; count what else the row has."""
    given = row.profile.attributes
    attributes = {name: value for name, value in given.items() if name in known}
    if row.left_out:
        left_out.update(row.left_out)
    if len(attributes) < len(given):
        left_out.update(name for name in given if name not in known)
    return attributes


def _named(profile: Profile, tenant: TenantSettings, problems: dict[str, str], left_out: Counter[str]) -> Profile:
    """Return *profile* with all that names its customer normalised; note what will not do, and what is not wanted."""
    if not (profile.username or profile.emails or profile.phones or profile.identities):
        return profile
    name = profile.username
    if name and tenant.sign_in.usernames == "off":
        left_out["username"] += 1
        name = ""
    parsed = parse_username(name) if name else ""
    if isinstance(parsed, Refusal):
        problems |= parsed.fields
        parsed = ""
    emails = _each(profile.emails, parse_email, "emails", problems)
    emails = tuple(one for one in emails if one.value != profile.email)
    phones = _each(profile.phones, lambda text: _e164(text, tenant.sms.home), "phones", problems)
    if not all(is_identity(one.issuer, one.subject) for one in profile.identities):
        problems["identities"] = "identity.invalid"
    counted = (("emails", emails, MOST_EMAILS), ("phones", phones, MOST_PHONES))
    for field_name, some, most in (*counted, ("identities", profile.identities, MOST_IDENTITIES)):
        if len(some) > most:
            problems[field_name] = "list.too_long"
    return msgspec.structs.replace(profile, username=parsed, emails=emails, phones=phones)


def _each(
    some: Sequence[Contact], parse: Callable[[str], str | Refusal], field_name: str, problems: dict[str, str]
) -> tuple[Contact, ...]:
    """Return contacts with their values parsed, each once."""
    values: dict[str, Contact] = {}
    for one in some:
        value = parse(one.value)
        if isinstance(value, Refusal):
            problems[field_name] = next(iter(value.fields.values()))
        else:
            values[value] = msgspec.structs.replace(one, value=value)
    return tuple(values.values())


def _e164(text: str, region: str) -> str | Refusal:
    number = parse_phone(text, region)
    return number if isinstance(number, Refusal) else number.e164
