"""An address is taken apart once, and has one reading."""

import pytest

from limen.integration.outgoing.target import Target, target_of
from limen.kernel.errors import Invalid


@pytest.mark.parametrize(
    "url",
    [
        "http://client.example/jwks",
        "http://127.0.0.1/jwks",
        "ftp://client.example/jwks",
        "file:///etc/passwd",
        "gopher://client.example/",
        "//client.example/jwks",
        "https://user:secret@client.example/jwks",
        "https://client.example#@evil.example/",
        "https://client.example\\@evil.example/",
        "https://client.example:22/",
        "https://client.example:80/",
        "https://client.example:0/",
        "https://client.example:99999/",
        "https://client.example /",
        "https://client.example/\r\nx: y",
        "https:///jwks",
        "https://[::1",
        "https://0x7f.1/",
        "https://2130706433/",
        "https://127.1/",
        "https://127.0.0.1.\u3002example/",
        "",
    ],
)
def test_what_is_not_https_on_a_sane_port_is_not_asked(url):
    assert isinstance(target_of(url, allow_http=False), Invalid)


def test_host_and_path_are_kept_as_they_were_written():
    assert target_of("https://client.example:8443/jwks?v=1", allow_http=False) == Target(
        "https", "client.example", 8443, "/jwks?v=1"
    )
    target = target_of("https://client.example", allow_http=False)
    assert isinstance(target, Target)
    assert (target.path, target.authority) == ("/", "client.example")


def test_http_reaches_loopback_alone_and_only_where_it_is_allowed():
    assert isinstance(target_of("http://127.0.0.1:8080/", allow_http=True), Target)
    assert isinstance(target_of("http://client.example/", allow_http=True), Invalid)
