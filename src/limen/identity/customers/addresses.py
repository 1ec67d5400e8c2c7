"""E-mail addresses: parsed once, normalised once (security, *Parsers*)."""

import unicodedata

from email_validator import EmailNotValidError, validate_email

from limen.kernel.errors import Invalid

MAX_LENGTH = 254
"""RFC 5321 §4.5.3.1.3, less the angle brackets."""


def parse_email(text: str) -> str | Invalid:
    """Return the address as it is stored and looked up: NFKC, case folded, the domain in ASCII.

    Folding the local part goes beyond RFC 5321 §2.4, as every large mailbox provider does: two customers must not
    differ by case. A character that only looks like ``@`` is refused, because NFKC would turn it into one.
    """
    refused = Invalid("invalid_email", "not an address", {"email": "email.invalid"})
    text = text.strip()
    if len(text) > MAX_LENGTH or not text.isprintable():  # first: normalising costs the square of a run of marks
        return refused
    folded = unicodedata.normalize("NFKC", text)
    if folded.count("@") != text.count("@"):
        return refused
    try:
        parsed = validate_email(folded, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return refused
    local, domain = parsed.local_part.casefold(), parsed.ascii_domain
    if not domain or len(local) + len(domain) + 1 > MAX_LENGTH:
        return refused
    return f"{local}@{domain.lower()}"
