"""Telephone numbers: parsed once, normalised to E.164 once; only those that a short message reaches.

The numbering plans are those of libphonenumber (``phonenumbers``). A message to a premium or shared-cost number, to a
satellite or another network that belongs to no country, costs whoever sends it a multiple, and part of it is paid out
to whoever holds the number: such numbers are refused here, before anybody asks what they cost.
"""

import unicodedata
from dataclasses import dataclass, field
from typing import Final

from limen.kernel.errors import Invalid

LONGEST_TYPED: Final = 40
_SHOWN_DIGITS: Final = 3
_FIELD: Final = "phone"


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A mobile number. ``e164`` begins with ``+``; ``country`` is ISO 3166-1 alpha-2."""

    e164: str = field(repr=False)
    country: str


def parse_phone(text: str, region: str) -> PhoneNumber | Invalid:
    """Return the number that was typed, in whichever digits; *region* is assumed where it names no country.

    Fixed lines are refused where a plan can tell them from mobile ones. So is what the plan does not hold.
    """
    import phonenumbers  # noqa: PLC0415  # 3 MB that only those who use it pay

    plain = _plain(text[: LONGEST_TYPED + 1])
    if len(text) > LONGEST_TYPED or not plain.isprintable():
        return _invalid("phone.invalid")
    try:
        number = phonenumbers.parse(plain, region or None)
    except phonenumbers.NumberParseException:
        return _invalid("phone.invalid")
    if number.extension or not phonenumbers.is_valid_number(number):
        return _invalid("phone.invalid")
    country = phonenumbers.region_code_for_number(number) or ""
    kinds = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
    if phonenumbers.number_type(number) not in kinds or len(country) != 2 or not country.isalpha():
        return _invalid("phone.not_mobile")
    return PhoneNumber(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), country)


def masked(e164: str) -> str:
    """Return a number as it is shown to its owner: its country's code and its last three digits."""
    import phonenumbers  # noqa: PLC0415

    try:
        code = str(phonenumbers.parse(e164, None).country_code)
    except phonenumbers.NumberParseException:
        code = ""
    return f"+{code} ••• {e164[-_SHOWN_DIGITS:]}"


def _plain(text: str) -> str:
    """Return *text* with its digits and signs in ASCII: of Arabic and all other scripts, of full width too.

    What only steers the direction of text is left out: address books copy it along.
    """
    folded = unicodedata.normalize("NFKC", text)
    digits = ((mark, unicodedata.digit(mark, None)) for mark in folded if unicodedata.category(mark) != "Cf")
    return "".join(mark if digit is None else str(digit) for mark, digit in digits).strip()


def _invalid(problem: str) -> Invalid:
    return Invalid("invalid_phone", "not a mobile number", {_FIELD: problem})
