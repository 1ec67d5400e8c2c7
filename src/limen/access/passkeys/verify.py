"""The checks of a registration (WebAuthn §7.1) and of an authentication (§7.2).

Of a registration ``webauthn`` does those of the structure, the RP ID, the flags and the signatures; here are those that
it leaves out, or leaves to whoever calls: the frame a page is shown in, the handle, the backup flags, the model. Of an
authentication, which is every sign-in, all are here but for rarer kinds of keys and their signatures: what was read
strictly before is not read again. The counter is the store's question.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from limen.access.passkeys.answers import Answer, ClientData
from limen.access.passkeys.cbor import authenticator_data, check_authenticator_data
from limen.access.passkeys.models import NO_MODEL, model_name
from limen.access.passkeys.options import ALGORITHMS
from limen.access.passkeys.records import LONGEST_NAME, Credential
from limen.access.passkeys.site import Site
from limen.access.passkeys.trust import NO_METADATA, Metadata, may_register
from limen.kernel.encoding import b64url, from_b64url, sha256
from limen.kernel.errors import Invalid, Refusal

CODE: Final = "passkey_refused"
_PRESENT, _VERIFIED, _ELIGIBLE, _BACKED_UP = 0x01, 0x04, 0x08, 0x10
_FLAGS_AT: Final = 32
_COUNTER: Final = slice(33, 37)
"""Authenticator data (§6.1): the hash of the RP ID, one byte of flags, the signature counter."""
_P256: Final = re.compile(
    rb"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20(.{32})\x22\x58\x20(.{32})", re.DOTALL
)  # kty EC2, alg ES256, crv P-256, x, y
"""The one way to write a P-256 key as CTAP2 has it (§8, canonical CBOR), and nearly every passkey is one: it is read
here, in a fifth of the time that the library takes for keys of any kind.
"""
_CURVE, _ES256 = SECP256R1(), ECDSA(SHA256())


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a credential said when it signed in.

    Attributes:
        counter: its signature counter; 0 where it has none.
        credential: it, with what changed.
        user_verified: whether it checked a PIN or a biometric.
    """

    counter: int
    credential: Credential
    user_verified: bool


@dataclass(frozen=True, slots=True)
class Registered:
    """A new credential, and what it may be called; ``counter`` is where it begins to count.

    ``user_present``: somebody touched the authenticator, or answered it.
    """

    credential: Credential
    counter: int
    user_verified: bool
    user_present: bool


@cache
def _library() -> tuple[Any, Any]:
    """Return ``webauthn`` and what decides how it is asked, loaded when the first credential speaks.

    With its formats of attestation it takes half a second and some megabytes, which a worker without passkeys saves.
    """
    return import_module("webauthn"), import_module("webauthn.helpers.structs")


@cache
def _helpers() -> Any:
    """Return what ``webauthn`` has for keys and their signatures."""
    return import_module("webauthn.helpers")


def _is_sound(public_key: bytes) -> bool:
    from limen.access.passkeys.public_keys import is_sound  # noqa: PLC0415 - as above

    try:
        return is_sound(public_key)
    except Exception:  # noqa: BLE001 - as of every parser
        return False


def preload() -> None:
    """Load what the ceremonies need, before anybody waits for it."""
    _library()


def _proven(site: Site, answer: Answer, challenge: str, *, presence: bool, verification: bool) -> Any:
    """Return what the library proves of a registration; it raises what its parsers raise."""
    library, structs = _library()
    return library.verify_registration_response(
        credential=structs.RegistrationCredential(
            id=b64url(answer.credential_id),
            raw_id=answer.credential_id,
            response=structs.AuthenticatorAttestationResponse(
                client_data_json=answer.client_data_raw, attestation_object=answer.attestation
            ),
        ),
        expected_challenge=from_b64url(challenge),
        expected_rp_id=site.rp_id,
        expected_origin=list(site.origins),
        require_user_presence=presence,
        require_user_verification=verification and presence,
        supported_pub_key_algs=[structs.COSEAlgorithmIdentifier(number) for number in ALGORITHMS],
    )


def registered(  # noqa: PLR0913 - what a registration rests on
    site: Site,
    answer: Answer,
    challenge: str,
    handle: bytes,
    metadata: Metadata = NO_METADATA,
    *,
    verification: bool,
    conditional: bool = False,
) -> Registered | Refusal:
    """Return the credential that *answer* brings, or why it is refused.

    Args:
        site: the relying party.
        answer: what the browser sent.
        challenge: the journey's, as base64url.
        handle: the user handle that was asked for.
        metadata: what is known of models.
        verification: whether a PIN or a biometric is a must.
        conditional: whether the browser may have made it without a gesture, after it filled in a password
            (§5.1.3, ``mediation: "conditional"``): nobody need have been present then.
    """
    _, structs = _library()
    problem = _misplaced(site, answer.client_data, "webauthn.create", challenge)
    if problem:
        return Invalid(CODE, problem)
    try:
        flags = authenticator_data(answer.attestation)[_FLAGS_AT]
        found = _proven(site, answer, challenge, presence=not conditional, verification=verification)
    except Exception as error:  # noqa: BLE001 - whatever a parser says of a stranger's bytes is one refusal
        return Invalid(CODE, type(error).__name__)
    if found.credential_id != answer.credential_id:
        return Invalid(CODE, "credential id")
    if not _is_sound(found.credential_public_key):
        return Invalid(CODE, "public key")
    model = may_register(site.settings, found, metadata)
    if isinstance(model, Refusal):
        return model
    name = model.name if model is not None else metadata.name(found.aaguid) or model_name(found.aaguid)
    return Registered(
        Credential(
            id=found.credential_id,
            public_key=found.credential_public_key,
            handle=handle,
            name=name[:LONGEST_NAME],
            aaguid="" if found.aaguid == NO_MODEL else found.aaguid,
            transports=answer.transports,
            backup_eligible=found.credential_device_type == structs.CredentialDeviceType.MULTI_DEVICE,
            backed_up=found.credential_backed_up,
            attested=model is not None,
            in_hardware=model is not None and model.in_hardware,
        ),
        found.sign_count,
        found.user_verified,
        bool(flags & _PRESENT),
    )


def spoken(  # noqa: PLR0913 - what an authentication rests on
    site: Site, answer: Answer, challenge: str, credential: Credential, *, verification: bool, discovered: bool
) -> Spoken | Refusal:
    """Return what *credential* says in *answer*, or why that is refused. Its counter is the store's question.

    *discovered*: nobody was named before, so that the answer has to name its user itself (§7.2 step 6).
    """
    problem = _misplaced(site, answer.client_data, "webauthn.get", challenge)
    if problem:
        return Invalid(CODE, problem)
    if (answer.user_handle or discovered) and answer.user_handle != credential.handle:
        return Invalid(CODE, "user handle")
    try:
        check_authenticator_data(answer.authenticator_data)
        problem = _unfit(site, answer.authenticator_data, credential, verification=verification)
        if problem:
            return Invalid(CODE, problem)
        _check_signature(answer, credential)
    except Exception as error:  # noqa: BLE001 - as above
        return Invalid(CODE, type(error).__name__)
    flags = answer.authenticator_data[_FLAGS_AT]
    now_known, is_backed_up = credential, bool(flags & _BACKED_UP)
    if is_backed_up != credential.backed_up:
        now_known = msgspec.structs.replace(credential, backed_up=is_backed_up)
    counter = int.from_bytes(answer.authenticator_data[_COUNTER])
    return Spoken(counter, now_known, user_verified=bool(flags & _VERIFIED))


def _unfit(site: Site, data: bytes, credential: Credential, *, verification: bool) -> str:
    """Return what is wrong with sound authenticator *data*; nothing where it is of *site* and *credential* (§7.2)."""
    flags = data[_FLAGS_AT]
    if data[:_FLAGS_AT] != sha256(site.rp_id.encode()):  # step 15
        return "RP ID"
    if not flags & _PRESENT:  # step 16
        return "presence"
    if verification and not flags & _VERIFIED:  # step 17
        return "verification"
    if flags & _BACKED_UP and not flags & _ELIGIBLE:  # step 18
        return "backup state"
    if bool(flags & _ELIGIBLE) != credential.backup_eligible:  # step 19: it never changes
        return "backup eligibility"
    return ""


def _check_signature(answer: Answer, credential: Credential) -> None:
    """Refuse an answer that *credential* did not sign (§7.2 steps 20 and 21).

    Raises:
        Exception: it did not, or is none: whatever the libraries say of that.
    """
    signed = answer.authenticator_data + sha256(answer.client_data_raw)
    p256 = _P256.fullmatch(credential.public_key)
    if p256 is not None:
        EllipticCurvePublicKey.from_encoded_point(_CURVE, b"\x04" + p256[1] + p256[2]).verify(
            answer.signature, signed, _ES256
        )
        return
    helpers = _helpers()
    said = helpers.decode_credential_public_key(credential.public_key)
    helpers.verify_signature(
        public_key=helpers.decoded_public_key_to_cryptography(said),
        signature_alg=said.alg,
        signature=answer.signature,
        data=signed,
    )


def _misplaced(site: Site, data: ClientData, kind: str, challenge: str) -> str:
    """Return what is wrong with where an answer was made; nothing where it was a page of ours, in no frame.

    Our pages cannot be framed, so that an answer from a frame was not made on one of them (§7.1 step 10, §7.2 step 13).
    """
    if data.type != kind:
        return "type"
    if data.challenge != challenge:
        return "challenge"
    if data.origin not in site.origins:
        return "origin"
    return "frame" if data.cross_origin or data.top_origin else ""
