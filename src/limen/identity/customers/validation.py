"""What a profile may hold, whoever writes it."""

import re
import unicodedata
from collections.abc import Iterator

import msgspec

from limen.identity.customers import about
from limen.identity.customers.records import Profile
from limen.identity.profiles.claims import LONGEST_NAME
from limen.identity.profiles.records import ProfileSettings
from limen.identity.profiles.schema import violations, wrong_attributes
from limen.kernel.errors import Invalid

CODE = "invalid_profile"
_NAMES = ("name", "given_name", "family_name", "middle_name", "nickname")
_LOCALE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,3}")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+\-]{0,31}(?:/[A-Za-z0-9_+\-]{1,31}){0,2}")


def normalised(profile: Profile) -> Profile:
    """Return *profile* with its names, and what else it says of a person, in NFC and without white space around them.

    A name that is far too long stays as it is, for :func:`validate` to refuse: normalising costs the square of a run of
    marks.
    """
    profile = about.tidied(profile)
    names: dict[str, str] = {field: getattr(profile, field) for field in _NAMES}
    if not [name for name in names.values() if not name.isascii() or name != name.strip()]:
        return profile
    short = {field: name for field, name in names.items() if len(name) <= 2 * LONGEST_NAME}
    return msgspec.structs.replace(
        profile, **{field: unicodedata.normalize("NFC", name).strip() for field, name in short.items()}
    )


def validate(
    profile: Profile, settings: ProfileSettings | None = None, before: Profile | None = None
) -> Invalid | None:
    """Return everything that is wrong with *profile* except its address, by field; None if nothing is.

    Without *settings* no attribute is known. An attribute that is what it was *before* is not looked at.
    """
    problems = dict(_problems(profile))
    old = before.attributes if before is not None else None
    wrong = wrong_attributes(settings or ProfileSettings(), profile.attributes, old) if profile.attributes else {}
    problems |= {f"attributes.{name}" if name else "attributes": key for name, key in wrong.items()}
    if not problems:
        return None
    broken = violations(settings, profile.attributes, old) if settings is not None and wrong else ()
    return Invalid(CODE, ", ".join(problems), problems, violations=broken)


def _problems(profile: Profile) -> Iterator[tuple[str, str]]:
    for field in _NAMES:
        text: str = getattr(profile, field)
        if len(text) > LONGEST_NAME or not about.is_shown(text):
            yield field, "name.invalid"
    if profile.locale and not _LOCALE.fullmatch(profile.locale):
        yield "locale", "locale.invalid"
    if profile.zoneinfo and not _ZONE.fullmatch(profile.zoneinfo):
        yield "zoneinfo", "zoneinfo.invalid"
    yield from about.problems(profile)
