"""Signing keys, as administrators see them."""

from typing import Literal

from pydantic import Field

from limen.access.jose.keys import KeyPurpose, KeyState, SigningKey
from limen.integration.api.models.common import Moment, Sent, Shown, moment


class KeyRotation(Sent):
    """How soon keys are to change."""

    urgency: Literal["soon", "compromised"] = Field(
        description="`soon`: successors are published now and take over when the tenant's settings say. "
        "`compromised`: every key is replaced at once."
    )


class KeysRotated(Shown):
    """What a rotation did."""

    changes: int = Field(description="How many keys were made, or changed their state.")


class KeyShown(Shown):
    """A published key."""

    kid: str
    alg: str
    purpose: KeyPurpose
    state: KeyState
    created_at: Moment
    activates_at: Moment
    retires_at: Moment | None
    removed_at: Moment | None


class KeyList(Shown):
    """The keys of a tenant."""

    items: list[KeyShown]


def shown(key: SigningKey) -> KeyShown:
    """Return *key* as it is shown."""
    return KeyShown(
        kid=key.kid,
        alg=key.alg.value,
        purpose=key.purpose,
        state=key.state,
        created_at=moment(key.created_at),
        activates_at=moment(key.activates_at),
        retires_at=moment(key.retires_at) if key.retires_at else None,
        removed_at=moment(key.removed_at) if key.removed_at else None,
    )
