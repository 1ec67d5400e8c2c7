"""Standard claims beyond names, language and time zone (OpenID Connect Core §5.1), as they are sent and shown."""

from typing import Annotated, Any

import msgspec
from pydantic import Field

from limen.identity.customers.records import Address, Profile
from limen.identity.profiles.claims import (
    ADDRESS,
    LONGEST_BIRTHDATE,
    LONGEST_GENDER,
    LONGEST_NAME,
    LONGEST_URL,
    OPTIONAL,
)
from limen.integration.api.models.common import Sent, Shown, Str

Name = Annotated[Str, Field(max_length=LONGEST_NAME)]
Url = Annotated[
    Str,
    Field(max_length=LONGEST_URL, description="Absolute, http or https.", examples=["https://ann.example/me"]),
]
Gender = Annotated[Str, Field(max_length=LONGEST_GENDER, description="In the person's own words.")]
Birthdate = Annotated[
    Str,
    Field(
        max_length=LONGEST_BIRTHDATE,
        description="`YYYY-MM-DD`; `YYYY` for a year alone, `0000-MM-DD` for a day without one.",
        examples=["1990-05-17"],
    ),
]
Line = Annotated[Str, Field(max_length=ADDRESS["locality"])]


class AddressSent(Sent):
    """A postal address (OpenID Connect Core §5.1.1); `formatted` is the whole of it, as it stands on a letter."""

    formatted: Annotated[Str, Field(max_length=ADDRESS["formatted"])] = ""
    street_address: Annotated[Str, Field(max_length=ADDRESS["street_address"])] = ""
    locality: Line = ""
    region: Line = ""
    postal_code: Annotated[Str, Field(max_length=ADDRESS["postal_code"])] = ""
    country: Line = ""


class AddressShown(Shown):
    """A postal address (OpenID Connect Core §5.1.1)."""

    formatted: str
    street_address: str
    locality: str
    region: str
    postal_code: str
    country: str


class ClaimsSent(Sent):
    """Claims that few services want."""

    middle_name: Name = ""
    nickname: Name = ""
    profile: Url = ""
    picture: Url = ""
    website: Url = ""
    gender: Gender = ""
    birthdate: Birthdate = ""
    address: AddressSent | None = Field(default=None, description="Null for none. What is absent in one stays.")

    @property
    def named(self) -> frozenset[str]:
        """Return the names of what was sent, whatever its value; each attribute as ``attributes.NAME``."""
        attributes = (f"attributes.{name}" for name in getattr(self, "attributes", ()))
        return frozenset((*self.model_fields_set - {"attributes"}, *attributes))


class ClaimsShown(Shown):
    """The same, as they are held."""

    middle_name: str
    nickname: str
    profile: str
    picture: str
    website: str
    gender: str
    birthdate: str
    address: AddressShown | None


def said(sent: dict[str, Any], before: Profile) -> dict[str, Any]:
    """Return what was *sent* as a profile has it: in an address and in attributes what is absent stays (RFC 7396)."""
    if "attributes" in sent:
        merged = before.attributes | sent["attributes"]
        sent = sent | {"attributes": {name: value for name, value in merged.items() if value is not None}}
    if sent.get("address") is None:
        return sent
    return sent | {"address": msgspec.structs.replace(before.address or Address(), **sent["address"])}


def shown_claims(profile: Profile) -> dict[str, Any]:
    """Return these claims as they are shown."""
    shown = {name: getattr(profile, name) for name in OPTIONAL}
    address = shown["address"]
    return shown | {"address": AddressShown(**msgspec.structs.asdict(address)) if address is not None else None}
