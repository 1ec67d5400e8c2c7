"""Who a customer is with other issuers."""

from typing import Annotated

from pydantic import Field

from limen.identity.customers.identities import LONGEST_ISSUER, LONGEST_LABEL, LONGEST_SUBJECT
from limen.identity.customers.records import Profile
from limen.integration.api.models.common import Moment, Sent, Shown, Str, moment


class IdentityShown(Shown):
    """An identity with another issuer."""

    id: str
    issuer: str = Field(examples=["https://accounts.google.com"])
    subject: str = Field(description="What the issuer calls the customer.")
    label: str = Field(description="The address or name that the issuer showed; for nobody to rely on.")
    linked_at: Moment


class IdentitiesShown(Shown):
    """All of them, the oldest first."""

    items: list[IdentityShown]


class IdentityNew(Sent):
    """An identity to be linked. You vouch that it is the customer's: whoever holds it signs in as them."""

    issuer: Annotated[Str, Field(min_length=1, max_length=LONGEST_ISSUER, pattern=r"^[!-~]+$")]
    subject: Annotated[Str, Field(min_length=1, max_length=LONGEST_SUBJECT)]
    label: Annotated[Str, Field(max_length=LONGEST_LABEL)] = ""


def shown_identities(profile: Profile) -> IdentitiesShown:
    """Return who a customer is elsewhere."""
    items = [
        IdentityShown(
            id=one.id, issuer=one.issuer, subject=one.subject, label=one.label, linked_at=moment(one.linked_at)
        )
        for one in profile.identities
    ]
    return IdentitiesShown(items=items)
