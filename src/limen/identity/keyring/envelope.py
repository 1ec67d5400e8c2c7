"""The envelope that every sealed value lies in.

::

    offset  0        1          2..5          6..17    18..
            version  algorithm  key version   nonce    ciphertext ‖ tag (16)
            0x01     0x01       u32 big-end   random   AES-256-GCM

The additional data is ``framed(header, tenant, subject, field, record)`` with *logical* names, so that a ciphertext
cannot be moved to another place, and a migration of tables does not break it.

Nonces are 96 random bits. NIST SP 800-38D §8.3 bounds one key to 2**32 messages with random nonces (two of them are
then equal with a probability of at most 2**-32). A subject key seals the values of one person and stays far below.
Subject keys are wrapped under a key derived for those who came within a second (:func:`made_together`), so that no
count of customers or journeys reaches the bound, and a thousand who are imported at once cost one derivation. A
tenant's own sealing key seals settings, secrets and events without a subject; a tenant that could come near 2**32 of
those in the life of a key version needs a new version first.
"""

import struct
from typing import Final, Self

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from limen.kernel.encoding import framed, framed_place
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Corrupted
from limen.kernel.mac import HmacSha256
from limen.kernel.masked import Masked

KEY_BYTES: Final = 32
_VERSION: Final = 1
_A256GCM: Final = 1
_HEADER: Final = struct.Struct(">BBI")
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_BODY: Final = _HEADER.size + _NONCE_BYTES
_NONCE: Final = slice(_HEADER.size, _BODY)
_TOGETHER: Final = 12
"""A prefix of three letters, an underscore, and all but the last ten bits of the milliseconds (``kernel.ids``)."""
OVERHEAD_BYTES: Final = _BODY + _TAG_BYTES
"""How much longer an envelope is than its plaintext: 34 bytes."""


class Place(msgspec.Struct, frozen=True):
    """Where a sealed value belongs; it opens nowhere else.

    Attributes:
        tenant: the tenant's identifier.
        subject: the customer's or journey's identifier, or empty for the tenant itself.
        field: the logical field, ``noun.part``: ``customer.email``.
        record: the identifier of the record that holds it.
    """

    tenant: str
    subject: str
    field: str
    record: str


class SealingKey(Masked, msgspec.Struct, frozen=True):
    """A loaded AES-256 key, its number, and how its envelopes begin. Its ``repr`` shows the number only."""

    version: int
    cipher: AESGCM
    header: bytes

    def __repr__(self) -> str:
        """Show no key."""
        return f"SealingKey({self.version})"

    @classmethod
    def load(cls, version: int, key: bytes) -> Self:
        """Return *key* (32 bytes) ready for use; *version* (u32) is written into the envelopes it seals.

        Raises:
            Corrupted: *key* has another length.
        """
        if len(key) != KEY_BYTES:  # AESGCM would quietly take 16 bytes and be AES-128
            msg = "a sealing key has the wrong length"
            raise Corrupted(msg)
        return cls(version, AESGCM(key), _HEADER.pack(_VERSION, _A256GCM, version))


def seal(key: SealingKey, place: Place, plaintext: bytes, entropy: Entropy) -> bytes:
    """Return *plaintext* sealed for *place*: ``OVERHEAD_BYTES`` longer, different each time."""
    nonce, header = entropy.bytes(_NONCE_BYTES), key.header
    bound = framed_place(header, place.tenant, place.subject, place.field, place.record)
    return header + nonce + key.cipher.encrypt(nonce, plaintext, bound)


def unseal(key: SealingKey, place: Place, envelope: bytes) -> bytes:
    """Return what was sealed for *place* under *key*.

    Raises:
        Corrupted: *envelope* is malformed, was changed, belongs elsewhere, or is under another key. The message says
            neither which key nor what.
    """
    header = key.header
    if len(envelope) < OVERHEAD_BYTES or not envelope.startswith(header):
        key_version(envelope)  # it says so where this is no envelope at all
        msg = "an envelope is under another key"
        raise Corrupted(msg)
    bound = framed_place(header, place.tenant, place.subject, place.field, place.record)
    try:
        return key.cipher.decrypt(envelope[_NONCE], envelope[_BODY:], bound)
    except InvalidTag:
        msg = "an envelope does not verify"
        raise Corrupted(msg) from None


def key_version(envelope: bytes) -> int:
    """Return the number of the key that *envelope* claims to be under. Unproven until it opens.

    Raises:
        Corrupted: *envelope* is too short, or of an unknown version or algorithm.
    """
    if len(envelope) < OVERHEAD_BYTES:
        msg = "an envelope is too short"
        raise Corrupted(msg)
    version, algorithm, number = _HEADER.unpack_from(envelope)
    if version != _VERSION or algorithm != _A256GCM:
        msg = "an envelope is of an unknown version or algorithm"
        raise Corrupted(msg)
    return int(number)


def made_together(subject_id: str) -> str:
    """Return what the identifiers of one kind share that were made within a second; of another shape, all of it."""
    return subject_id[:_TOGETHER]


def derived_key(key: bytes | HmacSha256, *context: str) -> bytes:
    """Return the 32-byte key that *key* yields for *context*: HMAC-SHA256 as a pseudorandom function (RFC 2104).

    A key that derives many comes prepared.
    """
    prepared = HmacSha256(key) if isinstance(key, bytes) else key
    return prepared.digest(framed(*context))
