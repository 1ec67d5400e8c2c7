"""Redirect URIs are compared letter by letter; only the port of a loopback address is free (RFC 8252 §7.3)."""

import pytest

from limen.access.oauth.redirects import is_exactly_registered, is_registered, is_well_formed

CALLBACK = "https://shop.example/cb"

ATTACKS = [
    "https://shop.example/cb/",
    "https://shop.example/cb?x=1",
    "https://shop.example/cb#",
    "https://shop.example/cb#access",
    "https://shop.example/cb/../evil",
    "https://shop.example/cb/..%2fevil",
    "https://shop.example/cb%2f..%2fevil",
    "https://shop.example/%63b",
    "https://shop.example//cb",
    "https://shop.example\\@evil.example/cb",
    "https://evil.example\\@shop.example/cb",
    "https://shop.example@evil.example/cb",
    "https://evil.example/https://shop.example/cb",
    "https://evil.example/cb?https://shop.example/cb",
    "https://user@shop.example/cb",
    "https://user:pass@shop.example/cb",
    "https://shop.example:443/cb",
    "https://shop.example:8443/cb",
    "https://shop.example:/cb",
    "https://shop.example./cb",
    "https://shop.example.evil.example/cb",
    "https://evilshop.example/cb",
    "https://SHOP.example/cb",
    "HTTPS://shop.example/cb",
    "https://shop.example/CB",
    "http://shop.example/cb",
    "https:/shop.example/cb",
    "https:shop.example/cb",
    "//shop.example/cb",
    "/cb",
    "shop.example/cb",
    "https://sh\u043ep.example/cb",  # a Cyrillic letter
    "https://xn--shp-0ed.example/cb",
    "https://shop\u3002example/cb",  # a full stop that IDNA reads as one
    "https://shop.example\u2044cb",
    " https://shop.example/cb",
    "https://shop.example/cb ",
    "https://shop.example/cb\t",
    "https://shop.example/cb\n",
    "https://shop.example/cb\r\nLocation: https://evil.example",
    "https://shop.example/cb%0d%0a",
    "\x00https://shop.example/cb",
    "javascript:alert(1)//https://shop.example/cb",
    "",
]


@pytest.mark.parametrize("presented", ATTACKS)
def test_what_only_resembles_a_registered_uri_is_not_it(presented):
    assert not is_registered(presented, [CALLBACK])
    assert not is_exactly_registered(presented, [CALLBACK])


def test_the_registered_uri_itself_is():
    assert is_registered(CALLBACK, ["https://other.example/", CALLBACK])
    assert is_exactly_registered(CALLBACK, [CALLBACK])


@pytest.mark.parametrize(
    ("presented", "registered"),
    [
        ("http://127.0.0.1:51004/cb", "http://127.0.0.1/cb"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb"),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb"),
        ("http://[::1]:51004/cb?x=1", "http://[::1]/cb?x=1"),
        ("http://127.0.0.1:51004", "http://127.0.0.1"),
    ],
)
def test_a_native_application_listens_where_it_can(presented, registered):
    assert is_registered(presented, [registered])


@pytest.mark.parametrize(
    ("presented", "registered"),
    [
        ("http://127.0.0.1:51004/evil", "http://127.0.0.1/cb"),
        ("http://127.0.0.1:51004/cb?x=1", "http://127.0.0.1/cb"),
        ("http://127.0.0.1:0/cb", "http://127.0.0.1/cb"),
        ("http://127.0.0.1:65536/cb", "http://127.0.0.1/cb"),
        ("http://127.0.0.1:080/cb", "http://127.0.0.1/cb"),
        ("http://127.0.0.1:/cb", "http://127.0.0.1/cb"),
        ("http://127.0.0.1:8@evil.example/cb", "http://127.0.0.1/cb"),
        ("http://127.0.0.1.evil.example/cb", "http://127.0.0.1/cb"),
        ("http://127.0.0.2:8/cb", "http://127.0.0.1/cb"),
        ("http://127.1:8/cb", "http://127.0.0.1/cb"),
        ("http://[::1]:8/cb", "http://127.0.0.1/cb"),
        ("http://[0:0:0:0:0:0:0:1]:8/cb", "http://[::1]/cb"),
        ("http://localhost:51004/cb", "http://localhost/cb"),
        ("http://localhost:51004/cb", "http://127.0.0.1/cb"),
        ("https://127.0.0.1:51004/cb", "https://127.0.0.1/cb"),
        ("https://shop.example:51004/cb", "https://shop.example/cb"),
    ],
)
def test_no_other_freedom_is_taken(presented, registered):
    assert not is_registered(presented, [registered])


def test_after_signing_out_not_even_a_port_is_free():
    assert not is_exactly_registered("http://127.0.0.1:8/bye", ["http://127.0.0.1/bye"])


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "https://a.example/#x",
        "https://a.example/\r\nX: y",
        'https://a.example/"onload="x',
        "https://a.example/<b>",
        "https://a.example\\b",
        "https://ä.example/",
        "https://a.example/" + "x" * 2048,
    ],
)
def test_what_could_do_harm_is_refused_even_where_it_was_registered(uri):
    assert not is_well_formed(uri)
    assert not is_registered(uri, [uri])
    assert not is_exactly_registered(uri, [uri])
