"""Free text in parameters."""

import re

LONGEST_HINT = 320
LONGEST_LIST = 512
_LOCALE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,6}")  # RFC 5646 §2.1, roughly
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def is_plain(text: str, longest: int) -> bool:
    """Tell whether *text* has at most *longest* characters and neither line ends nor other control characters."""
    return len(text) <= longest and (text.isprintable() or _CONTROL.search(text) is None)


def locales_in(text: str) -> tuple[str, ...]:
    """Return the languages in a list; one that is none must not be an error (OpenID Connect Core §3.1.2.1)."""
    return tuple(dict.fromkeys(one for one in text.split() if _LOCALE.fullmatch(one)))
