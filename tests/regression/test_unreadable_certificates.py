"""Certificates that a lax edge lets through and no reader of ours may stumble over."""

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from limen.access.possession.certificates import read_certificate

VERSION = bytes.fromhex("a003020102")
NAME = bytes.fromhex("0c") + bytes([6]) + b"client"


def certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "client")])
    begin = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = builder.serial_number(5).not_valid_before(begin).not_valid_after(begin + dt.timedelta(days=365))
    return built.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (VERSION, VERSION[:-1] + b"\x05"),  # version 6: there is none
        (NAME, b"\x03" + NAME[1:2] + b"\x00" + NAME[3:]),  # a common name of bits
    ],
)
def test_a_certificate_that_no_standard_knows_is_unreadable_and_no_fault(before: bytes, after: bytes):
    good = certificate()
    assert read_certificate(good) is not None
    assert before in good
    assert read_certificate(good.replace(before, after)) is None
