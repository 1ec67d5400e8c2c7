"""Ranges of addresses: found, joined, small and quick; feeds are read whole or refused with the line named."""

import json
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as some

from limen.identity.tenants.networks import NetworkSettings, problems_of
from limen.trust.risk.whereabouts import Whereabouts
from limen.trust.threats.feeds import feed_of, read_feed
from limen.trust.threats.networks import RangeTable, range_of, ranges_of
from limen.trust.threats.records import BadFeed
from limen.trust.threats.reputation import BY_HAND, Loaded, Reputation, Standing
from limen.trust.threats.taxii import Pages

NOW = 1_790_000_000_000_000
addresses = some.integers(0, 2**32 - 1).map(lambda number: str(ip_address(number)))
networks = some.tuples(some.integers(0, 2**32 - 1), some.integers(4, 32)).map(
    lambda pair: str(ip_network(pair, strict=False))
)


@given(some.lists(networks, max_size=30), some.lists(addresses, max_size=30))
def test_an_address_is_found_exactly_where_a_range_holds_it(listed: list[str], asked: list[str]) -> None:
    table = RangeTable(ranges_of(listed))
    for address in [*asked, *(text.partition("/")[0] for text in listed)]:
        assert (address in table) is any(ip_address(address) in ip_network(one) for one in listed)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("192.0.2.0/24", "192.0.2.255", "192.0.3.0"),
        ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
        ("192.0.2.7 - 192.0.2.9", "::ffff:192.0.2.8", "192.0.2.10"),
        ("2001:db8:1::/48", "2001:db8:1:2::3", "2001:db8:2::"),
        ("2001:db8::7", "2001:db8::8", "2001:db8:0:1::7"),  # a /64 is one subscriber
        ("::ffff:192.0.2.0/120", "192.0.2.9", "192.0.3.9"),
    ],
)
def test_each_way_to_write_a_range(text: str, inside: str, outside: str) -> None:
    found = range_of(text)
    assert found is not None
    table = RangeTable([found])
    assert inside in table
    assert outside not in table


@pytest.mark.parametrize(
    "text", ["", "nowhere", "192.0.2", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.9-192.0.2.1", "::/129", "192.0.2.1-::1"]
)
def test_what_is_no_range(text: str) -> None:
    assert range_of(text) is None
    assert text not in RangeTable([(False, 0, 2**32 - 1)])


def bundle(*objects: dict) -> bytes:
    return json.dumps({"type": "bundle", "id": "bundle--1", "objects": list(objects)}).encode()


def indicator(pattern: str, **more: object) -> dict:
    return {"type": "indicator", "pattern_type": "stix", "pattern": pattern, **more}


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("cidr", b"\xef\xbb\xbf# a list\n\n198.51.100.0/24 ; SBL1\r\n203.0.113.7 # one\n"),
        ("csv", b'first_seen,ip,port\n"2026-01-01",198.51.100.9,80\n2026-01-02,203.0.113.7,81\n'),
        ("csv", b"198.51.100.0/24,a\n203.0.113.7,b\n"),
        (
            "stix",
            bundle(
                indicator("[ipv4-addr:value = '198.51.100.9' OR ipv4-addr:value ISSUBSET '203.0.113.0/25']"),
                indicator("[ipv4-addr:value IN ('203.0.113.200', '203.0.113.7')]", valid_until="2126-01-01T00:00:00Z"),
                indicator("[ipv4-addr:value != '192.0.2.1']"),
                indicator("alert ip 192.0.2.1 any", pattern_type="snort"),
                indicator("[ipv4-addr:value = '192.0.2.1']", valid_from="2126-01-01T00:00:00.123456789Z"),
                indicator("[ipv4-addr:value = '192.0.2.1']", revoked=True),
                indicator("[ipv4-addr:value = '192.0.2.1']", valid_until="2020-01-01T00:00:00Z"),
                indicator("[domain-name:value = 'bad.example']"),
                {"type": "identity", "name": "somebody"},
            ),
        ),
    ],
)
def test_feeds_are_read(kind, data) -> None:
    table = read_feed(kind, data, NOW)
    assert "198.51.100.9" in table
    assert "203.0.113.7" in table
    assert "192.0.2.1" not in table


@pytest.mark.parametrize(
    ("kind", "data", "named"),
    [
        ("cidr", b"192.0.2.0/24\nnot an address\n", "line 2"),
        ("cidr", b"192.0.2.0/24\n\xff\n", "line 2"),
        ("cidr", b"# nothing\n", "no address"),
        ("csv", b"ip,port\n192.0.2.1,80\nnowhere,80\n", "line 3"),
        ("csv", b"port,seen\n80,x\n", "line 1"),
        ("csv", b'ip\n192.0.2.1\n"open\n', "line 3"),
        ("stix", b'{"type": "bundle",\n"objects": [}', "line 2"),
        ("stix", b"[]", "line 1"),
        ("stix", bundle({"type": "indicator"}), "object 0"),
        ("stix", bundle({"type": "identity"}, {"kind": "indicator"}), "object 1"),
        ("stix", bundle(indicator("[a:b = 'c']", valid_until="soon")), "object 0"),
        ("stix", bundle(indicator("[ipv4-addr:value = '999.1.1.1']")), "object 0"),
        ("stix", b"[" * 100_000, "line 1"),
    ],
)
def test_a_malformed_feed_is_refused_whole_with_its_line_named(kind, data, named) -> None:
    with pytest.raises(BadFeed, match=named):
        read_feed(kind, data, NOW)


@pytest.mark.parametrize(
    ("pages", "named"),
    [
        ([b"[]"], "page 1: it is no TAXII envelope"),
        ([b'{"more": true}'], "page 1: it says that there is more"),
        ([b'{"more": true, "next": "x", "objects": []}', b'{"objects": [{"type": "x"}, []]}'], "page 2, object 1"),
        ([b'{"more": true, "next": "x"}'] * 1_000, "page 1000: there is no end of them"),
    ],
)
def test_a_page_that_is_none_is_refused_and_named(pages: list[bytes], named: str) -> None:
    taken = Pages()
    for page in pages[:-1]:
        taken.take(page)
    with pytest.raises(BadFeed, match=named):
        taken.take(pages[-1])


def test_allowed_wins_over_by_hand_and_by_hand_over_feeds() -> None:
    known = Reputation()
    for name, action in (("one", "note"), ("two", "challenge")):
        feed = feed_of(f"{name} {action} cidr /lists/{name}")
        assert feed is not None
        known.put(Loaded(feed, read_feed("cidr", b"198.51.100.0/24", NOW), NOW))
    here = "198.51.100.9"
    assert known.of(here, NetworkSettings()).action == "challenge"
    assert known.of(here, NetworkSettings()).sources == ("one", "two")
    assert known.of(here, NetworkSettings(feeds=False)).action is None
    assert known.of(here, NetworkSettings(blocked=("198.51.100.0/25",))).sources == (BY_HAND,)
    assert known.of(here, NetworkSettings(blocked=("198.51.100.0/25",), allowed=(here,))).is_allowed
    assert known.of("192.0.2.1", NetworkSettings()).action is None


def test_a_feed_says_what_its_addresses_are_and_a_mere_note_of_that_lists_nobody() -> None:
    def said(*lines: str) -> Standing:
        known = Reputation()
        for line in lines:
            feed = feed_of(line)
            assert feed is not None
            known.put(Loaded(feed, read_feed("cidr", b"198.51.100.0/24", NOW), NOW))
        return known.of("198.51.100.9", NetworkSettings())

    for line, facts in (
        ("a note cidr /my lists/a", (True, False, False)),
        ("a note anonymiser cidr /my lists/a", (False, True, False)),
        ("a note hosting cidr /my lists/a", (False, False, True)),
        ("a challenge anonymiser cidr /my lists/a", (True, True, False)),
    ):
        found, of = said(line), feed_of(line)
        assert (found.is_listed, found.anonymiser, found.hosting) == facts
        assert of is not None
        assert of.location == "/my lists/a"
    both = said("a note anonymiser cidr /a", "b block hosting cidr /b")
    assert (both.action, both.is_listed, both.anonymiser, both.hosting) == ("block", True, True, True)
    where = both.beside(Whereabouts({"country": "FR"}, carrier=True))
    assert (where.values, where.anonymiser, where.hosting, where.carrier) == ({"country": "FR"}, True, True, True)
    assert said("a note cidr /a").beside(Whereabouts(hosting=True)) == Whereabouts(hosting=True)


@pytest.mark.parametrize(
    "text",
    [
        *("", "tor block cidr", "TOR block cidr /x", "tor refuse cidr /x", "tor block xml /x", "a note taxii /x"),
        *(
            "a note tor cidr /x",
            "a note anonymiser cidr",
            "a note hosting anonymiser cidr /x",
            "a hosting note cidr /x",
        ),
    ],
)
def test_what_names_no_feed(text: str) -> None:
    assert feed_of(text) is None


def test_networks_are_checked_where_they_are_set() -> None:
    wrong = NetworkSettings(allowed=("0.0.0.0/0",), blocked=("192.0.2.0/24", "nowhere"))
    assert [field for field, _ in problems_of(wrong, "n")] == ["n.allowed.0", "n.blocked.1"]
