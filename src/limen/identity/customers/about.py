"""What the rarer standard claims may hold (OpenID Connect Core §5.1): addresses, a gender, a day of birth."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import msgspec

from limen.identity.customers.birthdates import birthdate_of
from limen.identity.customers.records import Address, Profile
from limen.identity.profiles.claims import ADDRESS, LINES, LONGEST_GENDER, LONGEST_URL

URLS: Final = ("profile", "picture", "website")
_NOT_IN_URLS: Final = re.compile(r"[\s<>\"\\^`{|}]")
"""RFC 3986 §2: none of these stands in a URI."""
_BIDI: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Overrides that let a text rewrite the line it stands in; joiners, which many scripts need, are not among them."""
_UNSEEN: Final = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})


def is_shown(text: str) -> bool:
    """Tell whether every sign of *text* can stand in a line."""
    if text.isascii() and text.isprintable():
        return True
    return all(sign not in _BIDI and unicodedata.category(sign) not in _UNSEEN for sign in text)


def tidied(profile: Profile) -> Profile:
    """Return *profile* with these claims in NFC and without white space around them; an empty address is none.

    What is far too long stays as it is, for :func:`problems` to refuse.
    """
    if not _says_any(profile):
        return profile
    texts = {name: getattr(profile, name).strip() for name in (*URLS, "birthdate")}
    gender = _tidy(profile.gender, LONGEST_GENDER)
    return msgspec.structs.replace(profile, **texts, gender=gender, address=_address(profile.address))


def problems(profile: Profile) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with these claims: where, and a message key."""
    if not _says_any(profile):
        return
    for field in URLS:
        text = getattr(profile, field)
        if text and not is_url(text):
            yield field, "url.invalid"
    if len(profile.gender) > LONGEST_GENDER or not is_shown(profile.gender):
        yield "gender", "text.invalid"
    if profile.birthdate and birthdate_of(profile.birthdate) is None:
        yield "birthdate", "birthdate.invalid"
    for field, longest in ADDRESS.items() if profile.address else ():
        text = getattr(profile.address, field)
        lines = text.split("\n") if field in LINES else [text]
        if len(text) > longest or not all(map(is_shown, lines)):
            yield f"address.{field}", "text.invalid"


def _says_any(profile: Profile) -> bool:
    """Tell whether *profile* has any of these claims: few do, and an import asks of every row."""
    links = profile.profile or profile.picture or profile.website
    return bool(links or profile.gender or profile.birthdate or profile.address)


def is_url(text: str) -> bool:
    """Tell whether *text* is a web address that leads somewhere from everywhere: http or https, with a host."""
    if len(text) > LONGEST_URL or _NOT_IN_URLS.search(text) or not is_shown(text):
        return False
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for what is no number
    except ValueError:
        return False
    is_plain = parts.username is None and parts.password is None  # nobody's credentials are told to others
    return parts.scheme in {"https", "http"} and bool(parts.hostname) and is_plain


def _address(address: Address | None) -> Address | None:
    if address is None:
        return None
    made = Address(**{name: _tidy(getattr(address, name), longest) for name, longest in ADDRESS.items()})
    return made if made != Address() else None


def _tidy(text: str, longest: int) -> str:
    if len(text) > 2 * longest:  # normalising costs the square of a run of marks
        return text
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
