"""Whether a customer has the age that a purpose asks for: by the date of birth in their profile, else by what they say.

A date is ``YYYY-MM-DD``, a year alone, or a day without a year (``0000-MM-DD``), as OpenID Connect Core §5.1 has it.
What it leaves open is not guessed: then the statement counts, and stands in the ledger as what it is.
"""

import re
from datetime import date
from typing import Final

from limen.kernel.clock import Instant, to_datetime

BIRTHDATE: Final = "birthdate"
"""That the profile decided."""
DECLARED: Final = "declared"
"""That the customer said so, and nothing else did."""
_DATE: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})-([0-9]{2}))?")


def has_reached(birthdate: str, years: int, now: Instant) -> bool | None:
    """Tell whether somebody who was born on *birthdate* has reached an age; None where the date does not say.

    Days are those of UTC; who was born on 29 February reaches an age on 1 March where there is no such day.
    """
    found = _DATE.fullmatch(birthdate)
    if found is None or not int(found[1]):
        return None
    born, today = int(found[1]), to_datetime(now).date()
    if found[2] is None:  # the year alone: certain before it, and after it
        return None if today.year - born == years else today.year - born > years
    month, day = int(found[2]), int(found[3])
    try:
        date(born, month, day)
    except ValueError:
        return None
    return (today.year - born, today.month, today.day) >= (years, month, day)
