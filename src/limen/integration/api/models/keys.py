"""Signing keys, as administrators see them."""

from typing import Literal

from pydantic import Field

from limen.access.jose.keys import KeyPurpose, KeyState, SigningKey
from limen.identity.keyring.rotation import Rotation, RotationKind, RotationState
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


class RotationBegun(Sent):
    """What is to be rotated."""

    kind: RotationKind = Field(
        description="`tenant`: a new version of the tenant's key, which seals ten minutes later; customers' keys are "
        "then wrapped under it. `customers`: a new key for each customer. `root`: a new root key, on the default "
        "tenant, by whoever may change tenants."
    )


class RotationShown(Shown):
    """A rotation, and how far it is."""

    id: str
    kind: RotationKind
    state: RotationState
    requested_at: Moment
    finished_at: Moment | None
    total: int = Field(description="How many keys there were to look at when it began.")
    seen: int = Field(description="How many were looked at.")
    done: int = Field(description="How many were changed.")


class RotationList(Shown):
    """The newest rotations, the newest first."""

    items: list[RotationShown]


class CustomerKeyShown(Shown):
    """The new key of a customer, by its number."""

    version: int


def shown_rotation(rotation: Rotation) -> RotationShown:
    """Return *rotation* as it is shown."""
    return RotationShown(
        id=rotation.id,
        kind=rotation.kind,
        state=rotation.state,
        requested_at=moment(rotation.requested_at),
        finished_at=moment(rotation.finished_at) if rotation.finished_at else None,
        total=rotation.total,
        seen=rotation.seen,
        done=rotation.done,
    )
