"""Patterns of fraud, tried on what happened."""

from typing import TYPE_CHECKING, Annotated

from pydantic import AwareDatetime, Field, create_model

from limen.identity.tenants.patterns import MOST, PatternRule
from limen.integration.api.models.common import Int, Sent, Shown
from limen.integration.api.models.derived import sent_fields
from limen.trust.fraud.trying import MOST as MOST_RECORDS
from limen.trust.fraud.trying import Tried

if TYPE_CHECKING:  # a type checker cannot see what is made from the records
    RuleModel = Sent
else:
    RuleModel = create_model("TriedRule", __base__=Sent, __doc__=PatternRule.__doc__, **sent_fields(PatternRule))


class PatternTrial(Sent):
    """Which rules are tried, and on what."""

    rules: Annotated[tuple[RuleModel, ...], Field(max_length=MOST)] | None = Field(
        None, description="Absent: those in force, with those that come with Limen."
    )
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    most: Annotated[Int, Field(ge=1, le=MOST_RECORDS, description="Records at the most, the newest.")] = 2_000


class RuleTried(Shown):
    """What a rule would have held for; known devices are not told apart, though nothing is asked of them."""

    name: str
    version: str
    then: str
    sign_ins: int = Field(description="Sign-ins that came to a session.")
    failures: int = Field(description="Sign-ins that failed.")
    sign_ups: int = Field(description="Sign-ups that came to an account.")
    undecided: int = Field(description="What the log does not say enough about.")


class PatternsTried(Shown):
    """What rules say of the log."""

    looked_at: int
    unreadable: int = Field(description="Records whose personal part is erased, or was sealed for a journey.")
    rules: list[RuleTried]


def shown_tried(found: Tried) -> PatternsTried:
    """Return it as it is shown."""
    rules = [
        RuleTried(
            name=one.rule.name,
            version=one.rule.version,
            then=one.rule.then,
            sign_ins=one.sign_ins,
            failures=one.failures,
            sign_ups=one.sign_ups,
            undecided=one.undecided,
        )
        for one in found.rules
    ]
    return PatternsTried(looked_at=found.looked_at, unreadable=found.unreadable, rules=rules)
