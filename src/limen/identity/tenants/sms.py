"""Codes by short message: to which countries, how many, and what they prove."""

import re
from collections.abc import Iterator
from typing import Annotated, Final, Literal

import msgspec

MOST: Final = 1_000_000
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_MOST_COUNTRIES: Final = 250

Refusable = Literal["landline", "voip", "other"]
_Count = Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 1, "maximum": MOST})]
_Percent = Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 0, "maximum": 100})]


class SmsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """To which countries codes are sent, how many, and what they prove. Every count is of one tenant.

    No country is the safe beginning: short messages are offered once an administrator has named the countries where
    customers live, because fraud with them is worth while only where nobody has asked for them.

    Attributes:
        countries: ISO 3166-1 alpha-2; empty: no messages are sent, and no number can be set up.
        region: whose plan a number is read by that names no country; empty: the first of ``countries``.
        per_number_hour: messages to one number in an hour.
        per_number_day: in a day.
        per_customer_day: messages that one customer asks for in a day, to whichever numbers.
        per_address_hour: messages asked for from one address in an hour.
        numbers_per_address_day: different numbers that messages are asked for from one address in a day.
        numbers_per_block_day: different numbers in one block of a thousand in a day: people do not live in rows.
        per_country_day: messages to one country in a day.
        per_day: messages in a day: what fraud can cost at the most.
        refused_lines: kinds of lines that no number is set up on, where the operator named a hook that knows them.
        lines_away: what holds where that hook does not answer: ``open``, any number will do, or ``closed``, none.
        guard_messages: codes to one country that nobody typed, in a day, from which on its share counts.
        guard_percent: where fewer in a hundred are typed than this, the country is stopped for the day; 0 is never.
        reaches_aal2: whether a code counts as a second factor. SP 800-63B-4 §3.2.9 restricts it: who counts it has
            weighed the risk, offers another way beside it, and tells the customers.
    """

    countries: Annotated[tuple[str, ...], msgspec.Meta(extra_json_schema={"maxItems": _MOST_COUNTRIES})] = ()
    region: Annotated[str, msgspec.Meta(extra_json_schema={"maxLength": 2})] = ""
    per_number_hour: _Count = 5
    per_number_day: _Count = 10
    per_customer_day: _Count = 10
    per_address_hour: _Count = 20
    numbers_per_address_day: _Count = 5
    numbers_per_block_day: _Count = 5
    per_country_day: _Count = 500
    per_day: _Count = 1_000
    refused_lines: Annotated[tuple[Refusable, ...], msgspec.Meta(extra_json_schema={"maxItems": 3})] = (
        "landline",
        "voip",
    )
    lines_away: Literal["open", "closed"] = "open"
    guard_messages: _Count = 50
    guard_percent: _Percent = 20
    reaches_aal2: bool = False

    @property
    def home(self) -> str:
        """Return whose plan a number is read by that names no country."""
        return self.region or next(iter(self.countries), "")


COUNTS: Final = (
    "per_number_hour",
    "per_number_day",
    "per_customer_day",
    "per_address_hour",
    "numbers_per_address_day",
    "numbers_per_block_day",
    "per_country_day",
    "per_day",
    "guard_messages",
)


def problems_of(settings: SmsSettings, field: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, as field and code."""
    for name in COUNTS:
        if not 1 <= getattr(settings, name) <= MOST:
            yield f"{field}.{name}", "number.out_of_bounds"
    if not 0 <= settings.guard_percent <= 100:
        yield f"{field}.guard_percent", "number.out_of_bounds"
    if len(set(settings.refused_lines)) < len(settings.refused_lines):
        yield f"{field}.refused_lines", "list.repeated"
    if len(settings.countries) > _MOST_COUNTRIES:
        yield f"{field}.countries", "list.too_long"
    if len(set(settings.countries)) < len(settings.countries):
        yield f"{field}.countries", "list.repeated"
    for index, country in enumerate(settings.countries[:_MOST_COUNTRIES]):
        if not _COUNTRY.fullmatch(country):
            yield f"{field}.countries.{index}", "country.invalid"
    if settings.region and not _COUNTRY.fullmatch(settings.region):
        yield f"{field}.region", "country.invalid"
