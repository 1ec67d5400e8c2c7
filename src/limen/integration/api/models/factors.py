"""A customer's second factors."""

from typing import Literal

from pydantic import Field

from limen.access.factors.records import FactorKind, StoredFactor, codes_left
from limen.integration.api.models.common import Moment, Shown, moment

Kind = Literal[FactorKind.TOTP, FactorKind.PHONE, FactorKind.EMAIL, FactorKind.PASSKEY, FactorKind.SECURITY_KEY]
"""What is listed: recovery codes are only counted."""


class FactorShown(Shown):
    """A factor, without its secret or number and without the name that its owner gave it."""

    id: str
    kind: Kind
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
            kind=factor.kind,
            created_at=moment(factor.created_at),
            last_used_at=moment(factor.last_used_at) if factor.last_used_at is not None else None,
        )
        for factor in factors
        if factor.kind is not FactorKind.RECOVERY
    ]
    return FactorsShown(items=items, recovery_codes_left=codes_left(factors))
