"""What a way to prove a second factor is."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.owner import entry
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.views import Problem, Progress


def _nothing(_: StepContext) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Method:
    """A row: who has it, what its form shows, how it takes an answer.

    Attributes:
        name: of the method, and of the field that answers by it.
        is_held: whether the customer has it.
        answer: takes a form in which the field is filled in; tries are counted already.
        data: what its form shows beside that.
        begin: what happens when it is chosen (a message is sent), where anything does.
        resend: what happens when another message is asked for.
        is_bounded: whether tries of it are counted: whatever can be guessed.
    """

    name: str
    is_held: Callable[[Facts], bool]
    answer: Callable[[StepContext, Mapping[str, str]], Awaitable[Progress]]
    data: Callable[[StepContext], dict[str, Any]] = _nothing
    begin: Callable[[StepContext], Awaitable[Progress]] | None = None
    is_bounded: bool = True
    resend: Callable[[StepContext], Awaitable[Progress]] | None = None


def refusal(context: StepContext, field: str, error: str, authenticator: str = "") -> Progress:
    """Return the progress of a wrong answer in *field*: it is on record, and the step stands."""

    async def write(unit: JourneyUnit) -> Problem | None:
        unit.record(entry(context, "second_factor.refused", {"method": field}, "wrong_code"))
        return None

    return Progress(context.journey.state, write, Problem({field: error}), refused=authenticator or field)
