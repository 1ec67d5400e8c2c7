"""Whom attestation is believed, and which models may be registered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from limen.identity.tenants.passkeys import PasskeySettings
from limen.kernel.clock import Instant
from limen.kernel.errors import Invalid, Refusal

MODEL_REFUSED: Final = "passkey_model_refused"


@dataclass(frozen=True, slots=True)
class Model:
    """What the metadata says of a model: its name, the certificates it is attested by (DER), and whether it is safe."""

    name: str
    roots: tuple[bytes, ...] = field(default=(), repr=False)
    is_sound: bool = True


@dataclass(frozen=True, slots=True)
class Metadata:
    """Models by AAGUID (FIDO Metadata Service 3). Empty where none was fetched: nothing is attested then."""

    models: Mapping[str, Model] = field(default_factory=dict)

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


def may_register(settings: PasskeySettings, found: Any, metadata: Metadata) -> bool | Refusal:
    """Tell whether what registers is attested by a model that is trusted, or refuse it.

    *found* is ``webauthn``'s ``VerifiedRegistration``: its statement was checked against its own certificate already.
    """
    aaguid: str = found.aaguid
    if aaguid in settings.denied_models or (settings.allowed_models and aaguid not in settings.allowed_models):
        return Invalid(MODEL_REFUSED, f"the model {aaguid} is not allowed")
    if settings.attestation == "none":
        return False
    is_attested = _is_attested(found, metadata)
    if settings.attestation == "required" and not is_attested:
        return Invalid(MODEL_REFUSED, f"the model {aaguid} ({found.fmt}) is not proven")
    return is_attested


def _is_attested(found: Any, metadata: Metadata) -> bool:
    from limen.access.passkeys.chains import leads_to  # noqa: PLC0415 - certificates are read where they matter

    model = metadata.models.get(found.aaguid)
    return model is not None and model.is_sound and leads_to(found.attestation_object, model.roots)
