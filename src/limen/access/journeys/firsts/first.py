"""What a first factor is."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from limen.access.journeys.context import StepContext
from limen.access.journeys.views import Progress
from limen.identity.tenants.sign_in import SignInSettings


def _nothing(_: StepContext) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class First:
    """A row: whether the tenant has it on, and how it takes an answer.

    Nothing here may depend on an account: before the first proof everybody sees the same.

    Attributes:
        name: as in ``intent=use:<name>``, by which a form answers by it.
        is_on: whether the tenant offers it.
        answer: takes the form and the address that was typed, normalised; empty where it needs none.
        needs_address: whether an address has to be typed first.
        data: what its form shows beside that.
    """

    name: str
    is_on: Callable[[SignInSettings], bool]
    answer: Callable[[StepContext, str, Mapping[str, str]], Awaitable[Progress]]
    needs_address: bool = True
    data: Callable[[StepContext], dict[str, Any]] = _nothing
