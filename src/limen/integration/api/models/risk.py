"""What risk decided, and what it would have."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from pydantic import AwareDatetime, Field

from limen.identity.tenants.risk import THRESHOLDS, RiskSettings
from limen.integration.api.models.common import Int, Moment, Sent, Shown, Str, moment
from limen.integration.api.models.derived import sent_fields
from limen.kernel.clock import Instant
from limen.trust.risk.decide import OUTCOMES
from limen.trust.risk.replay import LADDER, USUAL, Newest, Replayed

_Threshold = Annotated[Int, Field(ge=0, le=1_000)]
_RULES: Any = sent_fields(RiskSettings)["rules"][0]


class ReasonShown(Shown):
    """Why."""

    name: str = Field(description="A stable name, for programs.")
    words: str = Field(description="In the language that was asked for.")


class DecisionShown(Shown):
    """A decision of risk."""

    at: Moment
    action: str
    client_id: str = Field(description="For which application; empty for the account page.")
    outcome: str = Field(description="`allow`, `notify`, `challenge`, `delay` or `deny`.")
    enforced: bool = Field(description="Whether that was done: not in the shadow.")
    probability: float = Field(description="How likely it is somebody else; of a sign-up, its points in thousands.")
    score: float = Field(description="What that rests on: a log-likelihood ratio; of a sign-up, its points.")
    reasons: list[ReasonShown] = Field(description="The gravest first.")
    model: str = Field(description="The version of the model that said so.")


class DecisionsShown(Shown):
    """The newest decisions of a customer, the newest first."""

    items: list[DecisionShown]
    is_whole: bool = Field(
        description="False where older records may hold more: `limit` was reached, or there are as many of the"
        " customer's as are looked through, 100,000 at the most."
    )


class WhatIfSent(Sent):
    """Thresholds to be tried on past decisions; what is absent is as it is now."""

    notify: _Threshold | None = None
    challenge: _Threshold | None = None
    delay: _Threshold | None = None
    deny: _Threshold | None = None
    rules: _RULES | None = Field(default=None, description="In place of the tenant's; absent for the tenant's own.")
    action: Literal["", "sign_in", "refresh", "recovery", "factor_change", "sign_up"] = Field(
        default="", description="This action alone; empty for all but sign-ups, whose thresholds are points."
    )
    client_id: Annotated[Str, Field(max_length=2_000)] | None = Field(
        default=None, description="Decisions for this application alone; empty for the account page."
    )
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    most: Annotated[Int, Field(ge=1, le=50_000, description="So many of the newest decisions.")] = USUAL

    @property
    def thresholds(self) -> dict[str, int]:
        """Return those that are to be tried."""
        return {name: getattr(self, name) for name in THRESHOLDS if getattr(self, name) is not None}

    def ruled(self, settings: RiskSettings) -> RiskSettings:
        """Return the settings with the rules that are to be tried."""
        if self.rules is None:
            return settings
        rules = [one.model_dump() for one in self.rules]
        return msgspec.convert({**msgspec.to_builtins(settings), "rules": rules}, RiskSettings)


class OutcomeShown(Shown):
    """How many decisions had, or would have, an outcome."""

    outcome: str
    would: int
    would_percent: float
    was: int


class ReachingShown(Shown):
    """How many decisions reach a threshold."""

    threshold: int = Field(description="In thousandths.")
    decisions: int
    percent: float


class WhatIfShown(Shown):
    """What would have been decided."""

    decisions: int
    outcomes: list[OutcomeShown]
    reaching: list[ReachingShown]
    customers_disturbed: int = Field(description="Customers who would have been challenged, delayed or denied.")
    oldest: Moment | None
    newest: Moment | None
    is_whole: bool = Field(description="False where there are older decisions than were read.")


def decisions_shown(newest: Newest, words: dict[str, str]) -> DecisionsShown:
    """Return the decisions as they are shown, with the *words* of each reason."""
    return DecisionsShown(
        items=[
            DecisionShown(
                at=moment(one.at),
                action=one.action,
                client_id=one.client,
                outcome=one.outcome,
                enforced=one.enforced,
                probability=one.probability,
                score=one.score,
                reasons=[ReasonShown(name=name, words=words[name]) for name in one.reasons],
                model=one.model,
            )
            for one in newest.made
        ],
        is_whole=newest.is_whole,
    )


def what_if_shown(found: Replayed) -> WhatIfShown:
    """Return a replay as it is shown."""
    return WhatIfShown(
        decisions=found.decisions,
        outcomes=[
            OutcomeShown(
                outcome=one, would=found.would[one], would_percent=found.share(found.would[one]), was=found.was[one]
            )
            for one in OUTCOMES
        ],
        reaching=[
            ReachingShown(threshold=one, decisions=found.reaching[one], percent=found.share(found.reaching[one]))
            for one in LADDER
        ],
        customers_disturbed=len(found.disturbed),
        oldest=_moment(found.oldest),
        newest=_moment(found.newest),
        is_whole=found.is_whole,
    )


def _moment(at: Instant) -> datetime | None:
    return moment(at) if at else None
