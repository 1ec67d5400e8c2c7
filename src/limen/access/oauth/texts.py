"""Free text in parameters."""

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def is_plain(text: str, longest: int) -> bool:
    """Tell whether *text* has at most *longest* characters and neither line ends nor other control characters."""
    return len(text) <= longest and (text.isprintable() or _CONTROL.search(text) is None)
