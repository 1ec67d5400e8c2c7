"""Changing direction while nothing is proven: buttons in the forms of sign-in, sign-up and recovery."""

from collections.abc import Mapping

import msgspec

from limen.access.journeys.context import StepContext
from limen.access.journeys.records import Draft, Path
from limen.access.journeys.views import Problem, Progress

_TURNS = {path.value: path for path in Path}


def turned(context: StepContext, form: Mapping[str, str]) -> Progress | None:
    """Return the progress of a turn, if the form asks for one."""
    state, path = context.journey.state, _TURNS.get(form.get("intent", ""))
    if path is None:
        return None
    if path is Path.SIGN_UP and not context.parts.desk.tenant.settings.sign_up_open:
        return Progress(state, problem=Problem(notice="error.invalid"))
    return Progress(msgspec.structs.replace(state, path=path, challenge=None, email="", draft=Draft()))
