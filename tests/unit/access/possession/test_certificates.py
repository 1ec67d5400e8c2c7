"""Certificates as the edge hands them on."""

from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limen.access.possession.certificates import (
    certificate_thumbprints,
    read_alternative_name,
    read_certificate,
    read_subject,
)
from limen.access.possession.edge import EdgeCertificate, EdgeCertificates
from limen.app.server.asgi import AsgiHeaders
from limen.kernel.errors import Invalid
from tests.integration.tokens.certificates import SUBJECT, Certificate

ONE = Certificate(dns="client.shop.example")
EDGE = EdgeCertificates("Client-Cert", "X-Verify")


def headers(*values: str, verified: str | None = None) -> AsgiHeaders:
    pairs = [(b"client-cert", value.encode("latin-1", "replace")) for value in values]
    return AsgiHeaders(pairs + ([(b"x-verify", verified.encode())] if verified is not None else []))


@pytest.mark.parametrize("form", ["structured", "escaped", "envoy"])
def test_every_spelling_is_the_same_certificate(form: str):
    found = EDGE.of(headers(getattr(ONE, form), verified="SUCCESS"))
    assert isinstance(found, EdgeCertificate)
    assert (found.certificate.thumbprint, found.is_verified) == (ONE.thumbprint, True)
    assert found.certificate.alternative_names == {("dns", "client.shop.example")}


def test_without_a_name_of_the_header_nothing_is_read():
    assert EdgeCertificates().of(headers(ONE.structured)) is None
    assert (EDGE.are_handed_on, EDGE.are_verified) == (True, True)
    assert (EdgeCertificates("x").are_verified, EdgeCertificates().are_handed_on) == (False, False)


@pytest.mark.parametrize(
    "text",
    [
        ":", "::", ":AAAA:", ":" + b64encode(ONE.der).decode(), f":{b64encode(ONE.der[:-9]).decode()}:",
        ONE.escaped + ONE.escaped, ONE.envoy + "," + ONE.envoy, "Hash=00", 'Cert="x"', "a" * 20_000,
    ],
)  # fmt: skip
def test_what_is_cut_doubled_or_foreign_is_refused(text: str):
    assert isinstance(EDGE.of(headers(text)), Invalid)


def test_a_header_that_comes_twice_is_refused_and_an_empty_one_is_none():
    assert isinstance(EDGE.of(headers(ONE.structured, ONE.structured)), Invalid)
    assert EDGE.of(headers("")) is None


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=120) | st.binary(max_size=90).map(lambda raw: f":{b64encode(raw).decode()}:"))
def test_no_header_raises(text: str):
    assert EDGE.of(headers(text)) is None or isinstance(EDGE.of(headers(text)), Invalid)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 600), st.binary(min_size=1, max_size=4))
def test_no_bytes_raise_nor_does_a_certificate_with_some_of_them_changed(junk: bytes, at: int, change: bytes):
    read_certificate(junk)
    read_certificate(ONE.der[:at] + change + ONE.der[at + len(change) :])


@given(st.text(max_size=60))
def test_no_name_raises(text: str):
    read_subject(text)
    for kind in ("dns", "uri", "ip", "email"):
        read_alternative_name(kind, text)


def test_names_are_compared_without_case_and_order_matters():
    same = read_subject("cn=SHOP, ou=payments, O=Shop  Ltd, C=gb")
    assert same == read_certificate(ONE.der).subject == read_subject(SUBJECT)
    assert read_subject("C=GB,O=Shop Ltd,OU=Payments,CN=shop") != same
    assert read_subject("CN=shop+OU=Payments") == read_subject("OU=Payments+CN=shop") != read_subject("CN=shop")


@pytest.mark.parametrize("jwks", [None, {}, {"keys": 5}, {"keys": ["x", {"x5c": []}, {"x5c": ["*"]}, {"x5c": [5]}]}])
def test_a_key_set_without_certificates_has_no_thumbprints(jwks):
    assert certificate_thumbprints(jwks) == frozenset()
