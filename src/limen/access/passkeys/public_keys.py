"""Public keys of credentials: whether one is of the algorithm that it names, and of a size worth anything.

``webauthn`` reads a key when it first has to verify something with it; where no attestation is asked for that is the
first sign-in, which is late to find out.
"""

from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from webauthn.helpers import decode_credential_public_key, decoded_public_key_to_cryptography

_COORDINATE: Final = 32
_RSA_BITS: Final = range(2_048, 4_097)
_MAP: Final = 5


def is_sound(public_key: bytes) -> bool:
    """Tell whether *public_key* (COSE_Key) is an Ed25519, a P-256 or an RSA key of 2,048 to 4,096 bits (§5.8.5).

    Raises:
        Exception: whatever the parsers say of something else.
    """
    if public_key[0] >> 5 != _MAP:  # what U2F wrote bare, a browser has made a COSE_Key of (§6.1.2)
        return False
    said: Any = decode_credential_public_key(public_key)
    key = decoded_public_key_to_cryptography(said)
    match said.alg:
        case -8:
            return isinstance(key, Ed25519PublicKey)
        case -7:
            is_p256 = isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)
            return is_p256 and len(said.x) == len(said.y) == _COORDINATE
        case -257:
            return isinstance(key, RSAPublicKey) and key.key_size in _RSA_BITS
    return False
