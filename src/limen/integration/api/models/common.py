"""What all records share."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr

from limen.kernel.clock import Instant, to_datetime

Bool = StrictBool
Int = StrictInt
Str = StrictStr
Moment = Annotated[datetime, Field(description="RFC 3339, UTC.")]


class Sent(BaseModel):
    """A record that is sent to us: unknown members are refused, and no error repeats a value."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Shown(BaseModel):
    """A record that we answer with."""

    model_config = ConfigDict(frozen=True)


class Problem(Shown):
    """A problem document (RFC 9457)."""

    type: str = Field(examples=["about:blank"])
    title: str
    status: int
    code: str = Field(description="Stable; for programs.")
    request_id: str
    detail: str = ""
    errors: tuple[dict[str, str], ...] = Field(
        default=(),
        description="Where (`pointer` into the body, RFC 6901, or `parameter`) and what (`code`); "
        "of an attribute also which keyword of its schema is not met (`rule`).",
    )


def without_defaults(schema: dict[str, Any]) -> None:
    """Take the defaults out of a schema whose absent members mean "as it is"."""
    for member in schema.get("properties", {}).values():
        member.pop("default", None)


def moment(instant: Instant) -> datetime:
    """Return *instant* as it is shown."""
    return to_datetime(instant)
