"""E-mail addresses: parsed once, normalised once (security, *Parsers*)."""

import re
import unicodedata
from functools import cache

from limen.kernel.errors import Invalid

MAX_LENGTH = 254
"""RFC 5321 §4.5.3.1.3, less the angle brackets."""

_PLAIN = re.compile(
    r"(?P<local>[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*)"
    r"@(?P<domain>(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?P<top>[A-Za-z]{2,63}))"
)
"""Addresses of which every parser thinks the same; the others are looked at closely, which costs ten times as much."""
_LONGEST_LOCAL, _LONGEST_DOMAIN = 64, 253


def parse_email(text: str) -> str | Invalid:
    """Return the address as it is stored and looked up: NFKC, case folded, the domain in ASCII.

    Folding the local part goes beyond RFC 5321 §2.4, as every large mailbox provider does: two customers must not
    differ by case. A character that only looks like ``@`` is refused, because NFKC would turn it into one.
    """
    text = text.strip()
    if len(text) > MAX_LENGTH or not text.isprintable():  # first: normalising costs the square of a run of marks
        return _refused()
    plain = _PLAIN.fullmatch(text)
    if plain is not None and _is_ordinary(plain):
        return text.lower()
    folded = unicodedata.normalize("NFKC", text)
    if folded.count("@") != text.count("@"):
        return _refused()
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - its patterns take a start's fiftieth

    try:
        parsed = validate_email(folded, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return _refused()
    local, domain = parsed.local_part.casefold(), parsed.ascii_domain
    if not domain or len(local) + len(domain) + 1 > MAX_LENGTH:
        return _refused()
    return f"{local}@{domain.lower()}"


def _refused() -> Invalid:
    return Invalid("invalid_email", "not an address", {"email": "email.invalid"})


def _is_ordinary(plain: re.Match[str]) -> bool:
    """Tell whether an address of plain letters has nothing about it that a rule speaks of."""
    domain = plain["domain"]
    return (
        len(plain["local"]) <= _LONGEST_LOCAL
        and len(domain) <= _LONGEST_DOMAIN
        and "--" not in domain
        and plain["top"].lower() not in _special_tops()
    )


@cache
def _special_tops() -> frozenset[str]:
    from email_validator import SPECIAL_USE_DOMAIN_NAMES  # noqa: PLC0415 - as above

    return frozenset(name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES)
