"""A customer's e-mail addresses."""

from typing import Annotated

from pydantic import Field

from limen.identity.customers.records import Profile
from limen.integration.api.models.common import Moment, Sent, Shown, Str, moment


class EmailShown(Shown):
    """An address. The primary one, which applications see as ``email``, has no identifier: it is never taken away."""

    id: str | None
    email: str
    is_primary: bool
    verified: bool
    verified_at: Moment | None = Field(description="When it was proven, or an administrator vouched; null: not known.")


class EmailsShown(Shown):
    """Every address, the primary one first."""

    items: list[EmailShown]


class EmailNew(Sent):
    """One more address. You vouch that the customer reads it: it signs in, and it recovers the account."""

    email: Annotated[Str, Field(min_length=3, max_length=254)]


def shown_emails(profile: Profile) -> EmailsShown:
    """Return the addresses of a customer."""
    since = moment(profile.email_since) if profile.email_since else None
    first = EmailShown(
        id=None, email=profile.email, is_primary=True, verified=profile.email_verified, verified_at=since
    )
    more = [
        EmailShown(id=one.id, email=one.value, is_primary=False, verified=True, verified_at=moment(one.verified_at))
        for one in profile.emails
    ]
    return EmailsShown(items=[first, *more])
