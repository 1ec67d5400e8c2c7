"""The names of what a signed-in customer may ask to change about their password and their addresses."""

from typing import Final

from limen.access.journeys.records import JourneyState

CHANGE_PASSWORD: Final = "change_password"
CHANGE_EMAIL: Final = "change_email"
ADD_EMAIL: Final = "add_email"
REMOVE_EMAIL: Final = "remove_email"
MAKE_PRIMARY: Final = "primary_email"
ADD_NUMBER: Final = "add_number"
REMOVE_NUMBER: Final = "remove_number"
FIRST_NUMBER: Final = "primary_number"
REMOVE_IDENTITY: Final = "remove_identity"
MERGE: Final = "merge_accounts"
CHANGE_USERNAME: Final = "change_username"
_PROVES: Final = frozenset({CHANGE_EMAIL, ADD_EMAIL})
PROVEN_FIRST: Final = frozenset({ADD_EMAIL, MERGE})
"""What waits until the address that is there is proven: it brings another that recovers the account too, by which
whoever knows a password to somebody else's address would keep a way in behind its owner (pre-hijacking).
"""
HARMLESS: Final = frozenset({"rename_passkey"})
"""What changes nothing that a thief would want: risk is not asked about it."""


def proves_address(state: JourneyState) -> bool:
    """Tell whether the code that is on its way proves an address for the account, not who is there."""
    return state.task.kind in _PROVES and bool(state.task.target) and state.task.target == state.email


def adds_address(state: JourneyState) -> bool:
    """Tell whether an address is to be typed and proven: another in the first place, or one more."""
    return state.task.kind in _PROVES
