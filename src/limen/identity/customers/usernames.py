"""User names: the PRECIS profile *UsernameCaseMapped* (RFC 8265 §3.3), and a shape that is no other identifier's."""

from typing import Final

import precis_i18n

from limen.identity.customers.scripts import is_mixed
from limen.kernel.errors import Invalid

SHORTEST: Final = 3
LONGEST: Final = 40
_profile = precis_i18n.get_profile("UsernameCaseMapped")


def parse_username(text: str) -> str | Invalid:
    """Return the name as it is kept and looked up: width and case mapped, NFC.

    Refused beyond what the profile refuses (spaces, control characters, what is unassigned or mixes directions): an
    ``@``, a ``+`` at the beginning, a name without a letter, one that the profile would change again, which some code
    points do (RFC 8264 §7), and one that mixes scripts, which could look like somebody else's.
    """
    text = text.strip()
    if not SHORTEST <= len(text) <= LONGEST:  # first: normalising costs the square of a run of marks
        return _invalid("username.length")
    try:
        name = _profile.enforce(text)
        is_stable = _profile.enforce(name) == name
    except UnicodeEncodeError:  # how the library says "disallowed"; its message quotes the name
        return _invalid("username.invalid")
    if not SHORTEST <= len(name) <= LONGEST:
        return _invalid("username.length")
    if not is_stable or "@" in name or name.startswith("+") or not any(mark.isalpha() for mark in name):
        return _invalid("username.invalid")
    return _invalid("username.mixed") if is_mixed(name) else name


def allowed_username(typed: str, rule: str) -> str | Invalid:
    """Return the name as it is kept, empty for none, where the tenant's *rule* for user names lets somebody have it."""
    if not typed.strip():
        return _invalid("username.required", "required") if rule == "required" else ""
    return _invalid("username.off", "switched off") if rule == "off" else parse_username(typed)


def _invalid(problem: str, detail: str = "not a user name") -> Invalid:
    return Invalid("invalid_username", detail, {"username": problem})
