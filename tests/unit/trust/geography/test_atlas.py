"""Where addresses are: what databases of several makers say, what stands in for them, and what a bad one changes."""

from pathlib import Path

import pytest

from limen.integration.outgoing.copies import put_copy
from limen.trust.geography.atlas import Atlas
from limen.trust.geography.databases import Database
from limen.trust.geography.records import located
from limen.trust.risk.records import COUNTRY, NETWORK, Place
from tests.support.mmdb import mmdb

HERE, THERE = "203.0.113.9", "2001:db8::1"
CITIES = {
    "203.0.113.0/24": {"country": {"iso_code": "DE"}, "location": {"latitude": 52.5, "longitude": 13.4}},
    "2001:db8::/32": {"registered_country": {"iso_code": "FR"}, "traits": {"is_anonymous_proxy": True}},
}
NETWORKS = {"203.0.113.0/25": {"autonomous_system_number": 64500, "autonomous_system_organization": "Example"}}


class Shelf:
    """Databases in files, as an operator keeps them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.said = folder, []
        self.path = folder / "city.mmdb"

    def database(self, path: Path | None = None) -> Database:
        return Database(path or self.path, self.folder / "copies", put_copy, lambda *one: self.said.append(one[1]))

    def put(self, data: bytes, at: int) -> None:
        put_copy(self.path, data, at * 1_000_000)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_databases_speak_in_their_order_and_the_registries_where_they_are_silent(shelf: Shelf) -> None:
    shelf.put(mmdb(CITIES), 1)
    networks = shelf.folder / "asn.mmdb"
    networks.write_bytes(mmdb(NETWORKS, wide=False))
    atlas = Atlas([shelf.database(), shelf.database(networks)])
    atlas.open()
    found = atlas.of(HERE)
    assert (found.values[COUNTRY], found.values[NETWORK], found.place) == ("DE", "AS64500", Place(52.5, 13.4))
    assert atlas.of(f"::ffff:{HERE}").values[COUNTRY] == "DE"
    assert (atlas.of("203.0.113.200").values[NETWORK], found.anonymiser) == ("203.0.0.0/16", False)
    assert (atlas.country("2001:db8:1::/48"), atlas.of(THERE).anonymiser) == ("FR", True)
    assert atlas.country("8.8.8.0/24") == "US"
    assert Atlas([], has_base=False).country("8.8.8.8") == ""
    assert COUNTRY not in atlas.of("10.0.0.1").values
    assert dict(atlas.of("nowhere").values) == {}


def test_a_bad_file_leaves_the_last_good_one_over_a_restart_too(shelf: Shelf) -> None:
    good = mmdb(CITIES)
    shelf.put(good, 1)
    database = shelf.database()
    database.open()
    assert database.held is not None
    for number, bad in enumerate((b"no database", good[:-40], good[200:], b""), 2):
        shelf.put(bad, number)
        database.refresh()
        assert database.held.of(HERE).country == "DE"
    assert shelf.said == ["loaded"] + ["refused"] * 4
    shelf.path.unlink()
    database.refresh()
    anew = shelf.database()
    anew.open()
    assert anew.held is not None
    assert anew.held.of(HERE).country == "DE"
    shelf.put(mmdb({"203.0.113.0/24": {"country_code": "at"}}), 9)
    for one in (database, anew):  # the second finds the copy that the first made
        one.refresh()
        assert one.held is not None
        assert one.held.of(HERE).country == "AT"
    assert [path.name for path in (shelf.folder / "copies").iterdir()] == ["city.mmdb"]


@pytest.mark.parametrize(
    ("record", "country", "network"),
    [
        ({"country": "us", "asn": "AS15169"}, "US", "AS15169"),
        ({"country_code": "NL", "as_number": 0}, "NL", ""),
        ({"country": {"iso_code": "nowhere"}, "asn": "x"}, "", ""),
        ({"latitude": 91.0, "longitude": 1.0}, "", ""),
        ("text", "", ""),
        (None, "", ""),
    ],
)
def test_records_of_any_shape(record: object, country: str, network: str) -> None:
    found = located(record)
    assert (found.country, found.network, found.place) == (country, network, None)


def test_flat_places_and_marks() -> None:
    found = located({"lat": "52.5", "lng": 13, "is_hosting_provider": True, "is_tor_exit_node": "yes"})
    assert (found.place, found.hosting, found.anonymiser) == (Place(52.5, 13.0), True, False)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"traits": {"connection_type": "Cellular"}}, True),
        ({"traits": {"user_type": "cellular", "mobile_network_code": ""}}, True),
        ({"traits": {"mobile_network_code": "01"}}, True),
        ({"mobile": True}, True),
        ({"is_mobile": "true", "traits": {"user_type": "residential"}}, False),
    ],
)
def test_a_mobile_carrier_is_told_by_how_databases_call_one(record: object, expected: bool) -> None:
    assert located(record).carrier is expected
