"""A customer's telephone numbers."""

from typing import Annotated

from pydantic import Field

from limen.identity.customers.records import Profile
from limen.integration.api.models.common import Moment, Sent, Shown, Str, moment


class PhoneShown(Shown):
    """A proven number. The primary one is what applications see as ``phone_number``."""

    id: str
    number: str = Field(description="E.164.", examples=["+4915123456789"])
    is_primary: bool
    verified_at: Moment


class PhonesShown(Shown):
    """Every number, the primary one first."""

    items: list[PhoneShown]


class PhoneNew(Sent):
    """One more number. You vouch that it is the customer's: where the tenant allows it, it signs in."""

    number: Annotated[Str, Field(min_length=3, max_length=40)]


def shown_phones(profile: Profile) -> PhonesShown:
    """Return the numbers of a customer."""
    items = [
        PhoneShown(id=one.id, number=one.value, is_primary=not place, verified_at=moment(one.verified_at))
        for place, one in enumerate(profile.phones)
    ]
    return PhonesShown(items=items)
