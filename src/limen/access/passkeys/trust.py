"""Whom attestation is believed, and which models may be registered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from limen.identity.tenants.passkeys import PasskeySettings
from limen.kernel.clock import Instant
from limen.kernel.errors import Invalid, Refusal

MODEL_REFUSED: Final = "passkey_model_refused"
U2F: Final = "fido-u2f"
"""The format in which a device of before FIDO2 attests itself (WebAuthn §8.6): it has no AAGUID."""


@dataclass(frozen=True, slots=True)
class Model:
    """What the metadata says of a model.

    Attributes:
        name: what it is called.
        roots: the certificates that it is attested by (DER).
        is_sound: nothing was reported against it.
        in_hardware: its private keys are kept in hardware (FIDO Registry of Predefined Values §3.2).
    """

    name: str
    roots: tuple[bytes, ...] = field(default=(), repr=False)
    is_sound: bool = True
    in_hardware: bool = False


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known of models (FIDO Metadata Service 3). Empty where none was fetched: nothing is attested then.

    Attributes:
        models: those that say which they are, by AAGUID.
        certified: those that do not (U2F), by the key identifier of a certificate that attests them and no other, in
            hexadecimal.
    """

    models: Mapping[str, Model] = field(default_factory=dict)
    certified: Mapping[str, Model] = field(default_factory=dict)

    def name(self, aaguid: str) -> str:
        """Return what a model is called, or nothing."""
        model = self.models.get(aaguid)
        return model.name if model is not None else ""


NO_METADATA: Final = Metadata()


@dataclass(frozen=True, slots=True)
class Blob:
    """A metadata blob that was signed under a trusted root.

    Attributes:
        number: its own, which only grows.
        next_update: when there should be a newer one.
        metadata: the models that it knows.
        left_out: how many entries could not be read.
    """

    number: int
    next_update: Instant
    metadata: Metadata
    left_out: int


def may_register(settings: PasskeySettings, found: Any, metadata: Metadata) -> Model | Refusal | None:
    """Return the model that is proven to register, None where none is that need not be, or refuse it.

    *found* is ``webauthn``'s ``VerifiedRegistration``: its statement was checked against its own certificate already.
    """
    aaguid: str = found.aaguid
    if aaguid in settings.denied_models or (settings.allowed_models and aaguid not in settings.allowed_models):
        return Invalid(MODEL_REFUSED, f"the model {aaguid} is not allowed")
    if settings.attestation == "none":
        return None
    model = _proven(found, metadata)
    if settings.attestation == "required" and model is None:
        return Invalid(MODEL_REFUSED, f"the model {aaguid} ({found.fmt}) is not proven")
    return model


def _proven(found: Any, metadata: Metadata) -> Model | None:
    from limen.access.passkeys.chains import key_identifier, leads_to  # noqa: PLC0415 - read where they matter

    is_old = found.fmt == U2F
    if is_old:
        model = metadata.certified.get(key_identifier(found.attestation_object))
    else:
        model = metadata.models.get(found.aaguid)
    if model is None or not model.is_sound or not leads_to(found.attestation_object, model.roots, names_none=is_old):
        return None
    return model
