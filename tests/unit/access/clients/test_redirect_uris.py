"""Redirect URIs: one reading or none."""

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from limen.access.clients.records import ClientDocument
from limen.access.clients.redirect_uris import (
    MOST_PLACES,
    check_redirect_uri,
    check_web_uri,
    is_loopback_uri,
    places_behind,
)
from limen.kernel.uris import is_absolute_uri

_hosts = st.from_regex(r"[a-z][a-z0-9]{0,10}(\.[a-z][a-z0-9]{0,8}){1,3}", fullmatch=True)
_paths = st.from_regex(r"(/[A-Za-z0-9_\-]{1,12}){0,4}", fullmatch=True)
_near_uris = st.text(alphabet="htps:/.@#?*\\%[]0127localhost xJ&=+\x00\n\u2028-", max_size=40)


@pytest.mark.parametrize(
    "uri",
    [
        "https://shop.example/callback",
        "https://shop.example",
        "https://shop.example:8443/cb?tenant=a&b=c%20d",
        "https://xn--bcher-kva.example/",
        "https://192.0.2.7/cb",
        "https://[2001:db8::1]:8443/cb",
        "http://localhost:3000/cb",
        "http://127.0.0.1:9/callback",
        "http://127.8.8.8/cb",
        "http://[::1]/cb",
        "com.example.app:/callback",
        "com.example.app://callback",
    ],
)
def test_what_apps_and_sites_use_may_be_registered(uri):
    assert check_redirect_uri(uri) is None


@pytest.mark.parametrize(
    ("uri", "problem"),
    [
        ("", "characters"),
        ("/callback", "not_absolute"),
        ("//shop.example/cb", "not_absolute"),
        ("https:shop.example", "not_absolute"),
        ("https:///cb", "host"),
        ("http://shop.example/cb", "insecure"),
        ("http://localhost.evil.example/cb", "insecure"),
        ("http://127.0.0.1.evil.example/cb", "insecure"),
        ("http://127.1/cb", "host"),
        ("http://2130706433/cb", "host"),
        ("https://0x7f.1/cb", "host"),
        ("http://0.0.0.0/cb", "insecure"),
        ("https://[::1/cb", "host"),
        ("https://[v1.x]/cb", "host"),
        ("https://user@shop.example/cb", "userinfo"),
        ("https://shop.example@evil.example/cb", "userinfo"),
        ("https://shop.example:/cb", "host"),
        ("https://shop.example:0/cb", "host"),
        ("https://shop.example:65536/cb", "host"),
        ("https://shop..example/cb", "host"),
        ("https://-shop.example/cb", "host"),
        ("https://*.shop.example/cb", "wildcard"),
        ("https://shop.example/*", "wildcard"),
        ("https://shop.example/cb#frag", "fragment"),
        ("https://shop.example/a/../cb", "dot_segment"),
        ("https://shop.example/a/%2e%2E/cb", "dot_segment"),
        ("https://shop.example/.", "dot_segment"),
        ("https://shop.example\\@evil.example", "characters"),
        ("https://shop.example/c b", "characters"),
        ("https://shop.example/c\nb", "characters"),
        ("https://shop.example/\x00", "characters"),
        ("https://shop.example/ä", "characters"),
        ("https://shöp.example/", "characters"),
        ("https://shop.example/%zz", "characters"),
        ("HTTPS://shop.example/cb", "not_absolute"),
        ("javascript:alert(1)", "scheme"),
        ("data:text/html,x", "scheme"),
        ("myapp:/cb", "scheme"),
        ("com.example.app:cb", "invalid"),
        ("com.example.app://user@host/", "invalid"),
        ("urn:ietf:wg:oauth:2.0:oob", "scheme"),
        ("https://shop.example/" + "a" * 2_000, "too_long"),
    ],
)
def test_what_has_no_reading_or_two_is_refused_with_its_reason(uri, problem):
    assert check_redirect_uri(uri) == f"redirect_uri.{problem}"


@given(st.one_of(_near_uris, st.text()))
@example("https://[")
@example("http://[::1]extra/")
def test_no_text_raises_and_what_passes_reads_as_it_is_written(text):
    if check_redirect_uri(text) is not None:
        return
    parts = urlsplit(text)
    assert parts.geturl() in (text, text.rstrip("?"))
    assert (parts.fragment, parts.username, parts.password) == ("", None, None)
    assert text.isascii()
    assert text.isprintable()
    is_loopback = parts.hostname == "localhost" or (parts.hostname or "").startswith("127.") or parts.hostname == "::1"
    assert parts.scheme == "https" or (parts.scheme == "http" and is_loopback) or "." in parts.scheme


@given(_hosts, _paths)
def test_plain_https_addresses_pass_and_plain_http_ones_do_not(host, path):
    assert check_redirect_uri(f"https://{host}{path}") is None
    assert check_redirect_uri(f"http://{host}{path}") == "redirect_uri.insecure"


@given(
    _hosts,
    _paths,
    st.sampled_from(["#", "@", "*", "\\", " ", "\x00", "\t", "\r", "\n", "\x7f", "é", "\u202e", '"', "<"]),
)
def test_no_forbidden_sign_hides_in_a_host(host, path, sign):
    assert check_redirect_uri(f"https://{host[:2]}{sign}{host[2:]}{path}") is not None


def test_a_page_has_a_web_address():
    assert check_web_uri("https://shop.example/about") is None
    assert check_web_uri("com.example.app:/about") == "redirect_uri.scheme"


@given(st.text())
def test_an_audience_is_an_absolute_uri_without_fragment(text):
    if is_absolute_uri(text):
        assert urlsplit(text).scheme
        assert "#" not in text


@pytest.mark.parametrize("uri", ["https://orders.example", "urn:example:orders", "https://id.example/t/acme/api/v1"])
def test_resource_servers_are_named_by_uris(uri):
    assert is_absolute_uri(uri)


@pytest.mark.parametrize("uri", ["orders", "", "https://", "https://[", "https://a@b", "https://a#b", "https://a b"])
def test_what_is_no_absolute_uri_names_no_resource_server(uri):
    assert not is_absolute_uri(uri)


@pytest.mark.parametrize("authority", ["localhost", "LOCALHOST:7", "127.0.0.1", "127.8.8.8:9", "[::1]", "[::1]:443"])
def test_an_address_of_this_machine_is_known_by_any_scheme(authority):
    assert is_loopback_uri(f"https://{authority}/cb")
    assert is_loopback_uri(f"http://{authority}/cb")


@pytest.mark.parametrize(
    "authority", ["app.localhost", "A.B.LocalHost:8443", "0.0.0.0", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]:7"]
)
def test_what_may_well_lead_to_this_machine_is_known_and_has_no_http_by_that(authority):
    assert check_redirect_uri(f"https://{authority}/cb") is None
    assert is_loopback_uri(f"https://{authority}/cb")


@pytest.mark.parametrize("authority", ["app.localhost", "a.b.localhost:8080", "0.0.0.0", "[::]"])
def test_http_is_for_loopback_by_its_own_name_and_addresses_alone(authority):
    assert check_redirect_uri(f"http://{authority}/cb") == "redirect_uri.insecure"


@pytest.mark.parametrize(
    "uri",
    ["https://shop.example/", "https://localhost.shop.example", "https://notlocalhost", "https://[::ffff:192.0.2.1]/",
     "com.example.app:/cb"],
)  # fmt: skip
def test_another_address_is_none_of_this_machine(uri):
    assert not is_loopback_uri(uri)


def test_a_browser_may_be_led_on_to_where_a_client_is_registered_and_to_no_more_places_than_a_header_bears() -> None:
    many = tuple(f"https://{number}.shop.example/cb" for number in range(30))
    document = ClientDocument(
        client_name="Shop",
        client_uri="https://www.shop.example/",
        redirect_uris=("com.example.app:/cb", *many),
        post_logout_redirect_uris=("https://gone.shop.example/",),
    )
    places = places_behind(many[-1], document)
    assert places[:3] == (many[-1], "https://www.shop.example/", many[0])
    assert len(places) == MOST_PLACES
    assert not any(one.startswith("com.") for one in places)
    assert places_behind("com.example.app:/cb", document) == ("com.example.app:/cb",)


def test_a_place_that_a_policy_cannot_name_opens_no_whole_scheme() -> None:
    document = ClientDocument(
        client_name="Shop",
        client_uri="https://[2001:db8::1]/",
        redirect_uris=("https://shop.example/cb", "http://[::1]:4711/cb"),
    )
    assert places_behind("https://shop.example/cb", document) == ("https://shop.example/cb",)
    assert places_behind("http://[::1]:4711/cb", document)[0] == "http://[::1]:4711/cb"
