"""What a page is asked to tell of its browser and of the one who uses it, and what a form brings of that."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from limen.access.journeys.context import StepContext
from limen.trust.risk.manner import asked_of_page, manner_of

FIELD: Final = "manner"


def manner_data(context: StepContext) -> dict[str, Any]:
    """Return what a form shows of it: what is asked for, and the salt to hash with; or that nothing is."""
    judge = context.parts.judge
    return {FIELD: asked_of_page(judge.settings, judge.present)}


def with_manner(context: StepContext, form: Mapping[str, str]) -> StepContext:
    """Return *context* with a journey that knows what *form* tells, where anything is asked for."""
    judge, state = context.parts.judge, context.journey.state
    if asked_of_page(judge.settings, judge.present) is None:
        return context
    told = manner_of(form.get(FIELD, ""))
    context.parts.count_guard("told" if told else "silent", FIELD)
    if not told or told == state.manner:
        return context
    journey = msgspec.structs.replace(context.journey, state=msgspec.structs.replace(state, manner=told))
    return msgspec.structs.replace(context, journey=journey)
