"""Whom the edge believes about where a request came from."""

import pytest

from limen.app.server.asgi import AsgiHeaders
from limen.integration.edge.arrival import Arrivals, ForwardedHeader, TrustedProxies
from limen.integration.edge.request_id import RequestIds
from limen.kernel.ids import RequestId
from tests.support.clock import ManualClock
from tests.support.entropy import SeededEntropy

PROXY = "10.0.0.1"


def _arrivals(header: ForwardedHeader = "x-forwarded-for", certificate: str = "") -> Arrivals:
    proxies = TrustedProxies.of(["10.0.0.0/8", "fd00::/8"], header, [certificate])
    return Arrivals(RequestIds(ManualClock(), SeededEntropy()), proxies)


def _headers(**headers: str) -> AsgiHeaders:
    return AsgiHeaders((name.replace("_", "-").encode(), value.encode()) for name, value in headers.items())


def test_a_stranger_is_believed_nothing() -> None:
    headers = _headers(x_forwarded_for="203.0.113.9", x_forwarded_proto="https", x_request_id="chosen-by-me")
    arrival = _arrivals().of("192.0.2.1", "http", "", headers)
    assert (arrival.address, arrival.scheme, arrival.is_trusted) == ("192.0.2.1", "http", False)
    assert RequestId.parse(arrival.request_id)


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9", "203.0.113.9"),  # the left one is the client's own claim
        ("203.0.113.9, 10.0.0.7", "203.0.113.9"),
        ("198.51.100.1, nonsense", PROXY),
        ("10.0.0.9", "10.0.0.9"),
        ("2001:db8::9", "2001:db8::9"),
        ("[2001:db8::9]:443", "2001:db8::9"),
        ("203.0.113.9:5555", "203.0.113.9"),
        ("", PROXY),
    ],
)
def test_of_a_proxy_the_rightmost_address_that_is_not_ours_counts(forwarded: str, address: str) -> None:
    assert _arrivals().of(PROXY, "http", "", _headers(x_forwarded_for=forwarded)).address == address


def test_a_proxy_on_a_socket_for_both_families_is_known() -> None:
    arrival = _arrivals().of("::ffff:10.0.0.1", "http", "", _headers(x_forwarded_for="203.0.113.9"))
    assert arrival.address == "203.0.113.9"


@pytest.mark.parametrize(
    ("forwarded", "address", "scheme"),
    [
        ("for=203.0.113.9;proto=https", "203.0.113.9", "https"),
        ('For="[2001:db8::9]:4711";Proto=HTTPS', "2001:db8::9", "https"),
        ("for=198.51.100.1, for=203.0.113.9;proto=http", "203.0.113.9", "http"),
        ("for=unknown", PROXY, "http"),
        ("for=_hidden;proto=gopher", PROXY, "http"),
    ],
)
def test_the_forwarded_header_is_read_where_proxies_write_it(forwarded: str, address: str, scheme: str) -> None:
    arrival = _arrivals("forwarded").of(PROXY, "http", "", _headers(forwarded=forwarded, x_forwarded_for="192.0.2.66"))
    assert (arrival.address, arrival.scheme) == (address, scheme)


def test_a_header_that_our_proxies_do_not_write_is_not_read() -> None:
    arrival = _arrivals().of(PROXY, "http", "", _headers(forwarded="for=192.0.2.66", x_forwarded_for="203.0.113.9"))
    assert arrival.address == "203.0.113.9"


@pytest.mark.parametrize(
    ("inbound", "is_kept"),
    [("4bf92f3577b34da6a3ce929d0e0e4736", True), ("short", False), ("a" * 65, False), ("evil\r\nline-abc", False)],
)
def test_a_proxys_request_identifier_is_kept_if_it_is_harmless(inbound: str, is_kept: bool) -> None:
    arrival = _arrivals().of(PROXY, "http", "", _headers(x_request_id=inbound))
    assert (arrival.request_id == inbound) is is_kept


@pytest.mark.parametrize(("peer", "seen"), [(PROXY, "PEM"), ("192.0.2.1", None)])
def test_a_client_certificate_is_seen_only_from_a_proxy_in_its_one_header(peer: str, seen: str | None) -> None:
    arrivals = _arrivals(certificate="Client-Cert")
    headers = _headers(client_cert="PEM", x_client_cert="FORGED", accept="*/*")
    arrival = arrivals.of(peer, "https", "", headers)
    visible = arrivals.visible(headers, arrival)
    pairs = dict(arrivals.visible_pairs([(b"client-cert", b"PEM"), (b"x-client-cert", b"FORGED")], arrival))
    assert visible.get("client-cert") == seen
    assert visible.get_all("x-client-cert") == ()
    assert visible.get("accept") == "*/*"
    assert pairs == ({b"client-cert": b"PEM"} if seen else {})


def test_request_identifiers_are_unique_ordered_and_well_formed() -> None:
    ids = RequestIds(ManualClock(), SeededEntropy())
    drawn = [ids.next() for _ in range(3_000)]
    assert len(set(drawn)) == 3_000
    assert all(RequestId.parse(text) for text in drawn)
    assert drawn[:1_024] == sorted(drawn[:1_024])


def test_an_arrival_does_not_show_the_address() -> None:
    assert "192.0.2.1" not in repr(_arrivals().of("192.0.2.1", "http", "", _headers()))


@pytest.mark.parametrize(("peer", "seen"), [(PROXY, "PEM"), ("192.0.2.1", None)])
def test_a_certificate_header_of_any_name_is_seen_only_from_a_proxy(peer: str, seen: str | None) -> None:
    arrivals = _arrivals(certificate="X-Our-Own-Name")
    headers = _headers(x_our_own_name="PEM")
    arrival = arrivals.of(peer, "https", "", headers)
    pairs = arrivals.visible_pairs([(b"x-our-own-name", b"PEM")], arrival)
    assert arrivals.visible(headers, arrival).get("x-our-own-name") == seen
    assert bool(arrivals.visible(headers, arrival).get_all("x-our-own-name")) is (seen is not None)
    assert bool(pairs) is (seen is not None)
