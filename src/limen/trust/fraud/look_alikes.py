"""Domains that look like a well-known mail provider's: written with other letters, or mistyped.

A mistake of the fingers is a customer's as often as not, so that it is worth little; letters of another script that
look like ours are nobody's mistake. Tables here are short on purpose: what is read alike at a glance, and who carries
most of the world's mail.
"""

import unicodedata
from functools import lru_cache
from typing import Final, Literal

Likeness = Literal["", "mistyped", "imitated"]
_NAMES: Final = (
    *("gmail", "googlemail", "outlook", "hotmail", "yahoo", "ymail", "icloud", "protonmail", "fastmail", "yandex"),
    *("comcast", "t-online", "libero", "orange", "wanadoo", "rediffmail"),
)
"""Names of providers below which they have many domains of their own (``hotmail.fr``)."""
WELL_KNOWN: Final = frozenset(
    {
        *("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "ymail.com"),
        *("icloud.com", "me.com", "mac.com", "aol.com", "proton.me", "protonmail.com", "fastmail.com", "mail.com"),
        *("gmx.de", "gmx.net", "gmx.com", "gmx.at", "gmx.ch", "web.de", "t-online.de", "yandex.ru", "yandex.com"),
        *("mail.ru", "orange.fr", "wanadoo.fr", "free.fr", "libero.it", "comcast.net", "qq.com", "163.com"),
        *("rediffmail.com", "zoho.com", "email.com"),
    }
)
_MISTYPED_TOPS: Final = frozenset({"con", "cpm", "cmo", "ocm", "vom", "xom", "comm", "coom", "om", "cm"})
_SHORTEST: Final = 5
"""Shorter names are one letter away from too many others."""
_CYRILLIC: Final = str.maketrans(
    "\u0430\u0441\u0501\u0435\u04bb\u0456\u0458\u043a\u04cf\u043c"
    "\u043e\u0440\u051b\u0455\u0442\u0475\u051d\u0445\u0443\u0433",
    "acdehijklmopqstvwxyr",
)
_GREEK: Final = str.maketrans("\u03b1\u03b5\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7", "aeikvoptux")
_LATIN: Final = str.maketrans("\u0131\u0269\u0142\u00f8\u0111\u0261\u029f015", "iilodglols")
_ALIKE: Final = {**_CYRILLIC, **_GREEK, **_LATIN}
"""Letters of other scripts, and figures, to the Latin letter that they are read as."""
_PAIRS: Final = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("i", "l"))


@lru_cache(4_096)
def likeness_of(domain: str) -> Likeness:
    """Tell how *domain* (ASCII, as it is stored) resembles a well-known one that it is not."""
    name, _, top = domain.rpartition(".")
    if domain in WELL_KNOWN or not name:
        return ""
    if _skeleton(_read(domain)) in _SKELETONS:
        return "imitated"
    if name in _NAMES:
        return "mistyped" if top in _MISTYPED_TOPS else ""
    is_near = any(
        len(known) >= _SHORTEST and is_one_off(name, known)
        for known, _, known_top in (one.rpartition(".") for one in WELL_KNOWN)
        if top == known_top
    )
    return "mistyped" if is_near else ""


def _read(domain: str) -> str:
    """Return a domain as it is shown: labels in Punycode decoded (RFC 5891)."""
    labels = []
    for label in domain.split("."):
        try:
            labels.append(label[4:].encode().decode("punycode") if label.startswith("xn--") else label)
        except UnicodeError:
            labels.append(label)
    return ".".join(labels)


def _skeleton(text: str) -> str:
    """Return what a domain is read as at a glance."""
    plain = "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))
    plain = plain.translate(_ALIKE)
    for pair, mark in _PAIRS:
        plain = plain.replace(pair, mark)
    return plain


_SKELETONS: Final = frozenset(_skeleton(one) for one in WELL_KNOWN)


def is_one_off(typed: str, meant: str) -> bool:
    """Tell whether one slip leads from *meant* to *typed*: a letter more, less, another, or two that changed places."""
    if typed == meant or abs(len(typed) - len(meant)) > 1:
        return False
    at = next((at for at, (one, other) in enumerate(zip(typed, meant, strict=False)) if one != other), None)
    if at is None:
        return True  # the last letter is missing, or doubled
    here, there = typed[at:], meant[at:]
    swapped = here[1:2] + here[:1] + here[2:]
    return here[1:] == there or here == there[1:] or here[1:] == there[1:] or (len(here) > 1 and swapped == there)
