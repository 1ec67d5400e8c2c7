"""Customers: the profile in the terms of OpenID Connect Core §5.1."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Annotated, Any, Literal

import msgspec
from pydantic import AwareDatetime, ConfigDict, Field, SecretStr

from limen.identity.customers.find import Asked, Searched
from limen.identity.customers.records import Customer, CustomerState, Filter, Profile
from limen.identity.profiles.claims import hidden_claims
from limen.identity.profiles.records import Fault, ProfileSettings, SchemaVersion
from limen.identity.profiles.values import brought_up, readable
from limen.identity.search.records import Match, SearchIndex
from limen.integration.api.models.claims import ClaimsSent, ClaimsShown, said, shown_claims
from limen.integration.api.models.common import Bool, Int, Moment, Sent, Shown, Str, moment, without_defaults
from limen.kernel.clock import from_datetime
from limen.kernel.errors import Invalid

_SHOWN = (
    "email",
    "email_verified",
    "name",
    "given_name",
    "family_name",
    "locale",
    "zoneinfo",
    "attributes",
    "username",
)
Name = Annotated[Str, Field(max_length=200)]
Locale = Annotated[Str, Field(max_length=40, description="BCP 47.", examples=["de-AT"])]
Zone = Annotated[Str, Field(max_length=100, examples=["Europe/Vienna"])]
Attributes = Annotated[
    dict[Str, Any],
    Field(max_length=50, description="What the tenant's profile schema knows beyond standard claims."),
]
Username = Annotated[
    Str, Field(max_length=40, description="PRECIS UsernameCaseMapped (RFC 8265); empty for none.", examples=["ann.lee"])
]
State = Literal["active", "disabled"]
SearchField = Annotated[
    str, Field(min_length=1, max_length=60, description="A searchable field.", examples=["family_name"])
]
SearchValue = Annotated[
    str, Field(min_length=1, max_length=256, description="What it holds, or begins with.", examples=["Muster"])
]
Matching = Annotated[
    Literal["exact", "prefix"], Field(description="Whether the whole value is meant, or its beginning.")
]
Email = Annotated[Str, Field(min_length=3, max_length=254)]


class CustomerNew(ClaimsSent):
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
    username: Username = ""

    def made(self) -> Profile:
        """Return the profile as the use case takes it."""
        return Profile(**said(self.model_dump(exclude={"password"}), Profile()))


class CustomerPatch(ClaimsSent):
    """What is to be different; what is absent stays (RFC 7396).

    Another address is unverified unless ``email_verified`` is sent along. An attribute that is null goes.
    Claims and attributes that the tenant does not let its administrators write are refused, whatever they say.
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
    username: Username = ""

    def applied(self, profile: Profile) -> Profile:
        """Return *profile* with what was sent."""
        sent = self.model_dump(exclude_unset=True)
        if sent.get("email", profile.email) != profile.email:
            sent.setdefault("email_verified", False)
        return msgspec.structs.replace(profile, **said(sent, profile))


class CustomerShown(ClaimsShown):
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
    username: str = Field(description="Empty for none. With the password it signs in, where the tenant allows it.")
    created_at: Moment
    updated_at: Moment
    last_sign_in_on: date | None = Field(description="The day, in UTC. Null before the first.")
    version: int


class CustomerPage(Shown):
    """A page of customers, oldest first."""

    items: list[CustomerShown]
    next: str | None = Field(description="The next page, or null at the end.")


class CustomerSearch(Sent):
    """Who is looked for: by a word in one searchable field, by what is open to see, or by both."""

    field: SearchField | None = None
    value: SearchValue | None = None
    match: Matching = "exact"
    state: State | None = None
    created_from: AwareDatetime | None = None
    created_before: AwareDatetime | None = None
    limit: Annotated[Int, Field(ge=1, le=200)] = 50

    def asked(self) -> Asked | Invalid:
        """Return it as the use case takes it; the field and the value come together."""
        if (self.field is None) != (self.value is None):
            return Invalid("invalid_search", "half", {"value" if self.value is None else "field": "search.incomplete"})
        first, last = self.created_from, self.created_before
        wanted = Filter(
            CustomerState(self.state) if self.state else None,
            max(0, from_datetime(first)) if first is not None else 0,
            from_datetime(last) if last is not None else Filter().created_before,
        )
        word = Searched(self.field, self.value, Match(self.match)) if self.field and self.value else None
        return Asked(word, wanted)


class MergeSent(Sent):
    """Who goes, and which fields of theirs win over those of the customer who stays."""

    goes: Annotated[Str, Field(alias="from", pattern="^cus_[0-9a-hjkmnp-tv-z]{26}$")]
    take: Annotated[list[Annotated[Str, Field(max_length=80)]], Field(max_length=60)] = Field(
        default_factory=list, examples=[["name", "attributes.size"]]
    )
    preview: Bool = Field(default=False, description="Only say what would be done.")
    seen: Annotated[
        Str, Field(max_length=40, description="The `digest` of a preview: merge only if it still holds.")
    ] = ""


class MergeShown(Shown):
    """What a merge comes to: names and numbers of what is settled, and the customer who stays, as it will be or is."""

    merged: bool
    filled: list[str] = Field(description="Fields that were empty and are taken over.")
    taken: list[str] = Field(description="Fields that differ, and are taken over as asked.")
    kept: list[str] = Field(description="Fields that differ, and stay.")
    withdrawn: list[str] = Field(description="Purposes that are allowed no more: the stricter decision counts.")
    ends: dict[str, int] = Field(description="What ends with the customer who goes.")
    digest: str = Field(description="Stands for all of this; send it back as `seen`.")
    customer: CustomerShown


class SchemaVersionShown(Shown):
    """One version of the tenant's attributes: ``walked`` of about ``customers`` were brought up to it."""

    number: int
    created_at: Moment
    attributes: dict[str, Any]
    customers: int
    walked: int
    done_at: Moment | None = Field(description="When every customer was, the last time.")


class SchemaVersionList(Shown):
    """Every version of the tenant's attributes, the newest first."""

    items: list[SchemaVersionShown]


class FaultShown(Shown):
    """A value that the schema does not allow: it is kept as it is."""

    attribute: str
    code: str


class FaultyShown(Shown):
    """A customer with such values."""

    customer_id: str
    schema_version: int
    errors: list[FaultShown]


class FaultyPage(Shown):
    """A page of such customers; ``customers`` is how many there are in all."""

    items: list[FaultyShown]
    customers: int
    next: str | None = Field(description="The next page, or null at the end.")


def shown_version(version: SchemaVersion) -> SchemaVersionShown:
    """Return *version* as it is shown."""
    return SchemaVersionShown(
        number=version.number,
        created_at=moment(version.created_at),
        attributes=version.attributes,
        customers=version.customers,
        walked=version.walked,
        done_at=moment(version.done_at) if version.done_at is not None else None,
    )


def shown_faults(faults: Sequence[Fault]) -> list[FaultyShown]:
    """Return *faults*, in the order of their customers, by customer."""
    return [
        FaultyShown(
            customer_id=customer_id,
            schema_version=found[0].number,
            errors=[FaultShown(attribute=fault.attribute, code=fault.code) for fault in found],
        )
        for customer_id, group in groupby(faults, key=lambda fault: str(fault.customer_id))
        if (found := list(group))
    ]


class SearchIndexShown(Shown):
    """A search index. ``walked`` of about ``customers`` are in it; it answers once it is ``ready``."""

    field: str
    match: Literal["exact", "prefix"]
    state: Literal["building", "ready", "removing"]
    since: Moment
    customers: int
    walked: int
    key_version: int


class SearchIndexList(Shown):
    """Every search index of the tenant."""

    items: list[SearchIndexShown]


def shown_index(index: SearchIndex) -> SearchIndexShown:
    """Return *index* as it is shown."""
    return SearchIndexShown(
        field=index.field,
        match=index.match.value,
        state=index.state.value,
        since=moment(index.since),
        customers=index.customers,
        walked=index.walked,
        key_version=index.key_version,
    )


def shown(customer: Customer, settings: ProfileSettings) -> CustomerShown:
    """Return *customer* as it is shown to administrators, its attributes as the schema has them now."""
    told = customer.profile.hiding(hidden_claims(settings, "administrator"))
    profile: dict[str, Any] = {name: getattr(told, name) for name in _SHOWN}
    profile |= shown_claims(told)
    profile["attributes"] = readable(settings, brought_up(settings, profile["attributes"]), "administrator")
    return CustomerShown(
        id=customer.id,
        subject=customer.subject,
        state=customer.state.value,
        created_at=moment(customer.created_at),
        updated_at=moment(customer.updated_at),
        last_sign_in_on=date(1970, 1, 1) + timedelta(days=customer.seen_on) if customer.seen_on is not None else None,
        version=customer.version,
        **profile,
    )
