"""The names of what a signed-in customer may ask to change about their password and their address."""

from typing import Final

from limen.access.journeys.records import JourneyState

CHANGE_PASSWORD: Final = "change_password"
CHANGE_EMAIL: Final = "change_email"


def proves_address(state: JourneyState) -> bool:
    """Tell whether the code that is on its way proves another address for the account, not who is there."""
    return state.task.kind == CHANGE_EMAIL and bool(state.task.target) and state.task.target == state.email
