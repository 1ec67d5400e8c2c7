"""What a record of a database says, in the names that the usual databases have for it.

MaxMind's and DB-IP's nest (``country.iso_code``, ``location.latitude``); IPinfo's and ip-location-db's are flat.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from limen.trust.risk.records import Place

_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_ASN: Final = re.compile(r"(?:AS)?([0-9]{1,10})")
_ANONYMISERS: Final = (
    "is_anonymous",
    "is_anonymous_proxy",
    "is_anonymous_vpn",
    "is_public_proxy",
    "is_residential_proxy",
    "is_tor_exit_node",
)


@dataclass(frozen=True, slots=True)
class Located:
    """What is known of where an address is; what is not known is empty.

    Attributes:
        country: ISO 3166-1 alpha-2.
        network: the autonomous system, such as ``AS64500``.
        place: a point, as roughly as such databases know it.
        anonymiser: whoever is there hides where they are.
        hosting: a data centre.
        carrier: a mobile carrier's, whose customers come out wherever it has a gateway.
    """

    country: str = ""
    network: str = ""
    place: Place | None = None
    anonymiser: bool = False
    hosting: bool = False
    carrier: bool = False

    def or_else(self, other: "Located") -> "Located":
        """Return this, with what *other* knows beside."""
        missing = {one.name: getattr(other, one.name) for one in fields(self) if not getattr(self, one.name)}
        return replace(self, **missing)


NOWHERE: Final = Located()


def located(record: Any) -> Located:
    """Return what *record* says; it may be anything, since databases differ."""
    if not isinstance(record, Mapping):
        return NOWHERE
    traits = record.get("traits")
    marks = (record, traits) if isinstance(traits, Mapping) else (record,)
    return Located(
        country=_country(record),
        network=_network(record),
        place=_place(record.get("location"), record),
        anonymiser=_is_marked(marks, _ANONYMISERS),
        hosting=_is_marked(marks, ("is_hosting_provider",)),
        carrier=_is_carriers(marks),
    )


def _is_marked(records: Iterable[Mapping[str, Any]], names: Iterable[str]) -> bool:
    return any(record.get(name) is True for record in records for name in names)


def _is_carriers(records: Iterable[Mapping[str, Any]]) -> bool:
    """Tell it by a mark, by how MaxMind calls its users and lines, or by the number of a mobile network."""
    return any(
        any(record.get(name) is True for name in ("is_mobile", "mobile"))
        or "cellular" in {str(record.get(name, "")).lower() for name in ("user_type", "connection_type")}
        or bool(record.get("mobile_network_code"))
        for record in records
    )


def _country(record: Mapping[str, Any]) -> str:
    nested = (record.get(name) for name in ("country", "registered_country"))
    named = (one.get("iso_code") if isinstance(one, Mapping) else one for one in nested)
    for code in (*named, record.get("country_code")):
        if isinstance(code, str) and _COUNTRY.fullmatch(code.upper()):
            return code.upper()
    return ""


def _network(record: Mapping[str, Any]) -> str:
    for name in ("autonomous_system_number", "asn", "as_number"):
        found = _ASN.fullmatch(str(record.get(name, "")).upper())
        if found is not None and int(found[1]):
            return f"AS{int(found[1])}"
    return ""


def _place(nested: Any, record: Mapping[str, Any]) -> Place | None:
    held = nested if isinstance(nested, Mapping) else record
    at = [_degrees(held, names) for names in (("latitude", "lat"), ("longitude", "lng", "lon"))]
    latitude, longitude = at
    if latitude is None or longitude is None:
        return None
    is_place = abs(latitude) <= 90 and abs(longitude) <= 180  # what is no number is on no side of either
    return Place(latitude, longitude) if is_place else None


def _degrees(record: Mapping[str, Any], names: Iterable[str]) -> float | None:
    for name in names:
        value = record.get(name)
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            try:
                return float(value)
            except ValueError:
                return None
    return None
