"""What a form's page says of the browser that it is shown in."""

from collections.abc import Mapping

import msgspec

from limen.access.journeys.records import JourneyState


def noted(state: JourneyState, form: Mapping[str, str]) -> JourneyState:
    """Return *state*, knowing whether the browser could make a passkey. The page's script says so, and decides nothing.

    Who has no script is never sent to a page that does nothing without it.
    """
    if state.passkey.is_able or form.get("authenticator") != "yes":
        return state
    return msgspec.structs.replace(state, passkey=msgspec.structs.replace(state.passkey, is_able=True))
