"""FAPI 2.0 Message Signing (final), §5.3 and §5.4: what was asked and what is answered can both be proven later.

It is the Security Profile, and more. The times and the audience that §5.3.1 asks of request objects are checked where
those are read.
"""

from typing import Final

from limen.access.oauth.draft import Draft
from limen.access.oauth.profiles import fapi2_security
from limen.access.oauth.profiles.rule import Rule


def signed(draft: Draft) -> str | None:
    """The request is a signed request object."""
    if draft.way.is_signed:
        return None
    return "a signed request object is required (FAPI 2.0 Message Signing section 5.3.1)"


def answered_signed(draft: Draft) -> str | None:
    """The answer is a signed JWT."""
    if draft.request.response_mode.endswith(".jwt"):
        return None
    return "response_mode jwt is required (FAPI 2.0 Message Signing section 5.4.1)"


RULES: Final[tuple[Rule, ...]] = (*fapi2_security.RULES, signed, answered_signed)
