"""An audit record as formats see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from limen.kernel.clock import Instant


@dataclass(frozen=True, slots=True)
class Fact:
    """An audit record as formats see it: where it stands, what it says, and whom it is of."""

    tenant: str
    issuer: str
    segment: str
    seq: int
    at: Instant
    event: str
    said: Mapping[str, Any]
    personal: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Return what is the same each time the record is sent, by which a receiver tells a repetition."""
        return f"{self.segment}:{self.seq}"

    @property
    def is_refused(self) -> bool:
        """Tell whether what was tried was not done."""
        return self.said.get("outcome") == "refused"

    def text(self, name: str) -> str:
        """Return an open field as text."""
        return str(self.said.get(name) or "")
