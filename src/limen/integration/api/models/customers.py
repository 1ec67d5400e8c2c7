"""Customers: the profile in the terms of OpenID Connect Core §5.1."""

from typing import Annotated, Any, Literal

import msgspec
from pydantic import ConfigDict, Field, SecretStr

from limen.identity.customers.records import Customer, Profile
from limen.integration.api.models.common import Bool, Moment, Sent, Shown, Str, moment, without_defaults

Name = Annotated[Str, Field(max_length=200)]
Locale = Annotated[Str, Field(max_length=40, description="BCP 47.", examples=["de-AT"])]
Zone = Annotated[Str, Field(max_length=100, examples=["Europe/Vienna"])]
Attributes = Annotated[
    dict[Str, Any],
    Field(max_length=50, description="What the tenant's profile schema knows beyond standard claims."),
]
Email = Annotated[Str, Field(min_length=3, max_length=254)]


class CustomerNew(Sent):
    """A customer to be made.

    The address counts as verified only if you say so. Without a password the customer sets one by recovery.
    """

    email: Email
    email_verified: Bool = False
    password: Annotated[SecretStr, Field(min_length=1, max_length=1_024)] | None = None
    name: Name = ""
    given_name: Name = ""
    family_name: Name = ""
    locale: Locale = ""
    zoneinfo: Zone = ""
    attributes: Attributes = Field(default_factory=dict)

    def profile(self) -> Profile:
        """Return the profile as the use case takes it."""
        return Profile(**self.model_dump(exclude={"password"}))


class CustomerPatch(Sent):
    """What is to be different; what is absent stays (RFC 7396).

    Another address is unverified unless ``email_verified`` is sent along. An attribute that is null goes.
    """

    model_config = ConfigDict(json_schema_extra=without_defaults)

    email: Email = "-@-"
    email_verified: Bool = False
    name: Name = ""
    given_name: Name = ""
    family_name: Name = ""
    locale: Locale = ""
    zoneinfo: Zone = ""
    attributes: Attributes = Field(default_factory=dict)

    def applied(self, profile: Profile) -> Profile:
        """Return *profile* with what was sent."""
        sent = self.model_dump(exclude_unset=True)
        if sent.get("email", profile.email) != profile.email:
            sent.setdefault("email_verified", False)
        if "attributes" in sent:
            merged = profile.attributes | sent["attributes"]
            sent["attributes"] = {name: value for name, value in merged.items() if value is not None}
        return msgspec.structs.replace(profile, **sent)


class CustomerShown(Shown):
    """A customer. ``subject`` is what relying parties know as ``sub``."""

    id: str
    subject: str
    state: Literal["active", "restricted", "disabled"]
    email: str
    email_verified: bool
    name: str
    given_name: str
    family_name: str
    locale: str
    zoneinfo: str
    attributes: dict[str, Any]
    created_at: Moment
    updated_at: Moment
    version: int


class CustomerPage(Shown):
    """A page of customers, oldest first."""

    items: list[CustomerShown]
    next: str | None = Field(description="The next page, or null at the end.")


def shown(customer: Customer) -> CustomerShown:
    """Return *customer* as it is shown."""
    profile: dict[str, Any] = msgspec.structs.asdict(customer.profile)
    return CustomerShown(
        id=customer.id,
        subject=customer.subject,
        state=customer.state.value,
        created_at=moment(customer.created_at),
        updated_at=moment(customer.updated_at),
        version=customer.version,
        **profile,
    )
