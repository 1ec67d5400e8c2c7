"""A customer's second factors."""

from typing import Literal

from pydantic import Field

from limen.access.factors.records import StoredFactor, apps, codes_left
from limen.integration.api.models.common import Moment, Shown, moment


class FactorShown(Shown):
    """An authenticator app, without its secret and without the name that its owner gave it."""

    id: str
    kind: Literal["totp"]
    created_at: Moment
    last_used_at: Moment | None


class FactorsShown(Shown):
    """A customer's second factors, oldest first."""

    items: list[FactorShown]
    recovery_codes_left: int = Field(description="How many recovery codes are not spent.")


def shown(factors: list[StoredFactor]) -> FactorsShown:
    """Return *factors* as they are shown."""
    items = [
        FactorShown(
            id=factor.id,
            kind="totp",
            created_at=moment(factor.created_at),
            last_used_at=moment(factor.last_used_at) if factor.last_used_at is not None else None,
        )
        for factor in apps(factors)
    ]
    return FactorsShown(items=items, recovery_codes_left=codes_left(factors))
