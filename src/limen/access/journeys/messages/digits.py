"""Codes of digits, as people type them."""

import unicodedata

_LONGEST = 64


def ascii_digits(text: str) -> str:
    """Return the digits of *text* in ASCII: codes are typed with spaces, and in the reader's own numerals."""
    if text.isascii():
        return "".join(filter(str.isdigit, text[:_LONGEST]))
    found = [unicodedata.digit(mark, None) for mark in text[:_LONGEST]]
    return "".join(str(digit) for digit in found if digit is not None)
