"""Which rows go in: an address, a profile as the tenant's schema has it, a hash of a kind that can be checked."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import msgspec

from limen.access.factors.records import MOST_APPS
from limen.access.imports.records import Arrival, Refused
from limen.identity.credentials.legacy.records import OldHash, Trouble
from limen.identity.credentials.legacy.table import read
from limen.identity.customers.addresses import parse_email
from limen.identity.customers.records import Profile
from limen.identity.customers.validation import normalised, validate
from limen.identity.profiles.records import ProfileSettings
from limen.identity.profiles.values import beyond
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
    row: Arrival, settings: ProfileSettings, left_out: Counter[str], *, is_operator: bool = True
) -> Judged | list[Refused]:
    """Return what *row* holds, or everything that is wrong with it; count in *left_out* what is not carried over.

    Whoever is no operator writes those attributes only that administrators may write.
    """
    problems: dict[str, str] = {}
    known = settings.attributes
    attributes = {name: value for name, value in row.profile.attributes.items() if name in known}
    left_out.update(row.left_out)
    left_out.update(name for name in row.profile.attributes if name not in known)
    email = parse_email(row.profile.email)
    if isinstance(email, Refusal):
        problems["email"] = "email.invalid"
        email = ""
    profile = normalised(msgspec.structs.replace(row.profile, email=email, attributes=attributes))
    wrong = validate(profile, settings)
    if wrong is not None:
        problems |= wrong.fields
    if not is_operator:
        mine = beyond(settings, {}, profile.attributes, "administrator")
        problems |= {f"attributes.{name}": code for name, code in mine.items()}
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
