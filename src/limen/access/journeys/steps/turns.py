"""Changing direction while nothing is proven: buttons in the forms of sign-in, sign-up and recovery."""

from collections.abc import Mapping

import msgspec

from limen.access.journeys.records import JourneyState, Path
from limen.access.journeys.views import Progress

_TURNS = {path.value: path for path in Path}


def turned(state: JourneyState, form: Mapping[str, str]) -> Progress | None:
    """Return the progress of a turn, if the form asks for one."""
    path = _TURNS.get(form.get("intent", ""))
    if path is None:
        return None
    return Progress(msgspec.structs.replace(state, path=path, challenge=None, email=""))
