"""Audit records, as administrators see them."""

from typing import Any

from pydantic import Field

from limen.identity.audit.reading import Line, Personal
from limen.integration.api.models.common import Moment, Shown, moment
from limen.kernel.events import Outcome


class AuditRecordShown(Shown):
    """One record of the audit log. `segment` and `seq` say where it stands in its chain."""

    segment: str
    seq: int
    at: Moment
    event: str
    outcome: Outcome
    actor: str = Field(description="Who did it: `customer:…`, `client:…`, `admin:…` or `system`.")
    subject: str = Field(description="Whose data it concerns, or empty.")
    client: str = Field(description="The `client_id` that it came through, or empty.")
    reason: str = Field(description="The code of a refusal, or empty.")
    request_id: str
    data: dict[str, Any]
    hash: str = Field(description="Hexadecimal; what the next record of the segment is chained to.")
    personal_state: Personal = Field(
        description="`none`: it has no personal part. `sealed`: it has one. `open`: here it is. `erased`: the key of "
        "whom it concerns is destroyed. `unreadable`: it was changed."
    )
    personal: dict[str, str] = Field(description="The personal part, where it was asked for: address, user agent, ….")


class AuditPage(Shown):
    """A page of the audit log, newest first."""

    items: list[AuditRecordShown]
    next: str | None = Field(description="The next page, or null at the end. A page may be short and have a next one.")


def shown(line: Line) -> AuditRecordShown:
    """Return *line* as it is shown."""
    said, record = line.said, line.record
    return AuditRecordShown(
        segment=record.segment_id,
        seq=record.seq,
        at=moment(record.at),
        event=record.event,
        outcome=said.get("outcome", Outcome.SUCCESS),
        actor=said.get("actor", ""),
        subject=record.subject,
        client=said.get("client", ""),
        reason=said.get("reason", ""),
        request_id=said.get("request_id", ""),
        data=said.get("data") or {},
        hash=record.hash.hex(),
        personal_state=line.state,
        personal=dict(line.personal),
    )
