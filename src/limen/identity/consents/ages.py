"""Whether a customer has the age that a purpose asks for: by the date of birth in their profile, else by what they say.

A date is ``YYYY-MM-DD``, a year alone, or a day without a year (``0000-MM-DD``), as OpenID Connect Core §5.1 has it.
What it leaves open is not guessed: then the statement counts, and stands in the ledger as what it is.
"""

from typing import Final

from limen.identity.customers.birthdates import birthdate_of
from limen.kernel.clock import Instant, to_datetime

BIRTHDATE: Final = "birthdate"
"""That the profile decided."""
DECLARED: Final = "declared"
"""That the customer said so, and nothing else did."""


def has_reached(birthdate: str, years: int, now: Instant) -> bool | None:
    """Tell whether somebody who was born on *birthdate* has reached an age; None where the date does not say.

    Days are those of UTC; who was born on 29 February reaches an age on 1 March where there is no such day.
    """
    born, today = birthdate_of(birthdate), to_datetime(now).date()
    if born is None or not born.year:
        return None
    if not born.month:  # the year alone: certain before it, and after it
        return None if today.year - born.year == years else today.year - born.year > years
    return (today.year - born.year, today.month, today.day) >= (years, born.month, born.day)
